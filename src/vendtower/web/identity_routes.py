"""The JSON interface's part for what is kept of customers' faces.

Doing (JSON bodies; unknown fields are refused)::

    POST /api/identity/erase      {"reservation_id", "by"?}

Erases template and picture of one reservation's customer; the event
``com.vendtower.identity.template_erased.v1`` is the receipt. Answers, names and guards are those
of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from vendtower.web import api, guards

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class EraseQuestion(BaseModel):
    """Body of the wish to be forgotten."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reservation_id: _Word
    by: _Word | None = None


def add_routes(app: web.Application) -> None:
    """Put the erasure into the application."""
    app.router.add_post("/api/identity/erase", _erase)


async def _erase(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, EraseQuestion)
    by = api.name_of(request, asked.by)
    return api.answer(await request.app[api.CONTROLS].erase_face(asked.reservation_id, by))
