"""The JSON interface's part for operating: places out of service, leases, power.

Reading::

    GET  /api/out-of-service      places that people have taken out of service
    GET  /api/leases              who has what, and who waits for it

Doing (JSON bodies; unknown fields are refused; ``place`` is ``slot 3``, ``lift 1`` or ``bay 2``)::

    POST /api/out-of-service      {"place", "reason", "by"?, "until_utc"?: RFC 3339 with an offset}
    POST /api/return-to-service   {"place", "by"?}
    POST /api/power               {"profile": "normal" or "reduced", "by"?}

Answers, names and guards are those of `api`.
"""

from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from vendtower.domain.places import Bay, OnLift, Place, Slot, parse_whereabouts
from vendtower.domain.power import PowerProfile
from vendtower.flows.operator_requests import (
    OperatorRequest,
    OrderPower,
    ReturnToService,
    TakeOutOfService,
)
from vendtower.web import api, guards, operating_views

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    by: _Word | None = None


class TakeOutQuestion(_Question):
    """Body of taking a place out of service."""

    place: _Word
    reason: _Reason
    until_utc: AwareDatetime | None = None


class ReturnQuestion(_Question):
    """Body of returning a place."""

    place: _Word


class PowerQuestion(_Question):
    """Body of ordering power."""

    profile: PowerProfile


def add_routes(app: web.Application) -> None:
    """Put operating into the application."""
    app.router.add_get("/api/out-of-service", api.reader(operating_views.out_of_service_view))
    app.router.add_get("/api/leases", api.reader(operating_views.leases_view))
    app.router.add_post("/api/out-of-service", _take_out)
    app.router.add_post("/api/return-to-service", _return)
    app.router.add_post("/api/power", _power)


async def _take_out(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, TakeOutQuestion)
    until: datetime | None = asked.until_utc
    order = TakeOutOfService(_place(asked.place), asked.reason, until)
    return await _operate(request, order, asked.by)


async def _return(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, ReturnQuestion)
    return await _operate(request, ReturnToService(_place(asked.place)), asked.by)


async def _power(request: web.Request) -> web.Response:
    guards.check_local(request)
    asked = await api.body_of(request, PowerQuestion)
    return await _operate(request, OrderPower(asked.profile), asked.by)


async def _operate(request: web.Request, order: OperatorRequest, by: str | None) -> web.Response:
    name = api.name_of(request, by)
    return api.answer(await request.app[api.CONTROLS].operate(order, name))


def _place(text: str) -> Place:
    try:
        place = parse_whereabouts(text)
    except ValueError:
        place = None
    if not isinstance(place, Slot | Bay | OnLift):
        raise web.HTTPBadRequest(
            text=f"place: found {text!r}, expected 'slot N', 'lift N' or 'bay N'"
        )
    return place
