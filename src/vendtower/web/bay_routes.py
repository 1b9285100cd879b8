"""The kiosk page's part for what happens around a bay.

::

    POST /kiosk/{n}/compartment    {}    release the key's compartment once more

Answers and guards are those of `api`.
"""

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from vendtower.web import api


class KeyQuestion(BaseModel):
    """Body of the wish for an open compartment: nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def add_routes(app: web.Application) -> None:
    """Put the kiosks' buttons into the application."""
    kiosk = "/kiosk/{number:[0-9]{1,3}}"
    app.router.add_post(f"{kiosk}/compartment", _key)


async def _key(request: web.Request) -> web.Response:
    await api.body_of(request, KeyQuestion)
    return api.answer(await request.app[api.CONTROLS].ask_for_key(api.kiosk_number(request)))
