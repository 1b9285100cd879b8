"""Every job that the PLC begins, held against the journal's file."""

from __future__ import annotations

from benchmarks.swarm.car_watch import as_true_place
from benchmarks.swarm.machine_watch import MachineWatch
from benchmarks.swarm.record import WrittenRecord
from benchmarks.swarm.world import World
from hardware_sim.plant.agenda import TruthEvent
from vendtower.domain.case import CaseKind
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.lease import Holder
from vendtower.domain.places import Outside
from vendtower.flows.leasing import leases
from vendtower.ports.journal import Change

BEGUN = {JobState.DONE, JobState.FAILED, JobState.ABORTED}
BROKEN_OFF = {JobState.FAILED, JobState.ABORTED, JobState.UNKNOWN}
NOT_BEGUN = {JobState.REFUSED, JobState.NEVER_SENT}


class JobWatch:
    """Watches the PLC's mailboxes through every life of the controller."""

    def __init__(self, world: World, machine: MachineWatch) -> None:
        self._world = world
        self._machine = machine
        self._record = WrittenRecord(world.machine.directory)
        self._told: set[tuple[str, int]] = set()
        self._planned: set[int] = set()
        self.begun: set[int] = set()
        self._failed: dict[str, int] = {}
        """Car to its movement that broke off, until a person has answered."""
        world.tower.log.listeners.append(self._heard)
        world.controller.changed.append(self._changed)

    def _violated(self, rule: str, job_id: int, detail: str) -> None:
        if (rule, job_id) not in self._told:
            self._told.add((rule, job_id))
            self._world.story.violated(rule, f"job {job_id}: {detail}")

    def _heard(self, event: TruthEvent) -> None:
        if event.what != "job begun":
            return
        job_id = int(event.detail)
        self._world.story.tell(event.subject, f"begins job {job_id}")
        if job_id in self.begun:
            self._violated("a job is executed twice", job_id, f"by {event.subject}")
        self.begun.add(job_id)
        if self._record.job(job_id) is None:
            self._violated(
                "a job is executed that the journal does not have", job_id, event.subject
            )

    def look(self) -> None:
        """What the controller thinks of jobs, against what the PLC does and what is true."""
        inside, plc = self._world.inside, self._world.tower.core.plc
        if inside is None:
            return
        book = inside.book
        for number, lift in (plc.machine.lifts if plc is not None else {}).items():
            known = book.jobs.get(lift.job.words.job_id) if lift.job is not None else None
            if known is not None and not known.is_open and known.state is not JobState.UNKNOWN:
                self._violated(
                    "the journal has ended a job that still runs",
                    known.job_id,
                    f"lift {number}, journal: {known.state.value} {known.reason}",
                )

    def _changed(self, change: Change) -> None:
        self._look_at_failures(change)
        inside = self._world.inside
        for job in change.jobs:
            self._world.story.tell("journal", f"job {job.job_id} is {job.state.value}")
            # A later run takes up what power kept the run before from telling here.
            anew = job.job_id not in self._planned and job.runs == 1
            if job.state is JobState.PLANNED and anew:
                self._planned.add(job.job_id)
                self._look_at_planned(job)
                if inside is not None:
                    self._machine.look_at_planned(inside, job)

    def look_at_leases(self) -> None:
        """Whatever has ended holds nothing any more."""
        inside = self._world.inside
        if inside is None:
            return
        for lease in leases(inside):
            if lease.owner.kind is not Holder.JOB:
                continue
            job = inside.book.jobs.get(int(lease.owner.name))
            if job is not None and not job.is_open:
                self._violated(
                    "a job that has ended still holds something", job.job_id, str(lease.resource)
                )

    def _look_at_failures(self, change: Change) -> None:
        """What failed is a person's question; only their answer lets the car move again."""
        for job in change.jobs:
            if job.vin is None or not job.mailbox:
                continue
            if job.state is JobState.PLANNED and self._is_unanswered(job.vin):
                self._violated(
                    "a movement that failed is asked for again and nobody was asked",
                    job.job_id,
                    f"{job.vin}, after job {self._failed[job.vin]}",
                )
            elif job.state in BROKEN_OFF:
                self._failed[job.vin] = job.job_id
        for case in change.cases:
            if not case.is_open:
                self._failed.pop(case.vin or "", None)
        for line in change.ledger:
            if isinstance(line.where, Outside):
                self._failed.pop(line.vehicle.vin, None)

    def _is_unanswered(self, vin: str) -> bool:
        """Power may have gone between the answer on the disk and the word of it."""
        failed = self._failed.get(vin)
        if failed is None:
            return False
        kinds = {CaseKind.MOVEMENT.value, CaseKind.LEDGER.value}
        about = [each for each in self._record.cases() if each.vin == vin and each.kind in kinds]
        if about and about[-1].settlement is not None:
            del self._failed[vin]
        return vin in self._failed

    def _look_at_planned(self, job: Job) -> None:
        world, job_id = self._world, job.job_id
        cut_s = world.plc_cut_since_s
        unheard_s = 0.0 if cut_s is None else world.loop.time() - cut_s
        allowed_s = world.machine.loaded.site.policies.snapshot_age_s_max
        # One poll's way and a commit on a slow disk lie between the look and here.
        if (
            job.is_open
            and job.mailbox
            and unheard_s > allowed_s + 1.0 + world.controller.disk.slow_s
        ):
            self._violated(
                "a movement is planned on old data", job_id, f"heard {unheard_s:.1f} s ago"
            )
        if job.vin is None:
            return  # a door's job names the bay whose door it is: no car goes there
        to = as_true_place(job.destination)
        for place, car in world.tower.plant.places():
            if place == to and car.vin != job.vin:
                self._violated("a car is sent to where one stands", job_id, f"{car.vin} in {place}")

    def at_end(self) -> None:
        """The journal's last word on each job is what the PLC did."""
        for job in self._record.jobs():
            state = JobState(job.state)
            if job.verb == Verb.ABORT.value:
                continue
            if state in BEGUN and job.job_id not in self.begun:
                self._violated("a job ended that never began", job.job_id, job.state)
            if state in NOT_BEGUN and job.job_id in self.begun:
                self._violated("a job that was begun is called unbegun", job.job_id, job.state)
