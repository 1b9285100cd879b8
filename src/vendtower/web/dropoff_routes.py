"""The JSON interface's part for cars on their way in.

Reading::

    GET  /api/dropoffs

Doing (JSON bodies; unknown fields are refused)::

    POST /api/dropoffs            {"car": VIN or plate, "bay", "by"?, "vehicle"?: {"vin", "plate",
                                   "model", "length_mm", "width_mm", "height_mm", "weight_kg"}}
    POST /kiosk/{n}/confirm       {"question", "by"?}   everybody is out of the car and the bay
    POST /kiosk/{n}/reopen        {}             open the outer door once more

``vehicle`` is given for a car that the tower has never had, and for no other. Answers, names and
guards are those of `api`.
"""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vendtower.domain.vehicle import Vehicle
from vendtower.web import api, dropoff_views, guards

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_LengthMm = Annotated[int, Field(ge=1, le=20_000)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VehicleFigures(_Question):
    """A car that the tower has never had, as its papers describe it."""

    vin: Annotated[str, StringConstraints(pattern=r"^[A-HJ-NPR-Z0-9]{17}$")]
    plate: _Word
    model: _Word
    length_mm: _LengthMm
    width_mm: _LengthMm
    height_mm: _LengthMm
    weight_kg: Annotated[int, Field(ge=1, le=10_000)]


class AdmitQuestion(_Question):
    """Body of a car's announcement by staff."""

    car: _Word
    bay: Annotated[int, Field(ge=1)]
    by: _Word | None = None
    vehicle: VehicleFigures | None = None


class ConfirmQuestion(_Question):
    """Body of a person's word that everybody is out."""

    question: Annotated[int, Field(ge=1)]
    """Number of the question that the person saw."""
    by: _Word | None = None
    """Who looked; asked for where a car is put back."""


class ReopenQuestion(_Question):
    """Body of the wish for an open door: nothing."""


def add_routes(app: web.Application) -> None:
    """Put the drop-offs into the application."""
    app.router.add_get("/api/dropoffs", api.reader(dropoff_views.dropoffs_view))
    app.router.add_post("/api/dropoffs", _admit)
    kiosk = "/kiosk/{number:[0-9]{1,3}}"
    app.router.add_post(f"{kiosk}/confirm", _confirm)
    app.router.add_post(f"{kiosk}/reopen", _reopen)


async def _admit(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, AdmitQuestion)
    vehicle = None if asked.vehicle is None else Vehicle(**asked.vehicle.model_dump())
    by = api.name_of(request, asked.by)
    controls = request.app[api.CONTROLS]
    return api.answer(await controls.admit_car(asked.car, asked.bay, vehicle, by))


async def _confirm(request: web.Request) -> web.Response:
    asked = await api.body_of(request, ConfirmQuestion)
    kiosk = api.kiosk_number(request)
    by = asked.by or ""
    return api.answer(await request.app[api.CONTROLS].confirm_clear(kiosk, asked.question, by))


async def _reopen(request: web.Request) -> web.Response:
    await api.body_of(request, ReopenQuestion)
    return api.answer(await request.app[api.CONTROLS].reopen_bay(api.kiosk_number(request)))
