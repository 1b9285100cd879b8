"""The JSON interface's part for overrides.

Reading::

    GET  /api/overrides                    those that stand, and what may be lifted

Doing (JSON bodies; unknown fields are refused)::

    POST /api/overrides                    {"hindrance", "reason", "minutes", "by"?}
    POST /api/overrides/{n}/confirm        {"by"?}   a second person
    POST /api/overrides/{n}/end            {"by"?}

Beside the name, the login at the other end of the control socket is recorded, by the kernel's
word. Answers and guards are those of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from vendtower.domain.override import OVERRIDE_MINUTES_MAX, Person
from vendtower.flows.overrides import OverrideDesk
from vendtower.web import api, guards
from vendtower.web.machine_routes import NamedQuestion
from vendtower.web.override_views import overrides_view

OVERRIDES: web.AppKey[OverrideDesk] = web.AppKey("overrides", OverrideDesk)

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AskQuestion(NamedQuestion):
    """Body of a question."""

    hindrance: _Text
    reason: _Text
    minutes: Annotated[int, Field(ge=1, le=OVERRIDE_MINUTES_MAX)]


def add_routes(app: web.Application, desk: OverrideDesk) -> None:
    """Put them into the application."""
    app[OVERRIDES] = desk
    app.router.add_get("/api/overrides", api.reader(overrides_view))
    app.router.add_post("/api/overrides", _ask)
    number = "/api/overrides/{number:[0-9]{1,9}}"
    app.router.add_post(f"{number}/confirm", _confirm)
    app.router.add_post(f"{number}/end", _end)


async def _ask(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, AskQuestion)
    desk = request.app[OVERRIDES]
    person = _person(request, asked.by)
    return api.answer(await desk.ask(asked.hindrance, asked.reason, asked.minutes, person))


async def _confirm(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, NamedQuestion)
    number = int(request.match_info["number"])
    return api.answer(await request.app[OVERRIDES].confirm(number, _person(request, asked.by)))


async def _end(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, NamedQuestion)
    number = int(request.match_info["number"])
    return api.answer(await request.app[OVERRIDES].end(number, _person(request, asked.by)))


def _person(request: web.Request, by: str | None) -> Person:
    return Person(api.name_of(request, by), guards.login_of_peer(request))
