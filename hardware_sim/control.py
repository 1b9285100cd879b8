"""A running simulated world, taken by the hand: send visitors, break things, look at the truth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.returner import Manners, ReturnScript
from hardware_sim.demo.visitor import Tell, Visitor, VisitorScript
from hardware_sim.faults.catalogue import FaultDesk, UnknownFault
from hardware_sim.faults.fault import UnknownTarget
from hardware_sim.people.acting import Presented
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.plant.car import PlaceKind
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.world import SimulatedWorld

CHECK_IN_AFTER_S = 3.0
"""A new booking needs a moment to travel from the cloud to the tower."""


OPTIONAL = (str, type(None))


class Refused(ValueError):
    """What was asked cannot be done; the message says what was expected."""


@dataclass
class WorldControl:
    """What people at a keyboard may do to a simulated world."""

    world: SimulatedWorld
    screens: Screens
    tell: Tell
    faults: FaultDesk
    drivers: list[Visitor] = field(default_factory=list)
    """Everybody who came for a car, the latest last."""
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    def send_visitor(
        self, person: str, kiosk: int, face: str | None = None, shows: str | None = None
    ) -> Visitor:
        """Book a car for a person and let them come for it; ``face`` comes in their place.

        With ``shows``, a value of `Presented`, a picture of the face comes in somebody's hand.

        Raises:
            Refused: when there is no such person, kiosk, or no car left in a slot.
        """
        for name in (person, face or person):
            if name not in PORTRAITS:
                raise Refused(f"person {name!r}, expected one of {', '.join(sorted(PORTRAITS))}")
        if kiosk not in self.world.boards:
            raise Refused(f"kiosk {kiosk}, expected one of {sorted(self.world.boards)}")
        visitor = book(self.world, person, self._free_car(), kiosk)
        self.drivers.append(visitor)
        if face is not None and face != person:
            visitor = replace(visitor, name="a stranger", portrait=face)
        if shows is not None:
            visitor = replace(visitor, presented=_presented(shows))
        self._spawn(self._play(visitor))
        return visitor

    def send_back(self, person: str, kiosk: int, manners: Manners) -> Visitor:
        """Let a person who is out with a car bring it back to a kiosk.

        Raises:
            Refused: when there is no such person or kiosk, or the person is out with no car.
        """
        if kiosk not in self.world.boards:
            raise Refused(f"kiosk {kiosk}, expected one of {sorted(self.world.boards)}")
        outside = self.world.tower.plant.outside
        for driver in reversed(self.drivers):
            if driver.portrait == person and driver.vin in outside:
                visitor = replace(driver, kiosk=kiosk)
                self._spawn(self._return(visitor, manners))
                return visitor
        raise Refused(f"{person} is out with no car; expected somebody who collected one before")

    async def _return(self, visitor: Visitor, manners: Manners) -> None:
        await ReturnScript(self.world, self.screens, visitor, self.tell, manners).play()

    def _free_car(self) -> Any:
        booked = {e.data.get("vin") for e in self.world.cloud.events_received if "vin" in e.data}
        for car in self.world.cars.values():
            place = self.world.tower.where_is(car.vin)
            if place is not None and place.kind is PlaceKind.SLOT and car.vin not in booked:
                return car
        raise Refused("no car is left in a slot that nobody has booked")

    async def _play(self, visitor: Visitor) -> None:
        await asyncio.sleep(CHECK_IN_AFTER_S)
        await VisitorScript(self.world, self.screens, visitor, self.tell).play()

    async def fault(self, name: str, at: str | None, seconds: float | None) -> str:
        """Break something, for a while or until it is mended; says what and where.

        Raises:
            Refused: when there is no such fault or place.
        """
        with _refusing():
            target = await self.faults.begin(name, at)
        until = "until it is mended" if seconds is None else f"for {seconds:g} s"
        self.tell("fault", f"{name} at {target} {until}")
        if seconds is not None:
            self._spawn(self._mend_after(name, str(target), seconds))
        return f"{name} at {target} {until}"

    async def _mend_after(self, name: str, at: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(Refused):
            await self.mend(name, at)

    async def mend(self, name: str, at: str | None) -> str:
        """Mend what was broken; says what and where.

        Raises:
            Refused: when nothing of this name is broken there.
        """
        with _refusing():
            where = await self.faults.mend(name, at)
        said = f"{name} at {', '.join(map(str, where))}"
        self.tell("fault", f"{said} is mended")
        return said

    def truth(self) -> dict[str, object]:
        """Where every car really is, and what must never be so and was."""
        tower = self.world.tower
        return {
            "cars": {
                car.vin: str(tower.where_is(car.vin) or "nowhere")
                for car in self.world.cars.values()
            },
            "jobs_started": {lift: tower.jobs_started(lift) for lift in self.world.site.lifts},
            "events_at_cloud": len(self.world.cloud.events_received),
            "faults": [f"{name} at {target}" for name, target in self.faults.standing],
            "violations": [f"{v.rule}: {v.detail}" for v in tower.violations],
        }

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (UnknownFault, UnknownTarget, ImpossibleError) as error:
        raise Refused(str(error)) from error


def _presented(value: str) -> Presented:
    try:
        return Presented(value)
    except ValueError:
        known = ", ".join(each.value for each in Presented)
        raise Refused(f"shows {value!r}, expected one of {known}") from None


def control_app(control: WorldControl) -> web.Application:
    """The keyboard's HTTP interface; without a login, so for this machine alone."""

    async def look(_request: web.Request) -> web.Response:
        return web.json_response(control.truth(), dumps=lambda body: json.dumps(body, indent=1))

    async def visitor(request: web.Request) -> web.Response:
        body = await _body(
            request, {"person": str, "kiosk": int, "face": OPTIONAL, "shows": OPTIONAL}
        )
        sent = control.send_visitor(
            body["person"], body["kiosk"], body.get("face"), body.get("shows")
        )
        return web.json_response({"name": sent.name, "code": sent.code, "vin": sent.vin})

    async def driver(request: web.Request) -> web.Response:
        kinds = {"person": str, "kiosk": int, "offset_mm": int}
        flags = {"boot_open": bool, "leaves_somebody": bool, "confirms": bool, "card": bool}
        body = await _body(request, {**kinds, **flags})
        manners = Manners(
            offset_mm=body["offset_mm"],
            part_open=body["boot_open"],
            leaves_somebody=body["leaves_somebody"],
            confirms=body["confirms"],
            holds_card=body["card"],
        )
        sent = control.send_back(body["person"], body["kiosk"], manners)
        return web.json_response({"name": sent.name, "code": sent.code, "vin": sent.vin})

    async def fault(request: web.Request) -> web.Response:
        kinds = {"name": str, "at": OPTIONAL, "seconds": (int, float, type(None))}
        body = await _body(request, kinds)
        began = await control.fault(body["name"], body.get("at"), body.get("seconds"))
        return web.json_response({"fault": began})

    async def mend(request: web.Request) -> web.Response:
        body = await _body(request, {"name": str, "at": OPTIONAL})
        return web.json_response({"mended": await control.mend(body["name"], body.get("at"))})

    app = web.Application(middlewares=[_refusals])
    app.add_routes([web.get("/", look), web.post("/visitors", visitor), web.post("/faults", fault)])
    app.add_routes([web.post("/returns", driver), web.post("/mended", mend)])
    return app


@web.middleware
async def _refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"reason": str(refused)}, status=400)


async def _body(request: web.Request, kinds: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise Refused(f"body: {error}, expected a JSON object") from error
    if not isinstance(body, dict) or set(body) - set(kinds):
        raise Refused(f"body: expected a JSON object of {', '.join(kinds)}")
    for key, kind in kinds.items():
        if not isinstance(body.get(key), kind):
            raise Refused(f"{key}: found {body.get(key)!r}, which is not of the expected kind")
    return body
