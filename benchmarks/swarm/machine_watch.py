"""Stops, alarms, cases and sensors: what only a person may end or answer, and whether one did."""

from __future__ import annotations

from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from vendtower.domain.alarm import Alarm, AlarmKey, AlarmState
from vendtower.domain.case import CaseKind
from vendtower.domain.job import Job, Verb
from vendtower.domain.modes import OperatingMode
from vendtower.domain.places import Bay, Slot
from vendtower.flows.leasing import open_lift_jobs
from vendtower.flows.modes import operating_mode
from vendtower.flows.tower import Tower

ASKED_AFTER_S = 90.0
"""A slot's sensor that contradicts the ledger for this long is somebody's question by now."""


class MachineWatch:
    """What the controller may not do by itself."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pressed_s: float | None = None
        self._stopped_s = float("-inf")
        """When the controller last read of a machine whose emergency stop is pressed."""
        self._latched: set[AlarmKey] = set()
        self._alarms: tuple[Alarm, ...] | None = None
        """As they were when they were last looked at: the same ones tell nothing new."""
        self._differs_s: dict[int, float] = {}
        self._told: set[tuple[str, str]] = set()
        world.tower.log.listeners.append(self._heard)

    def _violated(self, rule: str, about: str, detail: str = "") -> None:
        if (rule, about) not in self._told:
            self._told.add((rule, about))
            self._world.story.violated(rule, f"{about}: {detail}" if detail else about)

    def _heard(self, event: TruthEvent) -> None:
        lift_begins = event.what == "job begun" and event.subject.startswith("lift ")
        if lift_begins and self._stopped_s > self._world.led_on_s:
            self._violated(
                "a lift moves after a stop that nobody has led on", event.subject, event.detail
            )

    def look(self) -> None:
        """Every second while anything happens."""
        inside, now_s = self._world.inside, self._world.loop.time()
        machine = None if inside is None else inside.machine()
        if not self._world.tower.plant.estop:
            self._pressed_s = None
        elif self._pressed_s is None:
            self._pressed_s = now_s
        elif inside is not None and machine is not None and inside.plc.read_at_s > self._pressed_s:
            self._stopped_s = now_s
        if inside is None:
            self._differs_s.clear()  # whoever starts anew asks anew
        else:
            self._look_at_alarms(inside)
            self._look_at_slots(inside, now_s)

    def _look_at_alarms(self, inside: Tower) -> None:
        """A latched alarm stands until somebody has acknowledged it by name."""
        if inside.alarms is self._alarms:
            return
        self._alarms = inside.alarms
        standing = {alarm.key for alarm in inside.alarms}
        for key in sorted(self._latched - standing - self._world.acknowledged):
            self._violated("an alarm is gone that nobody has acknowledged", str(key))
        # A word counts for as long as the alarm stands; the next one is another.
        self._world.acknowledged &= standing
        self._latched = {a.key for a in inside.alarms if a.state is AlarmState.LATCHED}

    def _look_at_slots(self, inside: Tower, now_s: float) -> None:
        """Somebody is asked about each slot whose sensor tells another story than the ledger."""
        machine, book = inside.machine(), inside.book
        if machine is None or inside.to_recover or len(book.ledger) == 0:
            self._differs_s.clear()
            return
        disk = self._world.controller.disk
        if operating_mode(inside) is not OperatingMode.AUTOMATIC or disk.trouble is not None:
            self._differs_s.clear()
            return
        if not (self._differs_s or machine.occupied_slots != book.ledger.slots_taken):
            return
        asked = {place for case in book.open_cases() for place in (case.place, *case.places)}
        busy = {place for job in open_lift_jobs(inside) for place in (job.source, job.destination)}
        differ = machine.occupied_slots ^ book.ledger.slots_taken
        open_to_doubt = {Slot(number) for number in differ} - asked - busy
        since_s = self._differs_s
        self._differs_s = {
            place.number: since_s.get(place.number, now_s)
            for place in open_to_doubt
            if isinstance(place, Slot)
        }
        for number, first_s in sorted(self._differs_s.items()):
            if now_s - first_s > ASKED_AFTER_S and not book.open_cases():
                self._violated(
                    "sensors contradict the ledger and nobody is asked", f"slot {number}"
                )

    def look_at_planned(self, inside: Tower, job: Job) -> None:
        """A job that the controller has just planned."""
        if not job.is_open or job.verb is Verb.ABORT:
            return
        if job.mailbox and job.verb is not Verb.HOME:
            self._look_at_case(inside, job)
            self._look_at_others(inside, job)
            self._look_at_size(job)
        if job.verb is Verb.OPEN_OUTER_DOOR and isinstance(job.destination, Bay):
            mechanics = self._world.tower.plant.bays[job.destination.number]
            if not mechanics.inner.closed(self._world.tower.plant.now_s):
                self._violated("a street door is asked to open to the shaft", str(job.destination))

    def _look_at_case(self, inside: Tower, job: Job) -> None:
        for case in inside.book.open_cases():
            about_it = case.lift == job.mailbox and case.job_id != job.job_id
            before = job.asked is not None and case.opened_utc < job.asked.utc
            if about_it and before and case.kind is not CaseKind.RESCUE:
                self._violated(
                    "a lift is sent out while a case holds it",
                    f"job {job.job_id}",
                    f"lift {job.mailbox}, case {case.case_id}",
                )

    def _look_at_others(self, inside: Tower, job: Job) -> None:
        lifts = self._world.tower.plant.site.lifts
        for other in open_lift_jobs(inside):
            bound = other.job_id != job.job_id and other.destination == job.destination
            if bound and other.destination is not None:
                self._violated(
                    "two cars are sent to one place",
                    str(job.destination),
                    f"by jobs {other.job_id} and {job.job_id}",
                )
            shared = lifts[other.mailbox].shaft == lifts[job.mailbox].shaft
            if shared and other.mailbox != job.mailbox:
                self._violated(
                    "two lifts of one shaft have jobs", f"job {job.job_id}", f"and {other.job_id}"
                )

    def _look_at_size(self, job: Job) -> None:
        """What a lift takes from a bay fits where it is sent to."""
        if not isinstance(job.source, Bay) or not isinstance(job.destination, Slot):
            return
        car = self._world.tower.plant.bays[job.source.number].car
        room = self._world.tower.plant.site.slots[job.destination.number].slot_class
        if car is not None and car.height_mm > room.height_mm_max:
            self._violated(
                "a car is sent to where it does not fit",
                car.vin,
                f"{car.height_mm} mm high, {job.destination} takes {room.height_mm_max} mm",
            )
