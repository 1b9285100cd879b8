"""Customers without end: each collects a car, comes back with it, and the next one comes.

One kiosk serves one customer after the other. Small faults come and go meanwhile, a member of
staff answers the cases that follow, and whoever is sent away tries again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.restart_days import ACCEPTED, FACES, LOOK_S, TAKES_TO_LOOK_S, Day
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.demo.bookings import book
from hardware_sim.demo.returner import ReturnEnding, ReturnScript
from hardware_sim.demo.staff import Staff
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript
from hardware_sim.faults.catalogue import FaultDesk
from hardware_sim.faults.fault import Surroundings

PATIENCE_S = 300.0
"""A trip that takes longer than this, in either direction, is a failure of the tower."""
TRY_S_MAX = 120.0
PAUSE_S = 1.0

SMALL_FAULTS = (
    ("cloud-line", None, 4.0),
    ("cloud-error", None, 4.0),
    ("cloud-slow", None, 9.0),
    ("board-unplugged", "kiosk:1", 3.0),
    ("board-noise", "kiosk:2", 6.0),
    ("camera-dark", "kiosk:1", 3.0),
    ("camera-frozen", "kiosk:2", 4.0),
    ("ack-late", None, 8.0),
    ("plc-link", None, 0.3),
    ("plc-reset", None, 1.5),
)
"""Name, place, seconds; all of `docs/faults.md`. The last two may stop a movement."""


@dataclass
class Trips:
    """What came of everybody."""

    collected: int = 0
    returned: int = 0
    tries: int = 0
    """How often somebody stood at a kiosk; more than the trips when a fault sent them away."""
    failed: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class SteadyUse:
    """Keeps one tower busy until it is told to end."""

    def __init__(self, day: Day, seed: int, fault_every_s: float) -> None:
        self.trips = Trips()
        self._day = day
        self._chance = random.Random(seed)
        self._fault_every_s = fault_every_s
        self._ending = asyncio.Event()

    async def run(self, seconds: float, kiosks: Sequence[int]) -> None:
        """Serve customers at these kiosks for so long; who has begun comes to an end."""
        world = self._day.world
        cars = [car for _, car in sorted(world.cars.items())]
        others = [asyncio.create_task(self._staff()), asyncio.create_task(self._faults())]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._end_after(seconds))
                for at, kiosk in enumerate(kiosks):
                    group.create_task(self._serve(kiosk, cars[at :: len(kiosks)]))
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._ending.set()

    async def _staff(self) -> None:
        day = self._day
        await Staff(
            day.world, day.daemon, day.screens, day.tell, takes_to_look_s=TAKES_TO_LOOK_S
        ).keep_watch()

    async def _faults(self) -> None:
        """One after the other, each mended before the next."""
        desk = FaultDesk(Surroundings(self._day.world, self._day.daemon))
        while not self._ending.is_set():
            await asyncio.sleep(self._fault_every_s)
            name, at, seconds = self._chance.choice(SMALL_FAULTS)
            self._day.tell("fault", name)
            await desk.begin(name, at)
            try:
                await asyncio.sleep(seconds)
            finally:
                await desk.mend(name)
            self.trips.faults[name] += 1

    # --- one customer after the other

    async def _serve(self, kiosk: int, cars: list[BookedCar]) -> None:
        number = 0
        while not self._ending.is_set():
            car, face = cars[number % len(cars)], FACES[number % len(FACES)]
            number += 1
            try:
                async with asyncio.timeout(2 * PATIENCE_S):
                    await self._trip(await self._booked(kiosk, car, face))
            except TimeoutError:
                self.trips.failed.append(f"kiosk {kiosk}: {car.vin}: no end of it in time")
                return  # the bay is not free for anybody else

    async def _booked(self, kiosk: int, car: BookedCar, face: str) -> Visitor:
        before = self._accepted(car.vin)
        visitor = book(self._day.world, face, car, kiosk)
        while self._accepted(car.vin) == before:  # noqa: ASYNC110 # the cloud announces nothing
            await asyncio.sleep(LOOK_S)
        return visitor

    async def _trip(self, visitor: Visitor) -> None:
        await self._again_until_done(partial(self._collects, visitor))
        self.trips.collected += 1
        await self._again_until_done(partial(self._brings_back, visitor))
        await self._again_until_done(partial(self._stored, visitor))
        self.trips.returned += 1

    async def _again_until_done(self, attempt: Callable[[], Awaitable[bool]]) -> None:
        while not await attempt():  # noqa: ASYNC110 # people try again
            await asyncio.sleep(PAUSE_S)  # people try again

    async def _collects(self, visitor: Visitor) -> bool:
        self.trips.tries += 1
        day = self._day
        record = await VisitorScript(day.world, day.screens, visitor, day.tell).play(TRY_S_MAX)
        return record.ending is Ending.DROVE_OFF

    async def _brings_back(self, visitor: Visitor) -> bool:
        self.trips.tries += 1
        day = self._day
        record = await ReturnScript(day.world, day.screens, visitor, day.tell).play(TRY_S_MAX)
        return record.ending is ReturnEnding.CAR_TAKEN

    async def _stored(self, visitor: Visitor) -> bool:
        """Whether the car has its slot; a failed attempt to store it asks at the kiosk anew."""
        kiosk = await self._day.screens.kiosk(visitor.kiosk)
        if kiosk is not None and kiosk["phase"] == "confirm_clear":
            await self._brings_back(visitor)
        page = await self._day.screens.read("/api/cars")
        cars = page["cars"] if page is not None else []
        return any(car["vin"] == visitor.vin and car["state"] == "in_slot" for car in cars)

    def _accepted(self, vin: str) -> int:
        """How many reservations of this car the tower has accepted so far."""
        return sum(
            event.event_type == ACCEPTED and event.data.get("vin") == vin
            for event in self._day.world.cloud.state.events.events
        )
