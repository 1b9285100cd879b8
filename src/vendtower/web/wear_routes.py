"""The JSON interface's part for counters, parts and inspections.

Reading::

    GET  /api/counters?days=0             counters, and their totals on each of the last days
    GET  /api/parts                       every part as it stands, the most urgent first
    GET  /api/parts/records?limit=100     what was done about parts, newest first

Doing (JSON bodies; unknown fields are refused)::

    POST /api/parts/{id}/sign    {"by"?, "note"?, "replaced"?}

Answers, names and guards are those of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from vendtower.flows.wear_controls import WearControls
from vendtower.ports.journal import JournalFault
from vendtower.web import api, guards, wear_views

WEAR: web.AppKey[WearControls] = web.AppKey("wear_controls", WearControls)
DAYS_MAX = 3660

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class SignQuestion(BaseModel):
    """Body of a sign-off."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    by: _Word | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    replaced: bool = False


def add_routes(app: web.Application, desk: WearControls) -> None:
    """Put counters and parts into the application."""
    app[WEAR] = desk
    app.router.add_get("/api/counters", _counters)
    app.router.add_get("/api/parts", _parts)
    app.router.add_get("/api/parts/records", _records)
    app.router.add_post("/api/parts/{part:[a-z0-9-]{1,63}}/sign", _sign)


async def _counters(request: web.Request) -> web.Response:
    text = request.query.get("days", "0")
    if not text.isdecimal() or int(text) > DAYS_MAX:
        raise web.HTTPBadRequest(text=f"days: found {text!r}, expected 0 to {DAYS_MAX}")
    desk = request.app[WEAR]
    try:
        days = await desk.days(int(text)) if int(text) else ()
    except JournalFault as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from None
    return web.json_response(wear_views.meters_view(desk.meters(), days))


async def _parts(request: web.Request) -> web.Response:
    desk = request.app[WEAR]
    parts = desk.parts()
    blocking = {state.spec.id: desk.blocking(state) for state in parts}
    return web.json_response(wear_views.parts_view(parts, blocking))


async def _records(request: web.Request) -> web.Response:
    limit = api.limit_of(request)
    try:
        lines = await request.app[WEAR].records(limit)
    except JournalFault as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from None
    return web.json_response(wear_views.records_view(lines))


async def _sign(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await api.body_of(request, SignQuestion)
    by = api.name_of(request, question.by)
    part = request.match_info["part"]
    said = await request.app[WEAR].sign(part, by, question.note, replaced=question.replaced)
    return api.answer(said)
