"""The JSON interface's part for what has interrupted the tower: e-stops, doors, fire, pauses.

Reading::

    GET  /api/stops                    those that nobody has confirmed

Doing (JSON bodies; unknown fields are refused)::

    POST /api/stops/{n}/confirm        {"note"?, "by"?}   a person has looked: it is over

Answers, names and guards are those of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from vendtower.web import api, guards, machine_views
from vendtower.web.machine_routes import MACHINE, NamedQuestion

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class ConfirmQuestion(NamedQuestion):
    """Body of a confirmation."""

    note: _Text = ""


def add_routes(app: web.Application) -> None:
    """Put them into the application, which has `machine_routes` already."""
    app.router.add_get("/api/stops", api.reader(machine_views.stops_view))
    app.router.add_post("/api/stops/{number:[0-9]{1,9}}/confirm", _confirm)


async def _confirm(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, ConfirmQuestion)
    by = api.name_of(request, asked.by)
    number = int(request.match_info["number"])
    return api.answer(await request.app[MACHINE].confirm_stop(number, by, asked.note))
