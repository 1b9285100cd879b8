"""The kiosk page's part for what happens around a bay.

::

    POST /kiosk/{n}/compartment    {}    release the key's compartment once more
    POST /kiosk/{n}/return         {"plate"}    the car that is brought back
    POST /kiosk/{n}/condition      {"odometer_km"?, "energy_percent"?, "accepted"?,
                                    "strokes"?: [[[x, y], ...], ...]}

A signature is one list of points for each stroke, in a square of 1000 by 1000. Answers and guards
are those of `api`.
"""

from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from vendtower.domain.condition import POINTS_MAX, SIDE, STROKES_MAX, Entered
from vendtower.web import api

_Coordinate = Annotated[int, Field(ge=0, le=SIDE)]
_Point = tuple[_Coordinate, _Coordinate]
_Stroke = Annotated[tuple[_Point, ...], Field(min_length=1, max_length=POINTS_MAX)]


class KeyQuestion(BaseModel):
    """Body of the wish for an open compartment: nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReturnQuestion(BaseModel):
    """Body of a return that is named by a plate."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    plate: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]


class ConditionQuestion(BaseModel):
    """Body of what a customer enters of the car's condition."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    odometer_km: Annotated[int, Field(ge=0, le=9_999_999)] | None = None
    energy_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    accepted: bool = False
    strokes: Annotated[tuple[_Stroke, ...], Field(max_length=STROKES_MAX)] = ()

    @model_validator(mode="after")
    def _few_points(self) -> Self:
        points = sum(len(stroke) for stroke in self.strokes)
        if points > POINTS_MAX:
            raise ValueError(f"strokes: found {points} points, expected at most {POINTS_MAX}")
        return self


def add_routes(app: web.Application) -> None:
    """Put the kiosks' buttons into the application."""
    kiosk = "/kiosk/{number:[0-9]{1,3}}"
    app.router.add_post(f"{kiosk}/compartment", _key)
    app.router.add_post(f"{kiosk}/condition", _condition)
    app.router.add_post(f"{kiosk}/return", _return)


async def _key(request: web.Request) -> web.Response:
    await api.body_of(request, KeyQuestion)
    return api.answer(await request.app[api.CONTROLS].ask_for_key(api.kiosk_number(request)))


async def _condition(request: web.Request) -> web.Response:
    asked = await api.body_of(request, ConditionQuestion)
    typed = Entered(asked.odometer_km, asked.energy_percent, asked.strokes, asked.accepted)
    kiosk = api.kiosk_number(request)
    return api.answer(await request.app[api.CONTROLS].note_condition(kiosk, typed))


async def _return(request: web.Request) -> web.Response:
    asked = await api.body_of(request, ReturnQuestion)
    kiosk = api.kiosk_number(request)
    return api.answer(await request.app[api.CONTROLS].return_by_plate(kiosk, asked.plate))
