"""A running simulated world, taken by the hand: send visitors, break things, look at the truth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from firmware_bridge.meanings import Ups
from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import Screens
from hardware_sim.demo.returner import Manners, ReturnScript
from hardware_sim.demo.visitor import Tell, Visitor, VisitorScript
from hardware_sim.people.acting import Presented
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.plant.car import PlaceKind
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

    async def fault(self, name: str, seconds: float) -> None:
        """Break something for a while, by name.

        Raises:
            Refused: when there is no fault of this name.
        """
        start = FAULTS.get(name)
        if start is None:
            raise Refused(f"fault {name!r}, expected one of {', '.join(sorted(FAULTS))}")
        self.tell("fault", f"{name} for {seconds:g} s")
        self._spawn(start(self.world, seconds))

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
            "violations": [f"{v.rule}: {v.detail}" for v in tower.violations],
        }

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _presented(value: str) -> Presented:
    try:
        return Presented(value)
    except ValueError:
        known = ", ".join(each.value for each in Presented)
        raise Refused(f"shows {value!r}, expected one of {known}") from None


async def _plc_link(world: SimulatedWorld, seconds: float) -> None:
    await world.tower.cut_plc_link(seconds)


async def _plc_restart(world: SimulatedWorld, seconds: float) -> None:
    await world.tower.restart_plc(seconds)


async def _cloud_line(world: SimulatedWorld, seconds: float) -> None:
    await world.cloud.line_down()
    await asyncio.sleep(seconds)
    await world.cloud.line_up()


async def _estop(world: SimulatedWorld, seconds: float) -> None:
    world.tower.press_estop()
    await asyncio.sleep(seconds)
    world.tower.release_estop()


async def _battery(world: SimulatedWorld, seconds: float) -> None:
    tower = world.tower
    tower.act(lambda: tower.plant.run_on(Ups.BATTERY))
    await asyncio.sleep(seconds)
    tower.act(lambda: tower.plant.run_on(Ups.MAINS))


FAULTS: Mapping[str, Callable[[SimulatedWorld, float], Awaitable[None]]] = {
    "plc-link": _plc_link,
    "plc-restart": _plc_restart,
    "cloud-line": _cloud_line,
    "estop": _estop,
    "on-battery": _battery,
}


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
        flags = {"boot_open": bool, "leaves_somebody": bool, "confirms": bool}
        body = await _body(request, {**kinds, **flags})
        manners = Manners(
            offset_mm=body["offset_mm"],
            part_open=body["boot_open"],
            leaves_somebody=body["leaves_somebody"],
            confirms=body["confirms"],
        )
        sent = control.send_back(body["person"], body["kiosk"], manners)
        return web.json_response({"name": sent.name, "code": sent.code, "vin": sent.vin})

    async def fault(request: web.Request) -> web.Response:
        body = await _body(request, {"name": str, "seconds": (int, float)})
        await control.fault(body["name"], float(body["seconds"]))
        return web.json_response({"fault": body["name"]})

    app = web.Application(middlewares=[_refusals])
    app.add_routes([web.get("/", look), web.post("/visitors", visitor), web.post("/faults", fault)])
    app.add_routes([web.post("/returns", driver)])
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
