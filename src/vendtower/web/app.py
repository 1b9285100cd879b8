"""The web application: the operator's page, the kiosks' pages, and the JSON interface."""

import asyncio
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from vendtower.domain.site import Site
from vendtower.flows.controls import Controls
from vendtower.flows.jog import JogDesk
from vendtower.flows.ledger_controls import LedgerControls
from vendtower.flows.machine_desk import MachineControls
from vendtower.flows.overrides import OverrideDesk
from vendtower.web import (
    alarm_routes,
    api,
    audit_routes,
    bay_routes,
    dropoff_routes,
    guards,
    identity_routes,
    job_routes,
    jog_routes,
    keypad_routes,
    machine_routes,
    operating_routes,
    override_routes,
    pages,
    rescue_routes,
    stops_routes,
    streams,
)
from vendtower.web.api import BOARD, CONTROLS, SITE
from vendtower.web.board import PictureBoard
from vendtower.web.kiosk_view import kiosk_view

_BODY_BYTES_MAX = 1_000_000


class LanguageQuestion(BaseModel):
    """Body of a language choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    language: str


def create_app(
    board: PictureBoard,
    controls: Controls,
    site: Site,
    ledger: LedgerControls,
    machine: MachineControls | None = None,
    *,
    jog: JogDesk | None = None,
    overrides: OverrideDesk | None = None,
) -> web.Application:
    """The one application behind the screens' TCP port and the control socket.

    ``machine`` stands behind modes, maintenance and single movements, ``jog`` behind hold-to-run,
    ``overrides`` behind what two people lift;
    without them they are not offered.
    """
    app = web.Application(middlewares=[guards.guard, _look], client_max_size=_BODY_BYTES_MAX)
    app[BOARD] = board
    app[CONTROLS] = controls
    app[SITE] = site
    app[job_routes.LEDGER] = ledger
    app[streams.OPEN_STREAMS] = set()
    app[streams.ENDING] = asyncio.Event()
    app.on_response_prepare.append(guards.add_security_headers)
    app.on_shutdown.append(streams.end_streams)
    api.add_routes(app)
    alarm_routes.add_routes(app)
    dropoff_routes.add_routes(app)
    bay_routes.add_routes(app)
    operating_routes.add_routes(app)
    keypad_routes.add_routes(app)
    identity_routes.add_routes(app)
    job_routes.add_routes(app)
    audit_routes.add_routes(app)
    rescue_routes.add_routes(app)
    if machine is not None:
        machine_routes.add_routes(app, machine)
        stops_routes.add_routes(app)
    if overrides is not None:
        override_routes.add_routes(app, overrides)
    if jog is not None:
        jog_routes.add_routes(app, jog)
    app.router.add_get("/", _operator)
    kiosk = "/kiosk/{number:[0-9]{1,3}}"
    app.router.add_get(kiosk, _kiosk)
    app.router.add_get(f"{kiosk}/stream", _kiosk_stream)
    app.router.add_post(f"{kiosk}/touch", _touch)
    app.router.add_post(f"{kiosk}/other-way", _other_way)
    app.router.add_post(f"{kiosk}/language", _language)
    app.router.add_post(f"{kiosk}/staff", _staff)
    app.router.add_static("/static/", Path(__file__).parent / "static")
    return app


@web.middleware
async def _look(request: web.Request, handler: guards.Handler) -> web.StreamResponse:
    """Whoever reads wants the tower as it is now: it is drawn only while somebody looks."""
    if request.method in {"GET", "HEAD"}:
        await request.app[BOARD].fresh()
    return await handler(request)


async def _operator(request: web.Request) -> web.Response:
    return _html(pages.operator_page(request.app[SITE]))


async def _kiosk(request: web.Request) -> web.Response:
    return _html(pages.kiosk_page(request.app[SITE], api.kiosk_number(request)))


async def _kiosk_stream(request: web.Request) -> web.StreamResponse:
    board, site = request.app[BOARD], request.app[SITE]
    number = api.kiosk_number(request)

    def message() -> dict[str, object]:
        picture = board.picture
        statuses = () if picture is None else picture.kiosks
        status = next((status for status in statuses if status.number == number), None)
        view = kiosk_view(status, picture, site.tower.languages[0])
        fresh = picture is not None and picture.machine_fresh
        return pages.kiosk_message(view, site, picture.machine if picture and fresh else None)

    return await streams.stream_newest(request, board, "view", message)


async def _touch(request: web.Request) -> web.Response:
    return api.answer(await request.app[CONTROLS].touch(api.kiosk_number(request)))


async def _other_way(request: web.Request) -> web.Response:
    return api.answer(await request.app[CONTROLS].take_other_way(api.kiosk_number(request)))


async def _language(request: web.Request) -> web.Response:
    question = await api.body_of(request, LanguageQuestion)
    offered = request.app[SITE].tower.languages
    if question.language not in offered:
        raise web.HTTPBadRequest(
            text=f"language: found {question.language!r}, expected one of {', '.join(offered)}"
        )
    number = api.kiosk_number(request)
    return api.answer(await request.app[CONTROLS].choose_language(number, question.language))


async def _staff(request: web.Request) -> web.Response:
    return api.answer(await request.app[CONTROLS].call_staff(api.kiosk_number(request)))


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")
