"""The demonstration itself, act by act."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.returner import ReturnRecord, ReturnScript
from hardware_sim.demo.staff import Staff
from hardware_sim.demo.timeline import Timeline
from hardware_sim.demo.visitor import Visitor, VisitorScript, VisitRecord
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.plant.car import PlaceKind
from hardware_sim.world import SimulatedWorld

LINK_CUT_S = 5.0
DAEMON_AWAY_S = 1.0
SECOND_CUSTOMER_AFTER_S = 4.0
READY_S_MAX = 30.0
LOOK_AGAIN_S = 0.05

Status = Mapping[str, Any]
"""The JSON of the tower's status page."""


@dataclass
class Records:
    """What the verdict is made from."""

    honest: dict[str, VisitRecord] = field(default_factory=dict)
    """Name of the act to what its customer saw."""
    stranger: VisitRecord | None = None
    returned: ReturnRecord | None = None
    doors_opened_for_stranger: int = 0
    cold_start_s: float = 0.0
    recovery_s: float = 0.0
    """From the killed daemon's new start to its screens answering."""


class Demonstration:
    """One run of the story over a world and a daemon process."""

    def __init__(
        self, world: SimulatedWorld, daemon: DaemonProcess, screens: Screens, timeline: Timeline
    ) -> None:
        self.world = world
        self.daemon = daemon
        self.screens = screens
        self.timeline = timeline
        self.records = Records()
        self.drivers: list[Visitor] = []

    async def open(self) -> None:
        """Start the daemon and let staff load the stock of cars."""
        self.timeline.chapter("The tower opens")
        began_s = _now_s()
        await self.daemon.start()
        await self._until_status(lambda status: status["machine_fresh"])
        self.records.cold_start_s = _now_s() - began_s
        self.timeline.tell("daemon", f"ready after {self.records.cold_start_s:.1f} s")
        stock = self.world.directory / "stock.csv"
        await asyncio.to_thread(stock.write_text, stock_list(self.world.cars), encoding="utf-8")
        answer = await self.daemon.command("cars", "load", str(stock), "--by", "operator on duty")
        self.timeline.tell("staff", "$ vendtower cars load stock.csv")
        self.timeline.tell("staff", answer.strip())

    async def book(self, count: int) -> list[Visitor]:
        """Book cars for the two customers in turn, one for each act."""
        cars = [car for _, car in sorted(self.world.cars.items())]
        spread = [cars[(2 * at + 1) * len(cars) // (2 * count)] for at in range(count)]
        people = (GRACE_HOPPER, EILEEN_COLLINS)
        visitors = [
            book(self.world, people[at % 2], car, kiosk=1 + at % 2) for at, car in enumerate(spread)
        ]
        self.drivers += visitors
        await self._until_accepted(count)
        self.timeline.tell("cloud", f"{count} reservations have reached the tower")
        return visitors

    async def two_customers(self, first: Visitor, second: Visitor) -> None:
        """Two bays at once, and as many lifts as the tower has."""
        self.timeline.chapter(f"{first.name} and {second.name} collect their cars")
        early = asyncio.create_task(self._visit("two at a time, first", first))
        await asyncio.sleep(SECOND_CUSTOMER_AFTER_S)
        await self._visit("two at a time, second", second)
        await early

    async def stranger(self, owner: Visitor) -> None:
        """Somebody else comes with the owner's code."""
        self.timeline.chapter(f"A stranger with {owner.name}'s code")
        portrait = EILEEN_COLLINS if owner.portrait == GRACE_HOPPER else GRACE_HOPPER
        stranger = replace(owner, name="a stranger", portrait=portrait)
        opened = self._doors_opened(stranger)
        self.records.stranger = await self._play(stranger)
        await self._until_home(owner.vin)
        self.records.doors_opened_for_stranger = self._doors_opened(stranger) - opened
        self.timeline.tell("tower", "the car is back in a slot, the street door never opened")

    async def link_cut(self, visitor: Visitor) -> None:
        """The line to the PLC is dead for a while in the middle of a movement."""
        self.timeline.chapter(f"The PLC link is cut while {visitor.name}'s car moves")
        playing = asyncio.create_task(self._visit("PLC link cut", visitor))
        await self._until_on_lift(visitor.vin)
        self.timeline.tell("fault", f"the PLC link is cut for {LINK_CUT_S:.0f} s")
        await self.world.tower.cut_plc_link(LINK_CUT_S)
        await playing

    async def daemon_killed(self, visitor: Visitor) -> None:
        """The controller dies without warning in the middle of a movement."""
        self.timeline.chapter(f"The daemon is killed while {visitor.name}'s car moves")
        playing = asyncio.create_task(self._visit("daemon killed", visitor))
        await self._until_on_lift(visitor.vin)
        self.timeline.tell("fault", "SIGKILL to the daemon")
        await self.daemon.kill()
        await asyncio.sleep(DAEMON_AWAY_S)
        began_s = _now_s()
        await self.daemon.start()
        await self._until_status(lambda status: status["machine_fresh"])
        self.records.recovery_s = _now_s() - began_s
        self.timeline.tell("daemon", f"started again, ready after {self.records.recovery_s:.1f} s")
        await playing

    async def brought_back(self, visitor: Visitor) -> None:
        """The first car comes back, and is put away once nobody is left inside."""
        self.timeline.chapter(f"{visitor.name} brings the first car back")
        script = ReturnScript(self.world, self.screens, visitor, self.timeline.tell)
        self.records.returned = await script.play()
        await self._until_home(visitor.vin)

    async def settle(self) -> Status:
        """Wait until doors, lifts and the outbox have come to rest; the last status.

        The pages count the outbox once a second, so both sides have to agree on the number; what
        never comes true the verdict says.

        Raises TimeoutError when the tower shows no status any more.
        """
        with suppress(TimeoutError):
            await self._until_status(lambda status: not left_open(status))
        with suppress(TimeoutError):
            await self._until_status(self._cloud_has_all)
        return await self._until_status(lambda _status: True)

    def _cloud_has_all(self, status: Status) -> bool:
        outbox, arrived = status["outbox"], len(self.world.cloud.events_received)
        return bool(not outbox["waiting"] and outbox["owed"] == arrived)

    async def _visit(self, act: str, visitor: Visitor) -> None:
        self.records.honest[act] = await self._play(visitor)

    async def _play(self, visitor: Visitor) -> VisitRecord:
        script = VisitorScript(self.world, self.screens, visitor, self.timeline.tell)
        return await script.play()

    def _doors_opened(self, visitor: Visitor) -> int:
        bay = f"bay {self.world.bay_of(visitor.kiosk)}"
        return len(self.world.tower.events("outer door opening", bay))

    async def _until_on_lift(self, vin: str) -> None:
        await self.world.tower.until(lambda: self._kind_of_place(vin) is PlaceKind.LIFT, 90.0)
        # A moment later the shuttle is in and the lift travels.
        await self.world.tower.until(self._travels, 30.0)

    async def _until_home(self, vin: str) -> None:
        tower = self.world.tower
        await tower.until(
            lambda: self._kind_of_place(vin) is PlaceKind.SLOT and tower.plc.machine.standing(),
            90.0,
        )

    def _kind_of_place(self, vin: str) -> PlaceKind | None:
        place = self.world.tower.where_is(vin)
        return None if place is None else place.kind

    def _travels(self) -> bool:
        plant = self.world.tower.plant
        return any(lift.travelling(plant.now_s) for lift in plant.lifts.values())

    async def _until_accepted(self, count: int) -> None:
        kind = "com.vendtower.reservation.accepted.v1"

        def accepted() -> bool:
            return sum(e.event_type == kind for e in self.world.cloud.events_received) >= count

        await _until(accepted)

    async def _until_status(self, good: Callable[[Status], bool]) -> Status:
        async with asyncio.timeout(READY_S_MAX):
            while True:
                status = await self.screens.read("/api/status")
                if status is not None and good(status):
                    return status
                await asyncio.sleep(LOOK_AGAIN_S)


def left_open(status: Status) -> dict[str, int]:
    """What has not ended, by the tower's own count."""
    names = ("jobs_open", "visits_open", "dropoffs_open")
    return {name: count for name in names if (count := int(status["counts"][name]))}


async def _until(true: Callable[[], bool]) -> None:
    """Look again and again; the cloud and the pages are other processes' business."""
    async with asyncio.timeout(READY_S_MAX):
        while not true():  # noqa: ASYNC110 # nothing to wait on: the peer tells when asked
            await asyncio.sleep(LOOK_AGAIN_S)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def staged(world: SimulatedWorld, timeline: Timeline) -> AsyncIterator[Demonstration]:
    """A demonstration whose spectators hear the machine and the cloud, with staff on duty."""
    daemon = DaemonProcess(world)
    world.tower.log.listeners.append(timeline.hear_machine)
    world.cloud.store.listeners.append(timeline.hear_cloud)
    timeout = aiohttp.ClientTimeout(total=2.0)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        screens = Screens(world.web_url, http)
        staff = asyncio.create_task(Staff(world, daemon, screens, timeline.tell).keep_watch())
        try:
            yield Demonstration(world, daemon, screens, timeline)
        finally:
            staff.cancel()
            await asyncio.gather(staff, return_exceptions=True)
            await daemon.stop()


async def play_all(stage: Demonstration) -> Mapping[str, Any]:
    """All acts, one after the other; the tower's status when everything has come to rest."""
    await stage.open()
    grace, eileen, grace_again, eileen_again = await stage.book(4)
    await stage.two_customers(grace, eileen)
    await stage.stranger(grace_again)
    await stage.link_cut(eileen_again)
    await stage.daemon_killed(grace_again)
    await stage.brought_back(grace)
    return await stage.settle()


def log_tail(path: Path, lines: int = 30) -> str:
    """The end of the daemon's log, for when something went wrong."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
