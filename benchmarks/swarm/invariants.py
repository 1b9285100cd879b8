"""What must always hold, looked at after every event of the plant, and what must hold in the end.

Everything is recorded here, outside the controller, which cannot swallow it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from math import isinf

from benchmarks.swarm.car_watch import CarWatch
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.hardship_watch import HardshipWatch
from benchmarks.swarm.job_watch import JobWatch
from benchmarks.swarm.key_watch import SLACK_S, KeyWatch
from benchmarks.swarm.machine_watch import MachineWatch
from benchmarks.swarm.record import ToldEvent, WrittenRecord
from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.start_watch import StartWatch
from benchmarks.swarm.told import told_by
from benchmarks.swarm.visit_watch import GLANCE_S, REST_GLANCE_S, VisitWatch
from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import JournalFault

STORY = {
    "gripped",
    "placed",
    "outer door open",
    "outer door closed",
    "outer door opening",
    "outer door closing",
    "person entered",
    "person left",
    "car entered",
    "car left",
    "power off",
    "started",
    "collided",
}
DEPARTED = "com.vendtower.visit.car_departed.v1"
DROVE_OUT = "com.vendtower.dropoff.car_drove_out.v1"
VERIFIED = "com.vendtower.visit.identity_verified.v1"
HANDED_OVER = "com.vendtower.visit.hand_over_started.v1"
UNDER_WAY = {VisitState.HANDING_OVER, VisitState.REFERRED_TO_STAFF}


class Invariants:
    """Watches one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.story = world.story
        self._told = 0
        self._heard = 0
        self._unhandled = 0
        self._sequences: set[int] = set()
        self._closing: set[int] = set()
        """Bays whose street door was sent to close, and was neither shut nor sent back since."""
        self.cars = CarWatch(world)
        self.machine = MachineWatch(world)
        self.jobs = JobWatch(world, self.machine)
        self.visits = VisitWatch(world)
        self.hardships = HardshipWatch(world)
        self.starts = StartWatch(world, self.cars)
        self.keys = None if world.keys is None else KeyWatch(world, world.keys)
        world.tower.log.listeners.append(self._on_truth)
        world.tower.plant.after_event.append(self._after_event)

    def _on_truth(self, event: TruthEvent) -> None:
        if event.what in STORY:
            self.story.tell(event.subject, f"{event.what} {event.detail}".rstrip())
        if event.what == "gripped":
            self._gripped(int(event.subject.removeprefix("lift ")))
        if event.what.startswith("outer door "):
            self._street_door(int(event.subject.removeprefix("bay ")), event.what)

    def _gripped(self, lift: int) -> None:
        car = self.world.tower.plant.lifts[lift].car
        if car is not None and car.occupants_kg:
            self.story.violated("a car is moved with somebody in it", f"{car.vin}, lift {lift}")

    def _street_door(self, bay: int, what: str) -> None:
        if what == "outer door closing":
            self._closing.add(bay)
            return
        if what == "outer door opening" and not (bay in self._closing and self._in_its_way(bay)):
            self._opens(bay)
        self._closing.discard(bay)

    def _in_its_way(self, bay: int) -> bool:
        """The PLC sees somebody, and has to send back a street door that is closing."""
        read = self.world.tower.sensors.number
        return bool(read(f"bay{bay}.person_inside")) or not read(f"bay{bay}.curtain_clear")

    def _opens(self, bay: int) -> None:
        """It opens for a person who was recognised and whose own car stands there, or for staff."""
        car, book = self.world.tower.plant.bays[bay].car, self.world.controller.book
        if book is None or any(d.bay == bay for d in book.open_dropoffs()):
            return
        if self.world.doors_ordered[bay]:
            return  # a technician has ordered it and stands there
        if not self.world.tower.sensors.number("tower.fire_ok"):
            return  # the PLC has released the exits
        for visit in book.visits.values():
            if visit.bay != bay or visit.state not in UNDER_WAY:
                continue
            if car is not None and visit.vin != car.vin:
                continue
            ago_s = self.world.pavement.proven_ago_s(visit.reservation_id)
            if isinf(ago_s):
                self.story.violated("a street door opens for somebody unproven", f"bay {bay}")
            elif visit.state is VisitState.HANDING_OVER and ago_s > self._proof_s_max:
                how = f"bay {bay}: {visit.vin}, {ago_s:.0f} s"
                self.story.violated("a street door opens for somebody proven too long ago", how)
            return
        if any(case.bay == bay for case in book.open_cases()):
            return
        what = f"bay {bay}, {'empty' if car is None else car.vin}"
        self.story.violated("a street door opens for nobody who may", what)

    @property
    def _proof_s_max(self) -> float:
        """So old is a recognition at most on which a street door is opened.

        A hand-over that has begun has its own time, and once more after a restart.
        """
        policies = self.world.machine.loaded.site.policies
        return policies.verification_valid_s + 2.0 * policies.bay_clear_timeout_s + SLACK_S

    def _after_event(self) -> None:
        violations = self.world.tower.violations
        for violation in violations[self._told :]:
            self.story.violated(violation.rule, violation.detail)
        self._told = len(violations)
        self.jobs.look()
        self.cars.look()

    async def watch(self) -> None:
        """For ever: what changes without an event of the plant; seldom, while nothing does."""
        while True:
            inside = self.world.inside
            rests = inside is not None and not (inside.at_work or self.world.troubles)
            await asyncio.sleep(REST_GLANCE_S if rests else GLANCE_S)
            self.machine.look()
            self.visits.look()
            self.hardships.look()

    def look(self) -> None:
        """What is not told by the plant: the cloud's letter box, exceptions that nobody caught."""
        self.jobs.look()
        self.jobs.look_at_leases()
        self.cars.look(anyway=True)
        events = self.world.cloud.store.events
        for event in events[self._heard :]:
            kind = event.event_type.removeprefix("com.vendtower.").removesuffix(".v1")
            self.story.tell("cloud", f"hears {kind}")
            self.story.count(f"event: {kind}")
            if event.sequence in self._sequences:
                self.story.violated("an event comes under two names", f"{kind} {event.sequence}")
            self._sequences.add(event.sequence)
        self._heard = len(events)
        unhandled = self.world.loop.unhandled
        for each in unhandled[self._unhandled :]:
            self.story.violated(
                "an exception that nobody caught", f"{each.process}: {each.error!r}"
            )
        self._unhandled = len(unhandled)

    # --- in the end

    def once(self, records: list[Record]) -> None:
        """At the end: jobs executed as journaled, each event and each departure told once."""
        events = told_by(self.world)
        self.jobs.at_end()
        self.visits.once(records, events)
        self._recognised(events)
        if self.keys is not None:
            self.keys.once(events)
        told = Counter(e.subject for e in events if e.event_type == DEPARTED)
        for subject, times in told.items():
            if times > 1:
                self.story.violated("a departure is told twice", subject)
        drove_off = sum(record.ending == "drove off" for record in records)
        # Whose hand-over had failed drives out of what has become the car's way back.
        left = sum(event.event_type == DROVE_OUT for event in events)
        if sum(told.values()) + left < drove_off:
            self.story.violated(
                "a departure is not told", f"{drove_off} drove off, {sum(told.values())} are told"
            )
        self._delivered()

    def _delivered(self) -> None:
        """Each event came once, in order, and is missing only if the cloud would not have it."""
        cloud = self.world.cloud
        for duplicate in cloud.duplicates:
            if duplicate.content_differs:
                self.story.violated("an event comes twice with other content", str(duplicate))
        if cloud.store.out_of_order:
            self.story.violated("events out of order", str(cloud.store.out_of_order[:3]))
        dead = {e.sequence for e in WrittenRecord(self.world.machine.directory).dead_letters()}
        if dead and not self.story.counts[f"fault: {FaultKind.CLOUD_REJECTS.value}"]:
            self.story.violated("an event that nobody rejects is given up", str(sorted(dead))[:200])
        gaps = cloud.store.gaps(self.world.tower.plant.site.tower_id)
        missing = {number for low, high in gaps for number in range(low, high + 1)} - dead
        if missing:
            self.story.violated("events are missing at the cloud", str(sorted(missing))[:200])

    def _recognised(self, events: Sequence[ToldEvent]) -> None:
        """Who was handed a car stands in the history: by which record, or by whose word."""
        verified = {e.subject: e.data for e in events if e.event_type == VERIFIED}
        for event in events:
            how = verified.get(event.subject, {})
            if event.event_type == HANDED_OVER and not (how.get("record") or how.get("by")):
                self.story.violated("a hand-over of which nobody can say to whom", event.subject)


WAITS_FOR_JOURNAL = " waits for the journal: "
"""What the supervisor says of a flow whose change could not be written, without a traceback."""


class FlowFailures(logging.Handler):
    """Hears of every flow that broke: the supervisor would hide it by starting it again."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever is logged as an error is one, but for what a failed disk has to lead to."""
        error = (record.exc_info or (None, None))[1]
        waits = WAITS_FOR_JOURNAL in record.getMessage()
        if self._world.controller.disk.failed_commits and (waits or _is_of_journal(error)):
            self._world.story.count("a flow fails with the disk")
            return
        told = f"{record.getMessage()}: {error!r}"
        self._world.story.violated("a flow fails", told)


def _is_of_journal(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_of_journal(each) for each in error.exceptions)
    return isinstance(error, JournalFault)
