"""One day of a simulated tower whose daemon is killed again and again while customers come.

Two kiosks, one customer after the other at each, now and then a stranger with somebody's code.
Everything is real but the world: sockets, serial lines, disk, processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import aiohttp

from benchmarks.restart_plan import KillPlan
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.staff import Staff
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript, VisitRecord
from hardware_sim.demo_site import write_site
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.plant.bay import Pace
from hardware_sim.world import TOKEN, SimulatedWorld, open_world

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "examples" / "guangzhou.toml"
PACE = Pace(walk_s=0.2, drive_s=1.0)
LOOK_S = 0.2
VISIT_S_MAX = 900.0
REST_S_MAX = 90.0
TRIES_MAX = 5
STRANGER_EVERY = 5
"""Before each fifth customer somebody else comes with the customer's code."""
TAKES_TO_LOOK_S = 0.2
ACCEPTED = "com.vendtower.reservation.accepted.v1"
FACES = (GRACE_HOPPER, EILEEN_COLLINS)

Tell = Callable[[str, str], None]


@dataclass
class Customer:
    """What one reservation's customer met with."""

    visitor: Visitor
    tries: list[VisitRecord] = field(default_factory=list)
    stranger: VisitRecord | None = None
    doors_opened_for_stranger: int = 0


@dataclass
class Day:
    """One tower's day, and what came of it."""

    world: SimulatedWorld
    daemon: DaemonProcess
    screens: Screens
    tell: Tell
    customers: list[Customer] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    at_rest: bool = False

    async def open(self) -> None:
        """Start the daemon and load the stock of cars."""
        await self.daemon.start()
        stock = self.world.directory / "stock.csv"
        await asyncio.to_thread(stock.write_text, stock_list(self.world.cars), encoding="utf-8")
        await _until(self._machine_fresh, 30.0)
        await self.daemon.command("cars", "load", str(stock), "--by", "operator on duty")

    async def _machine_fresh(self) -> bool:
        status = await self.screens.read("/api/status")
        return status is not None and bool(status["machine_fresh"])

    async def run(self, plan: KillPlan, kills: int, *, counted: Callable[[], None]) -> None:
        """Serve customers and kill the daemon until it was killed so often or no car is left."""
        cars = [car for _, car in sorted(self.world.cars.items())]
        enough = asyncio.Event()
        staff = asyncio.create_task(self._staff())
        killing = asyncio.create_task(self._kill(plan, kills, enough, counted))
        try:
            async with asyncio.TaskGroup() as group:
                for at, kiosk in enumerate(sorted(self.world.boards)):
                    mine = cars[at :: len(self.world.boards)]
                    group.create_task(self._serve(kiosk, mine, enough))
            killing.cancel()
            await asyncio.gather(killing, return_exceptions=True)
            await self.rest()
        finally:
            for task in (staff, killing):
                task.cancel()
            await asyncio.gather(staff, killing, return_exceptions=True)
        await self.daemon.stop()

    async def _staff(self) -> None:
        await Staff(
            self.world, self.daemon, self.screens, self.tell, takes_to_look_s=TAKES_TO_LOOK_S
        ).keep_watch()

    async def _kill(
        self, plan: KillPlan, kills: int, enough: asyncio.Event, counted: Callable[[], None]
    ) -> None:
        for _ in range(kills):
            await asyncio.sleep(plan.next().after_s)
            # Once begun it is carried through: the day must not end with the daemon away.
            await asyncio.shield(asyncio.ensure_future(self._kill_once()))
            counted()
        enough.set()

    async def _kill_once(self) -> None:
        self.kills.append(asyncio.get_running_loop().time())
        self.tell("fault", f"SIGKILL {len(self.kills)}")
        await self.daemon.kill()
        await self.daemon.start()

    # --- customers

    async def _serve(self, kiosk: int, cars: list[BookedCar], enough: asyncio.Event) -> None:
        for number, car in enumerate(cars):
            if enough.is_set():
                return
            face = FACES[number % len(FACES)]
            customer = Customer(book(self.world, face, car, kiosk))
            self.customers.append(customer)
            await _until(partial(self._accepted, car.vin), VISIT_S_MAX)
            if number % STRANGER_EVERY == STRANGER_EVERY - 1:
                await self._stranger(customer)
            await self._honest(customer)

    async def _accepted(self, vin: str) -> bool:
        received = self.world.cloud.events_received
        return any(e.event_type == ACCEPTED and e.data.get("vin") == vin for e in received)

    async def _stranger(self, customer: Customer) -> None:
        owner = customer.visitor
        face = next(face for face in FACES if face != owner.portrait)
        opened = self._doors_opened(owner.kiosk)
        customer.stranger = await self._play(replace(owner, name="a stranger", portrait=face))
        customer.doors_opened_for_stranger = self._doors_opened(owner.kiosk) - opened

    async def _honest(self, customer: Customer) -> None:
        """A customer who is sent away (nobody looked at the case yet, say) tries again."""
        for _ in range(TRIES_MAX):
            record = await self._play(customer.visitor)
            customer.tries.append(record)
            if record.ending is Ending.DROVE_OFF:
                return
            await asyncio.sleep(1.0)

    async def _play(self, visitor: Visitor) -> VisitRecord:
        script = VisitorScript(self.world, self.screens, visitor, self.tell)
        return await script.play(VISIT_S_MAX)

    def _doors_opened(self, kiosk: int) -> int:
        bay = f"bay {self.world.bay_of(kiosk)}"
        return len(self.world.tower.events("outer door opening", bay))

    # --- the end of the day

    async def rest(self) -> None:
        """Wait until nothing is open and the cloud has everything."""
        try:
            await _until(self._rests, REST_S_MAX)
            self.at_rest = True
        except TimeoutError:
            self.at_rest = False

    async def _rests(self) -> bool:
        status = await self.screens.read("/api/status")
        if status is None:
            return False
        counts, outbox = status["counts"], status["outbox"]
        still = not (counts["jobs_open"] or counts["visits_open"] or counts["cases_open"])
        arrived = len(self.world.cloud.events_received)
        return bool(still and not outbox["waiting"] and outbox["owed"] == arrived)


async def _until(true: Callable[[], Awaitable[bool]], timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while not await true():  # noqa: ASYNC110 # nothing to wait on: peers tell when asked
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def opened_day(
    directory: Path, *, speed: float, cars: int, tell: Tell, liveness: bool = True
) -> AsyncIterator[Day]:
    """A fresh world with its daemon running and its stock loaded.

    Without ``liveness`` faces are matched and not challenged: an overloaded machine misses
    movements.
    """
    timeout = aiohttp.ClientTimeout(total=2.0)
    async with (
        open_world(EXAMPLE, directory, speed=speed, cars=cars, pace=PACE) as world,
        aiohttp.ClientSession(timeout=timeout) as http,
    ):
        world.tables["identity"]["liveness"] = liveness
        write_site(world.directory, world.tables, TOKEN)
        daemon = DaemonProcess(world)
        day = Day(world, daemon, Screens(world.web_url, http), tell)
        try:
            await day.open()
            yield day
        finally:
            await daemon.kill()
