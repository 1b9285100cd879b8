"""The JSON interface's part for the list of reservations; ``/api/status`` says how it stands.

Doing (JSON body; unknown fields are refused)::

    POST /api/reservation-list/time    {"by"?}    believe the clock here, not a page of the future

Answers, names and guards are those of `api`.
"""

from typing import Annotated, Protocol

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from vendtower.flows.controls import ControlAnswer
from vendtower.web import api, guards


class ListTimeControls(Protocol):
    """What a person may do about the time of the list."""

    async def believe_clock(self, by: str) -> ControlAnswer:
        """Take pages of now again, by this computer's clock."""
        ...


LIST_TIME: web.AppKey[ListTimeControls] = web.AppKey("list_time_controls", ListTimeControls)

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ListTimeQuestion(BaseModel):
    """Body of believing the clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: _Word | None = None


def add_routes(app: web.Application, desk: ListTimeControls) -> None:
    """Put the list into the application."""
    app[LIST_TIME] = desk
    app.router.add_post("/api/reservation-list/time", _believe_clock)


async def _believe_clock(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await api.body_of(request, ListTimeQuestion)
    by = api.name_of(request, question.by)
    return api.answer(await request.app[LIST_TIME].believe_clock(by))
