"""Visits and the people in them: how long each is waited for, and who is served how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.swarm.record import ToldEvent
from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from vendtower.domain.pickup import ENDED, Visit, VisitState
from vendtower.flows.book import Book

GLANCE_S = 1.0
REST_GLANCE_S = 5.0
"""While the tower is at rest and nothing of it is broken."""
DEPARTED = "com.vendtower.visit.car_departed.v1"
RETURNED = "com.vendtower.car.returned.v1"
TAKEN_IN = "com.vendtower.car.taken_in.v1"
"""What is told of a car that was not on loan."""
NOT_LEFT = "the car has not left within"
"""What a case says whose customer was given up."""
SLACK_S = 300.0
"""A cut line and the reset after it keep a hand-over from seeing that its time is over."""
FORGET_S = 120.0
"""How long a face may be held once its visit is over; the journal says until when it is owed."""


@dataclass
class _Phase:
    """A visit in one state, as this life of the controller shows it."""

    state: VisitState
    since_s: float
    life: int


class VisitWatch:
    """Watches the visits of every life of the controller."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._phases: dict[str, _Phase] = {}
        self._held_since_s: dict[str, float] = {}
        self._told: set[tuple[str, str]] = set()
        self._unasked: dict[int, bool] = {}
        """Bay to whether nobody has spoken for its car since the street door opened."""
        world.tower.log.listeners.append(self._heard)

    def _violated(self, rule: str, about: str, detail: str = "") -> None:
        if (rule, about) not in self._told:
            self._told.add((rule, about))
            self._world.story.violated(rule, f"{about}: {detail}" if detail else about)

    def look(self) -> None:
        """Every second while anything happens."""
        inside = self._world.inside
        if inside is None:
            return
        for visit in list(inside.book.visits.values()):
            known = self._phases.get(visit.visit_id)
            if known is None or known.state is not visit.state:
                self._turned(inside.book, visit, known)
            self._look_at_time(visit)
        self._look_at_faces(inside.book)

    def _turned(self, book: Book, visit: Visit, before: _Phase | None) -> None:
        now_s, life = self._world.loop.time(), self._world.controller.boots
        self._phases[visit.visit_id] = _Phase(visit.state, now_s, life)
        if before is None and visit.state is VisitState.EXPECTED:
            return
        where = "visit" if visit.bay is None else f"bay {visit.bay}"
        self._world.story.tell(where, f"visit of {visit.vin}: {visit.state.value}")
        if visit.state is VisitState.HANDING_OVER:
            self._look_at_withdrawal(visit)
        if before is None or before.state is not VisitState.HANDING_OVER:
            return
        if visit.state is VisitState.DEPARTED and visit.bay is not None:
            self._look_at_door(visit.bay, visit.vin)
        if visit.state is VisitState.REFERRED_TO_STAFF:
            self._look_at_patience(book, visit, now_s - before.since_s)

    def _look_at_withdrawal(self, visit: Visit) -> None:
        """Until the hand-over begins, a withdrawal keeps the car inside."""
        if self._world.cloud.state.tower_of(None).log.heard_withdrawn(visit.reservation_id):
            self._violated("a withdrawn reservation is served", visit.reservation_id, visit.vin)

    def _look_at_door(self, bay: int, vin: str) -> None:
        if not self._world.tower.sensors.number("tower.fire_ok"):
            return  # the PLC has released the exits
        if not self._world.bay(bay).outer.closed(self._world.tower.plant.now_s):
            self._violated("a departure ends with its street door open", f"bay {bay}", vin)

    def _look_at_patience(self, book: Book, visit: Visit, lasted_s: float) -> None:
        """A restart begins the time anew, so that it is never shorter than the site's."""
        limit_s = self._world.machine.loaded.site.policies.bay_clear_timeout_s
        gave_up = any(
            case.visit_id == visit.visit_id and NOT_LEFT in case.question
            for case in book.open_cases()
        )
        if gave_up and lasted_s < limit_s - GLANCE_S:
            self._violated(
                "a customer is given up before the time",
                visit.vin,
                f"after {lasted_s:.0f} s of {limit_s:.0f} s",
            )

    def _look_at_time(self, visit: Visit) -> None:
        phase, world = self._phases[visit.visit_id], self._world
        if phase.life != world.controller.boots:
            phase.since_s, phase.life = world.loop.time(), world.controller.boots
        if phase.state is not VisitState.HANDING_OVER or visit.bay is None:
            return
        site = world.machine.loaded.site
        limit_s = 2.0 * site.policies.bay_clear_timeout_s
        limit_s += 2.0 * site.bay(visit.bay).outer_door_travel_s + SLACK_S
        lasted_s = world.loop.time() - phase.since_s
        if lasted_s > limit_s:
            self._violated(
                "a customer is waited for too long",
                visit.vin,
                f"{lasted_s:.0f} s, {limit_s:.0f} s at most",
            )

    def _look_at_faces(self, book: Book) -> None:
        """What the identity process holds of somebody whose visit is over."""
        faces = self._world.pavement.faces
        over = {v.reservation_id for v in book.visits.values() if faces and v.state in ENDED}
        held = faces & over
        now_s = self._world.loop.time()
        self._held_since_s = {each: self._held_since_s.get(each, now_s) for each in sorted(held)}
        for reservation_id, since_s in self._held_since_s.items():
            if now_s - since_s > FORGET_S:
                self._violated("a face is kept after its visit", reservation_id)
        # A refusal that the disk did not take is a try that nobody has counted.
        if not self._world.controller.disk.failed_commits:
            for reservation_id in sorted(self._world.pavement.asked_too_often):
                self._violated("a face is tried beyond the limit", reservation_id)

    # --- at the bay

    def _heard(self, event: TruthEvent) -> None:
        if event.what == "outer door opening":
            self._unasked[int(event.subject.removeprefix("bay "))] = True
        elif event.what == "placed" and " in bay " in event.detail:
            self._unasked[int(event.detail.rpartition(" ")[2])] = False
        elif event.what == "gripped" and " from bay " in event.detail:
            bay = int(event.detail.rpartition(" ")[2])
            asked = self._world.pavement.spoken_for.pop(bay, None) is not None
            if self._unasked.get(bay) and not asked:
                self._violated(
                    "a car is taken from a bay and nobody has said that it is empty",
                    event.detail.split(" ")[0],
                    f"bay {bay}",
                )

    # --- in the end

    def once(self, records: list[Record], events: Sequence[ToldEvent]) -> None:
        """Each reservation was served once at most, and each return was told."""
        served = Counter(
            str(each.data.get("reservation_id")) for each in events if each.event_type == DEPARTED
        )
        for reservation_id, times in served.items():
            if times > 1:
                self._violated("a reservation is served twice", reservation_id, f"{times} times")
        taken = Counter(each.vin for each in records if each.ending == "car taken")
        told = Counter(each.subject for each in events if each.event_type in {RETURNED, TAKEN_IN})
        out_again = self._world.pavement.driven_out + Counter(self._world.carried_out)
        for vin, times in taken.items():
            if told[f"car/{vin}"] < times - out_again[vin]:
                self._violated(
                    "a return is not told", vin, f"{times} taken, {told[f'car/{vin}']} told"
                )
