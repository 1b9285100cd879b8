"""The JSON interface: what may be read of the tower, and what a named person may do.

Reading::

    GET  /api/status  /api/visits  /api/cars  /api/cases  /api/site
    GET  /api/events?limit=100&dead=false    the history, newest first; limit 1 to 1000
    GET  /api/stream                         server-sent events: ``picture`` and ``beat``
    GET  /health/live                        200 while the controller answers at all
    GET  /health/ready                       200, or 503 with the reasons

Doing (JSON bodies; unknown fields are refused)::

    POST /api/cases/{id}/settle   {"settlement", "by"?, "note"?, "slot"?, "bay"?,
                                   "car"?}
    POST /api/machine/reset       {"by"?}
    POST /api/cars                {"by"?, "lines": [{"vin", "plate", "model", "length_mm",
                                   "width_mm", "height_mm", "weight_kg", "slot"}, ...]}

``by`` may be left out on the control socket, where the login of the caller stands in.

Answers: 200 ``{"done": true, "message"}``; 409 ``{"done": false, "reason"}`` when the tower will
not; 4xx ``{"reason"}`` when the question is wrong; 503 ``{"reason"}`` before the first picture.
The shapes are described at the functions of `json_views`. Alarms have a module of their own,
`alarm_routes`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vendtower.domain.case import Settlement
from vendtower.domain.site import Site
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.case_answers import Particulars
from vendtower.flows.controls import ControlAnswer, Controls, Done, StockLine
from vendtower.ports.journal import JournalFault
from vendtower.ports.screens import TowerPicture
from vendtower.web import guards, health, json_views
from vendtower.web.board import PictureBoard
from vendtower.web.pages import site_view
from vendtower.web.streams import stream_newest

BOARD: web.AppKey[PictureBoard] = web.AppKey("board", PictureBoard)
CONTROLS: web.AppKey[Controls] = web.AppKey("controls")
SITE: web.AppKey[Site] = web.AppKey("site", Site)

EVENTS_LIMIT_MAX = 1000

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_LengthMm = Annotated[int, Field(ge=1, le=20_000)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SettleQuestion(_Question):
    """Body of a settlement."""

    settlement: Settlement
    by: _Word | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    slot: Annotated[int, Field(ge=1)] | None = None
    bay: Annotated[int, Field(ge=1)] | None = None
    car: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class CarLine(_Question):
    """One car to put into the ledger."""

    vin: _Word
    plate: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    model: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
    length_mm: _LengthMm
    width_mm: _LengthMm
    height_mm: _LengthMm
    weight_kg: Annotated[int, Field(ge=1, le=10_000)]
    slot: Annotated[int, Field(ge=1)]

    def stock(self) -> StockLine:
        """The same as the flows know it."""
        return StockLine(Vehicle(**self.model_dump(exclude={"slot"})), self.slot)


class ResetQuestion(_Question):
    """Body of a machine reset."""

    by: _Word | None = None


class LoadQuestion(_Question):
    """Body of loading cars."""

    by: _Word | None = None
    lines: Annotated[tuple[CarLine, ...], Field(min_length=1)]


_QuestionT = TypeVar("_QuestionT", bound=BaseModel)
_View = Callable[[TowerPicture], json_views.JsonObject]


def add_routes(app: web.Application) -> None:
    """Put the JSON interface into the application."""
    views: dict[str, _View] = {
        "status": json_views.status_view,
        "visits": json_views.visits_view,
        "cars": json_views.cars_view,
        "cases": json_views.cases_view,
    }
    for name, view in views.items():
        app.router.add_get(f"/api/{name}", reader(view))
    app.router.add_get("/api/site", _site)
    app.router.add_get("/api/events", _events)
    app.router.add_get("/api/stream", _stream)
    app.router.add_post("/api/cases/{case_id:[0-9]{1,9}}/settle", _settle)
    app.router.add_post("/api/cars", _load)
    app.router.add_post("/api/machine/reset", _reset)
    app.router.add_get("/health/live", _live)
    app.router.add_get("/health/ready", _ready)


def answer(said: ControlAnswer) -> web.Response:
    """A control's answer as a response."""
    if isinstance(said, Done):
        return web.json_response({"done": True, "message": said.message})
    return web.json_response({"done": False, "reason": said.reason}, status=409)


async def body_of(request: web.Request, model: type[_QuestionT]) -> _QuestionT:
    """The request's body.

    Raises:
        web.HTTPBadRequest: names each field that is wrong, and why.

    """
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        findings = (
            f"{'.'.join(map(str, line['loc'])) or 'body'}: {line['msg']}" for line in error.errors()
        )
        raise web.HTTPBadRequest(text="; ".join(findings)) from None


def reader(view: _View) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that answers with a view of the newest picture, or that there is none."""

    async def read(request: web.Request) -> web.Response:
        picture = request.app[BOARD].picture
        if picture is None:
            raise web.HTTPServiceUnavailable(text="the tower's state is not known yet")
        return web.json_response(view(picture))

    return read


async def _site(request: web.Request) -> web.Response:
    return web.json_response(site_view(request.app[SITE]))


async def _stream(request: web.Request) -> web.StreamResponse:
    board = request.app[BOARD]

    def message() -> json_views.JsonObject | None:
        return None if board.picture is None else json_views.picture_view(board.picture)

    return await stream_newest(request, board, "picture", message)


def limit_of(request: web.Request) -> int:
    """How many lines of a history are asked for.

    Raises:
        web.HTTPBadRequest: when that is no number in range.

    """
    text = request.query.get("limit", "100")
    if not text.isdecimal() or not 1 <= int(text) <= EVENTS_LIMIT_MAX:
        raise web.HTTPBadRequest(
            text=f"limit: found {text!r}, expected a number from 1 to {EVENTS_LIMIT_MAX}"
        )
    return int(text)


async def _events(request: web.Request) -> web.Response:
    limit = limit_of(request)
    dead_text = request.query.get("dead", "false")
    if dead_text not in ("true", "false"):
        raise web.HTTPBadRequest(text=f"dead: found {dead_text!r}, expected true or false")
    try:
        events = await request.app[CONTROLS].history(limit, dead_text == "true")
    except JournalFault as fault:
        raise web.HTTPServiceUnavailable(text=str(fault)) from None
    return web.json_response(json_views.events_view(events))


async def _settle(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await body_of(request, SettleQuestion)
    said = await request.app[CONTROLS].settle_case(
        int(request.match_info["case_id"]),
        question.settlement,
        name_of(request, question.by),
        question.note,
        Particulars(question.slot, question.bay, question.car),
    )
    return answer(said)


async def _reset(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await body_of(request, ResetQuestion)
    return answer(await request.app[CONTROLS].reset_machine(name_of(request, question.by)))


async def _load(request: web.Request) -> web.Response:
    guards.check_local(request)
    question = await body_of(request, LoadQuestion)
    lines = [line.stock() for line in question.lines]
    return answer(await request.app[CONTROLS].load_stock(lines, name_of(request, question.by)))


def name_of(request: web.Request, by: str | None) -> str:
    """Who does it: as said, else the login at the other end of the control socket."""
    name = by or guards.login_of_peer(request)
    if name is None:
        raise web.HTTPBadRequest(text="by: missing, expected the name of the person who decides")
    return name


async def _live(request: web.Request) -> web.Response:
    return web.json_response({"schema": 1, "live": True, "pictures": request.app[BOARD].version})


async def _ready(request: web.Request) -> web.Response:
    parts = health.components(request.app[BOARD].picture)
    return web.json_response(health.health_view(parts), status=200 if health.ready(parts) else 503)


def kiosk_number(request: web.Request) -> int:
    """The number of the kiosk in the request's path.

    Raises:
        web.HTTPNotFound: when the site file has no such kiosk.

    """
    number = int(request.match_info["number"])
    if all(kiosk.number != number for kiosk in request.app[SITE].kiosks):
        raise web.HTTPNotFound(text=f"kiosk {number}: not in the site file")
    return number
