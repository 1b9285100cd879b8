"""The control API: for people at a keyboard and for demos, apart from the contract.

It asks for no token and tells check-in codes, so it belongs on loopback.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

from aiohttp import web
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.cloud.compensation import Decision
from hardware_sim.cloud.faults import Fault, FaultKind, Operation

if TYPE_CHECKING:
    from hardware_sim.cloud.reference import ReferenceCloud

BODY_BYTES_MAX = 1024 * 1024
Asked = TypeVar("Asked", bound=BaseModel)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Car(_Input):
    vin: str
    plate: str = "A-12345"
    model: str = "Sedan"
    length_mm: int = 4600
    width_mm: int = 1850
    height_mm: int = 1500
    weight_kg: int = 1600


class _Booking(_Input):
    car: _Car
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    tower: str | None = None
    language: str = "en"
    face_consent: bool = False
    portrait_base64: Base64Bytes | None = None
    slot: int | None = None
    greeting: str = ""
    returns_by: AwareDatetime | None = None
    key_compartment: int | None = None
    swap_for: str | None = None
    cards: list[Annotated[str, Field(pattern=r"^([0-9a-f]{2}){4,10}$")]] = []
    reservation_id: str | None = None
    code: str | None = None


class _Change(_Input):
    """Members that are left out stay as they are."""

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    language: str | None = None
    slot: int | None = None
    greeting: str | None = None
    returns_by: AwareDatetime | None = None


class _Decision(_Input):
    decision: Decision


class _Fault(_Input):
    kind: FaultKind
    operation: Operation | None = None
    status: int = Field(default=500, ge=400, le=599)
    retry_after: str | None = None
    times: int = Field(default=1, ge=1, le=1000)


class _Line(_Input):
    up: bool


Work = Callable[[web.Request], Awaitable[object]]


def control_app(cloud: "ReferenceCloud") -> web.Application:
    """Book, change, withdraw, break and read."""
    control = _Control(cloud)
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    routes: list[tuple[str, str, Work]] = [
        ("GET", "/sim/towers", control.towers),
        ("GET", "/sim/reservations", control.reservations),
        ("POST", "/sim/reservations", control.book),
        ("PATCH", "/sim/reservations/{id}", control.change),
        ("DELETE", "/sim/reservations/{id}", control.withdraw),
        ("GET", "/sim/events", control.events),
        ("GET", "/sim/duplicates", control.duplicates),
        ("GET", "/sim/compensations", control.compensations),
        ("POST", "/sim/compensations/{id}", control.compensate),
        ("POST", "/sim/faults", control.add_fault),
        ("DELETE", "/sim/faults", control.clear_faults),
        ("POST", "/sim/line", control.line),
    ]
    for method, path, work in routes:
        app.router.add_route(method, path, _plain(work))
    return app


def _plain(work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer 200 with what the work gives, 400 with the sentence of a ValueError."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await work(request), dumps=_dumps)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer


def _dumps(value: object) -> str:
    return json.dumps(value, default=str, indent=2)


class _Control:
    def __init__(self, cloud: "ReferenceCloud") -> None:
        self._cloud = cloud

    async def towers(self, request: web.Request) -> object:
        del request
        return {
            name: {
                "booted": record.booted,
                "boots": len(record.boots),
                "evidence": {
                    sha256: {"media_type": kind, "size_bytes": len(content)}
                    for sha256, (kind, content) in record.evidence.items()
                },
                "last_boot": record.boots[-1:],
            }
            for name, record in self._cloud.state.towers.items()
        }

    async def reservations(self, request: web.Request) -> object:
        record = self._cloud.state.tower_of(request.query.get("tower"))
        found = [asdict(booking) for booking in record.log.current.values()]
        for booking in found:
            booking["portrait"] = booking["portrait"] is not None
        return found

    async def book(self, request: web.Request) -> object:
        asked = await _read(request, _Booking)
        booked = self._cloud.add_reservation(
            BookedCar(**asked.car.model_dump()),
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            tower=asked.tower,
            language=asked.language,
            face_consent=asked.face_consent,
            portrait=asked.portrait_base64,
            slot=asked.slot,
            greeting=asked.greeting,
            returns_by=asked.returns_by,
            key_compartment=asked.key_compartment,
            swap_for=asked.swap_for,
            cards=asked.cards,
            reservation_id=asked.reservation_id,
            code=asked.code,
        )
        return asdict(booked)

    async def change(self, request: web.Request) -> object:
        asked = await _read(request, _Change)
        changes = asked.model_dump(exclude_none=True)
        if "slot" in asked.model_fields_set:
            changes["slot"] = asked.slot
        booking = self._cloud.change(request.match_info["id"], **changes)
        return {"reservation_id": booking.reservation_id, "revision": booking.revision}

    async def withdraw(self, request: web.Request) -> object:
        self._cloud.withdraw(request.match_info["id"])
        return {"withdrawn": request.match_info["id"]}

    async def events(self, request: web.Request) -> object:
        tower = request.query.get("tower")
        store = self._cloud.store
        return {
            "events": [event.raw for event in store.events if tower in (None, event.tower)],
            "rejected": [event.raw for event in store.rejected if tower in (None, event.tower)],
            "gaps": {name: store.gaps(name) for name in self._cloud.state.towers},
            "out_of_order": [event.event_id for event in store.out_of_order],
        }

    async def compensations(self, request: web.Request) -> object:
        del request
        return [asdict(each) for each in self._cloud.compensations.found.values()]

    async def compensate(self, request: web.Request) -> object:
        asked = await _read(request, _Decision)
        decided = self._cloud.compensations.decide(request.match_info["id"], asked.decision)
        return asdict(decided)

    async def duplicates(self, request: web.Request) -> object:
        del request
        return [asdict(duplicate) for duplicate in self._cloud.duplicates]

    async def add_fault(self, request: web.Request) -> object:
        asked = await _read(request, _Fault)
        fault = Fault(asked.kind, asked.operation, asked.status, asked.retry_after)
        self._cloud.add_fault(fault, asked.times)
        return {"waiting": len(self._cloud.faults)}

    async def clear_faults(self, request: web.Request) -> object:
        del request
        self._cloud.faults.clear()
        return {"waiting": 0}

    async def line(self, request: web.Request) -> object:
        asked = await _read(request, _Line)
        await (self._cloud.line_up() if asked.up else self._cloud.line_down())
        return {"up": asked.up}


async def _read(request: web.Request, kind: type[Asked]) -> Asked:
    # A web page elsewhere can post forms at loopback, but not this content type unasked.
    if request.content_type != "application/json":
        raise ValueError(f"found {request.content_type}, expected application/json")
    return kind.model_validate_json(await request.read())
