"""One run: a seed, so many days, and what came of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.swarm.collecting import Collecting
from benchmarks.swarm.endings import Verdict, judge_visits
from benchmarks.swarm.faults import Faults
from benchmarks.swarm.identity import Errors
from benchmarks.swarm.invariants import FlowFailures, Invariants
from benchmarks.swarm.overdue import Overdue
from benchmarks.swarm.plan import Options, Plan, draw_plan
from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.rest import unrest
from benchmarks.swarm.returning import Returning
from benchmarks.swarm.staff import Staff
from benchmarks.swarm.traffic import DAY_S, HOUR_S, Manner, Trip
from benchmarks.swarm.waiting import who_waits
from benchmarks.swarm.world import World, make_world
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.plant.car import PlaceKind
from hardware_sim.virtual.libraries import sealed_libraries
from hardware_sim.virtual.loop import Livelock, Stalled, VirtualLoop

LOOK_S = 30.0
HEARD_OF_S = 120.0
"""After this a tower whose cloud is well has heard of a booking."""
SWAP_WITHIN_S = 7200.0
SWAPS_FROM = 10_000
"""The second customer of a swap is the first one, under a number of their own."""
LEFT_OVER_S_MAX = 2 * DAY_S
"""Lived through beyond the days of the plan; then what does not end has to be seen."""
GLANCE_S = 10.0
QUIET_GLANCES = 6
LIVED_BEFORE_S = 60.0
"""So long before anybody comes, or anything breaks, the tower is lived through."""


@dataclass
class Result:
    """What came of it."""

    options: Options
    plan: Plan
    trace: str = ""
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    records: list[Record] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    """One of each visit; empty when the run was broken off."""
    jobs: int = 0
    boots: int = 0
    commits: int = 0
    """Of the journal, since the stock was entered."""
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


def run_seed(options: Options, directory: Path, plan: Plan | None = None) -> Result:
    """Play one seed, or a plan, to its end in a directory of its own."""
    plan = draw_plan(options) if plan is None else plan
    result = Result(options, plan)
    began_s = time.perf_counter()
    loop = VirtualLoop(seed=options.seed)
    gc.collect()
    gc.disable()
    try:
        with sealed_libraries(), _quiet():
            loop.run(_Run(loop, result, directory).play())
    except (Stalled, Livelock) as error:
        result.problems.append(f"{type(error).__name__}: {error}")
    finally:
        gc.enable()
    result.wall_s = time.perf_counter() - began_s
    result.simulated_s = loop.time()
    return result


@contextmanager
def _quiet() -> Iterator[None]:
    """What fails is written into the story; nothing else belongs on the screen."""
    loggers = [logging.getLogger(name) for name in ("vendtower", "firmware_bridge")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.propagate = propagate


class _Run:
    def __init__(self, loop: VirtualLoop, result: Result, directory: Path) -> None:
        self._loop = loop
        self._options = result.options
        self._plan = result.plan
        self._result = result
        self._directory = directory
        self._people: set[asyncio.Task[None]] = set()
        self._taken: set[str] = set()
        self._stock_commits = 0
        self._world: World

    async def play(self) -> None:
        options = self._options
        errs = Errors()
        self._world = world = await make_world(
            self._loop,
            options.site,
            self._directory,
            seed=options.seed,
            errors=Errors(
                errs.unread_code * options.camera_errs,
                errs.right_person_refused * options.camera_errs,
            ),
            cars=options.cars,
            tier=options.tier,
            list_age_h=options.list_age_h,
            boards=options.boards,
        )
        failures = FlowFailures(world)
        logging.getLogger("vendtower").addHandler(failures)
        try:
            await self._until_violated(world, asyncio.create_task(self._days(world)))
        finally:
            logging.getLogger("vendtower").removeHandler(failures)
            self._collect(world)

    async def _until_violated(self, world: World, days: asyncio.Task[None]) -> None:
        """The whole run, or as far as its first violation where that is enough."""
        violated = asyncio.Event()
        if self._options.stop_at_first:
            world.story.listeners.append(
                lambda line: violated.set() if line.startswith("VIOLATION") else None
            )
        first = asyncio.create_task(violated.wait())
        limit_s = self._options.days * DAY_S + LEFT_OVER_S_MAX
        await asyncio.wait([days, first], timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if not (days.done() or violated.is_set()):
            detail = f"after {limit_s / HOUR_S:.0f} h; {'; '.join(who_waits())}"
            world.story.violated("somebody is at it for ever", detail)
        first.cancel()
        if days.done():
            days.result()
        else:
            days.cancel()

    async def _days(self, world: World) -> None:
        invariants = Invariants(world)
        staff = Staff(world, random.Random(f"staff {self._options.seed}"))
        world.controller.boot()
        await world.load_stock()
        invariants.cars.armed = True
        self._stock_commits = world.controller.disk.commits
        watching = [
            asyncio.create_task(staff.keep_watch()),
            asyncio.create_task(
                Overdue(world, random.Random(f"parts {self._options.seed}")).keep_watch()
            ),
            asyncio.create_task(self._look(invariants)),
            asyncio.create_task(invariants.watch()),
            *([asyncio.create_task(_leap_over_quiet_hours(world))] if self._options.leap else []),
        ]
        faults = asyncio.create_task(Faults(world, list(self._plan.faults)).play())
        await self._play_trips(world, self._plan.trips)
        await faults
        await world.calendar.until(self._options.days * DAY_S)
        await self._come_to_rest(world)
        for task in watching:
            task.cancel()
        invariants.look()
        self._result.records += world.more_records
        invariants.once(self._result.records)
        self._result.verdicts = judge_visits(world, self._result.records)
        self._result.settled, self._result.refusals = staff.settled, staff.refusals

    async def _look(self, invariants: Invariants) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            invariants.look()

    async def _play_trips(self, world: World, trips: Sequence[Trip]) -> None:
        for trip in trips:
            await world.calendar.until(trip.booked_at_s)
            car = self._free_car(world, trip.kiosk)
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

    def _free_car(self, world: World, kiosk: int) -> BookedCar | None:
        """One that stands in the tower, if possible with its key at the customer's kiosk."""
        free = sorted(world.known_cars.keys() - self._taken)
        if world.keys is not None:
            free.sort(key=lambda vin: world.keys_elsewhere(vin, kiosk))
        for vin in free:
            place = world.tower.where_is(vin)
            if place is not None and place.kind is PlaceKind.SLOT:
                self._taken.add(vin)
                return world.known_cars[vin]
        return None

    async def _trip(self, world: World, trip: Trip, car: BookedCar) -> None:
        collecting = Collecting(world, trip, car)
        collecting.book()
        record = collecting.record
        record.began_s = min(trip.arrives_s, trip.starts_at_s)
        record = await collecting.play()
        self._keep(world, record)
        if record.ending == "drove off":
            await world.calendar.sleep(trip.out_s)
            await self._bring_back(world, trip, collecting)
        # The reservation's window has to be over before the car is booked again.
        await world.calendar.until(trip.ends_at_s + HOUR_S)
        self._taken.discard(car.vin)

    async def _bring_back(self, world: World, trip: Trip, collected: Collecting) -> None:
        second = self._second(world, trip, collected) if trip.swaps else None
        if second is not None:
            await world.calendar.sleep(HEARD_OF_S)
        car = collected.car
        record = Record(
            f"driver {trip.number}", car.vin, collected.booked.reservation_id, trip.back.name
        )
        record.began_s = world.calendar.now_s()
        returning = Returning(world, trip.kiosk, record, trip.back, collected.booked.code)
        returning.lays_key, returning.card = trip.lays_key, collected.card
        returning.by_board = trip.by_board
        self._keep(world, await returning.play())
        if second is not None:
            world.story.count("swap")
            second.record.began_s = record.began_s
            self._keep(world, await second.play())
            self._taken.discard(second.car.vin)
            if second.record.ending == "drove off":
                await world.calendar.sleep(trip.out_s)
                await self._bring_back(world, replace(second.trip, swaps=False), second)

    def _second(self, world: World, trip: Trip, first: Collecting) -> Collecting | None:
        """The car that is taken in exchange, booked now; None when there is none to book."""
        car, now_s = self._free_car(world, trip.kiosk), world.calendar.now_s()
        if car is None:
            return None
        swap = replace(
            trip,
            number=SWAPS_FROM + trip.number,
            manner=Manner.PUNCTUAL,
            starts_at_s=now_s,
            arrives_s=now_s,
            ends_at_s=now_s + SWAP_WITHIN_S,
        )
        second = Collecting(world, swap, car)
        second.book(swap_for=first.car.vin)
        return second

    def _keep(self, world: World, record: Record) -> None:
        record.ended_s = world.calendar.now_s()
        self._result.records.append(record)

    async def _come_to_rest(self, world: World) -> None:
        world.story.tell("world", "all faults are over")
        world.tower.act(world.tower.sensors.heal)
        # What the cloud could not tell until now may be a booking whose window is over.
        await world.calendar.until(world.unheard_until_s + HEARD_OF_S)
        if world.keys is not None:
            world.keys.heal_all()
        began_s = self._loop.time()
        while left := unrest(world):
            if self._loop.time() - began_s > self._options.settling_s_max:
                for what in left:
                    world.story.violated("does not come to rest", what)
                return
            await asyncio.sleep(LOOK_S)

    def _collect(self, world: World) -> None:
        result, story = self._result, world.story
        result.problems += story.problems
        result.trace = story.trace
        result.counts = story.counts
        result.boots = world.controller.boots
        result.commits = world.controller.disk.commits - self._stock_commits
        result.jobs = sum(world.tower.jobs_started(n) for n in world.tower.plant.lifts)
        result.calendar_s = world.calendar.now_s()
        result.last_minutes = story.last(900.0)


async def _leap_over_quiet_hours(world: World) -> None:
    """For ever: an hour in which nobody comes and nothing is broken need not be lived through."""
    quiet = 0
    while True:
        await asyncio.sleep(GLANCE_S)
        just_woken = world.calendar.now_s() - world.calendar.woke_s < GLANCE_S
        quiet = quiet + 1 if world.quiet() and not just_woken else 0
        next_s = world.calendar.next_s()
        if quiet < QUIET_GLANCES or next_s is None:
            continue
        if next_s - LIVED_BEFORE_S > world.calendar.now_s() + LIVED_BEFORE_S:
            world.calendar.leap_to(next_s - LIVED_BEFORE_S)
            quiet = 0
