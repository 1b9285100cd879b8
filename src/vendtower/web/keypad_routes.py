"""The kiosk page's keypad: ``POST /kiosk/{n}/key {"key": "5"}``, one key at a time.

The keys are those of the kiosk board's pad: digits, ``*`` takes the last one back, ``#`` ends.
Answers and guards are those of `api`; no answer repeats the key.
"""

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from vendtower.domain.keypad import KEYS
from vendtower.web import api


class KeyQuestion(BaseModel):
    """Body of a key press."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]


def add_routes(app: web.Application) -> None:
    """Put the keypad into the application."""
    app.router.add_post("/kiosk/{number:[0-9]{1,3}}/key", _key)


async def _key(request: web.Request) -> web.Response:
    try:
        asked = KeyQuestion.model_validate_json(await request.read())
    except ValidationError:
        # What was found may be a digit of somebody's code.
        raise web.HTTPBadRequest(text=f"key: expected one of {KEYS}") from None
    return api.answer(
        await request.app[api.CONTROLS].press_key(api.kiosk_number(request), asked.key)
    )
