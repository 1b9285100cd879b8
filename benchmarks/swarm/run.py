"""One run: a seed, so many days, and what came of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.swarm.fault_plan import plan_faults
from benchmarks.swarm.faults import Faults
from benchmarks.swarm.identity import Errors
from benchmarks.swarm.invariants import FlowFailures, Invariants
from benchmarks.swarm.people import Collecting, Record, Returning
from benchmarks.swarm.staff import Staff
from benchmarks.swarm.traffic import DAY_S, HOUR_S, Manner, Season, Trip, plan_trips
from benchmarks.swarm.world import Tier, World, make_world
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.plant.car import PlaceKind
from hardware_sim.virtual.libraries import sealed_libraries
from hardware_sim.virtual.loop import Livelock, Stalled, VirtualLoop

LOOK_S = 30.0
GLANCE_S = 10.0
QUIET_GLANCES = 6
LIVED_BEFORE_S = 60.0
"""So long before anybody comes, or anything breaks, the tower is lived through."""
SETTLING_S_MAX = 12 * 3600.0
"""After the last fault is healed everything has to come to rest within this."""


@dataclass(frozen=True)
class Options:
    """What a run is given by, beside the code."""

    seed: int
    site: Path
    days: float = 7.0
    trips_per_day: float = 24.0
    strength: float = 1.0
    """Multiplies the rates of the faults; 0 for a run in which nothing breaks."""
    haste: float = 1.0
    """Divides windows and times away, so that a short run sees whole trips."""
    cars: int = 30
    tier: Tier = Tier.PORT


@dataclass
class Result:
    """What came of it."""

    options: Options
    trace: str = ""
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    records: list[Record] = field(default_factory=list)
    manners: dict[str, Manner] = field(default_factory=dict)
    jobs: int = 0
    boots: int = 0
    simulated_s: float = 0.0
    """Lived through."""
    calendar_s: float = 0.0
    """With the empty hours that were leapt over."""
    wall_s: float = 0.0
    last_minutes: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether everything that must hold did."""
        return not self.problems


def run_seed(options: Options, directory: Path) -> Result:
    """Play one seed to its end in a directory of its own."""
    result = Result(options)
    began_s = time.perf_counter()
    loop = VirtualLoop(seed=options.seed)
    gc.collect()
    gc.disable()
    try:
        with sealed_libraries():
            loop.run(_Run(loop, options, result, directory).play())
    except (Stalled, Livelock) as error:
        result.problems.append(f"{type(error).__name__}: {error}")
    finally:
        gc.enable()
    result.wall_s = time.perf_counter() - began_s
    result.simulated_s = loop.time()
    return result


class _Run:
    def __init__(
        self, loop: VirtualLoop, options: Options, result: Result, directory: Path
    ) -> None:
        self._loop = loop
        self._options = options
        self._result = result
        self._directory = directory
        self._people: set[asyncio.Task[None]] = set()
        self._taken: set[str] = set()
        self._world: World

    async def play(self) -> None:
        options = self._options
        self._world = world = await make_world(
            self._loop,
            options.site,
            self._directory,
            seed=options.seed,
            errors=Errors(),
            cars=options.cars,
            tier=options.tier,
        )
        failures = FlowFailures(world.story)
        logging.getLogger("vendtower").addHandler(failures)
        try:
            await self._days(world)
        finally:
            logging.getLogger("vendtower").removeHandler(failures)
            self._collect(world)

    async def _days(self, world: World) -> None:
        invariants = Invariants(world)
        staff = Staff(world, random.Random(f"staff {self._options.seed}"))
        world.controller.boot()
        await world.load_stock()
        watching = [
            asyncio.create_task(staff.keep_watch()),
            asyncio.create_task(self._look(invariants)),
            asyncio.create_task(_leap_over_quiet_hours(world)),
        ]
        until_s = self._options.days * DAY_S
        trips = plan_trips(
            random.Random(f"traffic {self._options.seed}"),
            Season(
                days=self._options.days,
                trips_per_day=self._options.trips_per_day,
                haste=self._options.haste,
            ),
            sorted(world.kiosks),
        )
        plan = plan_faults(
            random.Random(f"faults {self._options.seed}"),
            until_s,
            self._options.strength,
            moments_s=[trip.arrives_s for trip in trips],
        )
        faults = asyncio.create_task(Faults(world, plan).play())
        await self._play_trips(world, trips)
        await faults
        await world.calendar.until(until_s)
        await self._come_to_rest(world, invariants)
        for task in watching:
            task.cancel()
        invariants.look()
        invariants.once()
        self._result.settled, self._result.refusals = staff.settled, staff.refusals

    async def _look(self, invariants: Invariants) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            invariants.look()

    async def _play_trips(self, world: World, trips: list[Trip]) -> None:
        for trip in trips:
            await world.calendar.until(trip.booked_at_s)
            car = self._free_car(world)
            if car is None:
                world.story.count("no car to book")
                continue
            task = asyncio.create_task(self._trip(world, trip, car))
            self._people.add(task)
            task.add_done_callback(self._people.discard)
        while self._people:
            done, _ = await asyncio.wait(self._people, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    def _free_car(self, world: World) -> BookedCar | None:
        for vin in sorted(world.known_cars.keys() - self._taken):
            place = world.tower.where_is(vin)
            if place is not None and place.kind is PlaceKind.SLOT:
                self._taken.add(vin)
                return world.known_cars[vin]
        return None

    async def _trip(self, world: World, trip: Trip, car: BookedCar) -> None:
        collecting = Collecting(world, trip, car)
        collecting.book()
        record = await collecting.play()
        self._result.records.append(record)
        self._result.manners[record.who] = trip.manner
        if record.ending == "drove off":
            await world.calendar.sleep(trip.out_s)
            returning = await Returning(world, trip, car, collecting.booked).play()
            self._result.records.append(returning)
        # The reservation's window has to be over before the car is booked again.
        await world.calendar.until(trip.ends_at_s + HOUR_S)
        self._taken.discard(car.vin)

    async def _come_to_rest(self, world: World, invariants: Invariants) -> None:
        world.story.tell("world", "all faults are over")
        world.tower.act(world.tower.sensors.heal)
        began_s = self._loop.time()
        while unrest := invariants.unrest():
            if self._loop.time() - began_s > SETTLING_S_MAX:
                for what in unrest:
                    world.story.violated("does not come to rest", what)
                return
            await asyncio.sleep(LOOK_S)

    def _collect(self, world: World) -> None:
        result, story = self._result, world.story
        result.problems += story.problems
        result.trace = story.trace
        result.counts = story.counts
        result.boots = world.controller.boots
        result.jobs = sum(world.tower.jobs_started(n) for n in world.tower.plant.lifts)
        result.calendar_s = world.calendar.now_s()
        result.last_minutes = story.last(900.0)


async def _leap_over_quiet_hours(world: World) -> None:
    """For ever: an hour in which nobody comes and nothing is broken need not be lived through."""
    quiet = 0
    while True:
        await asyncio.sleep(GLANCE_S)
        quiet = quiet + 1 if world.quiet() else 0
        next_s = world.calendar.next_s()
        if quiet < QUIET_GLANCES or next_s is None:
            continue
        if next_s - LIVED_BEFORE_S > world.calendar.now_s() + LIVED_BEFORE_S:
            world.calendar.leap_to(next_s - LIVED_BEFORE_S)
            quiet = 0
