"""What must always hold, looked at after every event of the plant, and what must hold in the end.

Everything is recorded here, outside the controller, which cannot swallow it.
"""

from __future__ import annotations

import logging

from benchmarks.swarm.story import Story
from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.pickup import VisitState

STORY = {
    "gripped",
    "placed",
    "outer door open",
    "outer door closed",
    "outer door opening",
    "person entered",
    "person left",
    "car entered",
    "car left",
    "power off",
    "started",
    "collided",
}
UNDER_WAY = {VisitState.HANDING_OVER, VisitState.REFERRED_TO_STAFF}


class Invariants:
    """Watches one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.story = world.story
        self._told = 0
        self._heard = 0
        self._unhandled = 0
        world.tower.log.listeners.append(self._on_truth)
        world.tower.plant.after_event.append(self._after_event)

    def _on_truth(self, event: TruthEvent) -> None:
        if event.what in STORY:
            self.story.tell(event.subject, f"{event.what} {event.detail}".rstrip())
        if event.what == "outer door opening":
            self._street_door(int(event.subject.removeprefix("bay ")))

    def _street_door(self, bay: int) -> None:
        """It opens before a car only for whom the journal has it."""
        car, book = self.world.tower.plant.bays[bay].car, self.world.controller.book
        if car is None or book is None:
            return
        for visit in book.visits.values():
            if visit.bay == bay and visit.vin == car.vin and visit.state in UNDER_WAY:
                return
        if any(d.bay == bay and d.vin == car.vin for d in book.dropoffs.values()):
            return
        self.story.violated("a street door opens before a car that nobody may take", f"bay {bay}")

    def _after_event(self) -> None:
        violations = self.world.tower.violations
        for violation in violations[self._told :]:
            self.story.violated(violation.rule, violation.detail)
        self._told = len(violations)

    def look(self) -> None:
        """What is not told by the plant: the cloud's letter box, exceptions that nobody caught."""
        events = self.world.cloud.store.events
        for event in events[self._heard :]:
            kind = event.event_type.removeprefix("com.vendtower.").removesuffix(".v1")
            self.story.tell("cloud", f"hears {kind}")
            self.story.count(f"event: {kind}")
        self._heard = len(events)
        unhandled = self.world.loop.unhandled
        for each in unhandled[self._unhandled :]:
            self.story.violated(
                "an exception that nobody caught", f"{each.process}: {each.error!r}"
            )
        self._unhandled = len(unhandled)

    # --- in the end

    def unrest(self) -> list[str]:
        """What is not yet as it has to be once all faults are healed; empty when all is well."""
        inside = self.world.inside
        if inside is None:
            return ["the controller does not run"]
        book = inside.book
        found = [
            f"job {j.job_id} is {j.state.value}"
            for j in book.jobs.values()
            if j.state in OPEN_JOB_STATES
        ]
        found += [f"case {c.case_id} is open: {c.question}" for c in book.open_cases()]
        found += [
            f"visit of {v.vin} is {v.state.value}"
            for v in book.open_visits()
            if v.state is not VisitState.EXPECTED
        ]
        found += [f"drop-off of {d.vin} is {d.state.value}" for d in book.open_dropoffs()]
        if book.outbox.owed > book.outbox.delivered + book.outbox.dead:
            found.append(f"outbox: {book.outbox}")
        if inside.faults:
            found.append(f"flows have failed: {inside.faults}")
        return found + self._differences()

    def _differences(self) -> list[str]:
        inside = self.world.inside
        assert inside is not None
        found = []
        ledger = {line.vehicle.vin: str(line.where) for line in inside.book.ledger}
        for place, car in self.world.tower.plant.places():
            where = ledger.pop(car.vin, "outside")
            if where != str(place):
                found.append(f"car {car.vin} is {place}, the ledger says {where}")
        found += [f"the ledger has {vin} {w}" for vin, w in ledger.items() if w != "outside"]
        return found

    def once(self) -> None:
        """At the end: the PLC has executed each job once, the cloud has each event once."""
        cloud = self.world.cloud
        for duplicate in cloud.duplicates:
            if duplicate.content_differs:
                self.story.violated("an event comes twice with other content", str(duplicate))
        if cloud.store.out_of_order:
            self.story.violated("events out of order", str(cloud.store.out_of_order[:3]))
        gaps = cloud.store.gaps(self.world.tower.plant.site.tower_id)
        if gaps:
            self.story.violated("events are missing at the cloud", str(gaps)[:200])


class FlowFailures(logging.Handler):
    """Hears of every flow that broke: the supervisor would hide it by starting it again."""

    def __init__(self, story: Story) -> None:
        super().__init__(logging.ERROR)
        self._story = story

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever is logged as an error is one."""
        error = (record.exc_info or (None, None))[1]
        self._story.violated("a flow fails", f"{record.getMessage()}: {error!r}")
