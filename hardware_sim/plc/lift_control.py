"""One lift's job in the PLC: its steps, its stop, its hold, and the words that tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import (
    DoneResult,
    JobError,
    JobState,
    JobStep,
    LoadState,
    PlaceKind,
    Verb,
)
from hardware_sim.plc.field import Field
from hardware_sim.plc.mailbox import JobWords, Mailbox
from hardware_sim.plc.retained import LiftRetained
from hardware_sim.plc.routes import Router
from hardware_sim.plc.steps import InnerDoor, LiftView, Step, StepFailedError

STEP_MARGIN_S = 2.0
"""How much longer than computed a step may take before it counts as failed."""

FAULTS = frozenset(
    {JobError.DRIVE_FAULT, JobError.DEADLINE, JobError.DOOR_STUCK, JobError.POSITION_LOST}
)
"""Failures of the machine itself: the lift takes no job until they are reset."""


@dataclass(slots=True)
class RunningJob:
    """A job between its acceptance and its end."""

    words: JobWords
    steps: list[Step]
    begun: bool = False
    expected_s: float = 0.0
    stopping: JobError | None = None
    begins_s: float = 0.0
    """Not before this; until then it is accepted and no more."""
    counted: bool = False
    """Its start is in the count of starts."""

    def places(self) -> set[tuple[int, int]]:
        """The slots and bays that it holds, as (kind, number)."""
        words = self.words
        both = {(words.src_kind, words.src_no), (words.dst_kind, words.dst_no)}
        return {place for place in both if place[0] in {PlaceKind.SLOT, PlaceKind.BAY}}


class LiftControl:
    """Runs at most one job; `job_state`, `job_error` and the done words are what registers show."""

    def __init__(self, view: LiftView, mailbox: Mailbox, retained: LiftRetained) -> None:
        self.view = view
        self.number = view.number
        self.mailbox = mailbox
        self.retained = retained
        self.router = Router(view)
        self.job: RunningJob | None = None
        self.held = False
        self.fault = JobError.NONE
        self.job_state = JobState.NONE
        self.job_error = JobError.NONE
        self.done_seq = 0
        self.done_job = 0
        self.done_result = DoneResult.NONE
        self.begins_after_s = 0.0
        """Fault: so long after its acceptance a job begins."""

    @property
    def _field(self) -> Field:
        return self.view.field

    @property
    def step(self) -> JobStep:
        """What the running job does now."""
        if self.job is None:
            return JobStep.IDLE
        if self.job.stopping is not None:
            return JobStep.STOPPING
        return self.job.steps[0].name if self.job.steps else JobStep.IDLE

    def load_state(self) -> LoadState:
        """Empty, a car on the platform, or a car partly on it."""
        weighed = self._field.number(f"lift{self.number}.load_kg") > 0
        if self._field.loaded(self.number) != weighed:
            return LoadState.UNKNOWN
        if not weighed:
            return LoadState.EMPTY
        return LoadState.CAR if self._field.shuttle_in(self.number) else LoadState.SHIFTED

    def start(self, words: JobWords) -> None:
        """Take a job that has been admitted."""
        self._begin(words, self.router.steps(words))

    def start_raw(self, words: JobWords, step: Step) -> None:
        """Take a raw axis target that has been admitted in maintenance."""
        self._begin(words, [step])

    def _begin(self, words: JobWords, steps: list[Step]) -> None:
        self.job = RunningJob(words, steps, begins_s=self._field.now_s + self.begins_after_s)
        self.job_state = JobState.ACCEPTED
        self.job_error = JobError.NONE
        if not self.begins_after_s:
            self._count(self.job)

    def _count(self, job: RunningJob) -> None:
        if not job.counted:
            job.counted = True
            self.retained.exec_count = (self.retained.exec_count + 1) & 0xFFFF_FFFF
            self._field.note(f"lift {self.number}", "job begun", str(job.words.job_id))

    def abort(self) -> None:
        """The verb abort: acknowledged and no more; the running job ends under its own number."""
        self.stop(JobError.ABORT_REQUESTED)

    def stop(self, error: JobError) -> None:
        """Controlled stop of the running job, if there is one; the first reason stays."""
        if self.job is None or self.job.stopping is not None:
            return
        # What is stopped counts as begun, so that nobody takes it for never begun.
        self._count(self.job)
        self.job.stopping = error
        self.held = False
        self._stand()

    def _stand(self) -> None:
        self._field.stop(self.number)
        for kind, bay in self.job.places() if self.job else ():
            if kind == PlaceKind.BAY:
                self._field.stop_door(bay, "inner")

    def hold(self) -> None:
        """Pause: controlled stop, the job stays."""
        if self.job is not None and self.job.stopping is None and not self.held:
            self.held = True
            self._stand()
            self.job.begun = False
            self.job_state = JobState.HELD

    def unhold(self) -> None:
        """Go on with the same job: its present step begins again from where the lift stands."""
        if self.held:
            self.held = False

    def scan(self) -> None:
        """Let the job go on as far as it can now."""
        job = self.job
        if job is None or self.held:
            return
        if job.stopping is not None:
            if not self._field.moving(self.number):
                self._end(job.stopping)
            return
        if self._field.now_s < job.begins_s:
            self.job_state = JobState.ACCEPTED
            return
        self._count(job)
        self.job_state = JobState.ACTIVE
        try:
            finished = self._run(job)
        except StepFailedError as failure:
            self.stop(failure.error)
            return
        if finished:
            self._end(JobError.NONE)

    def _run(self, job: RunningJob) -> bool:
        while job.steps:
            step = job.steps[0]
            if not job.begun:
                job.expected_s = step.begin(self.view)
                job.begun = True
            if not step.finished(self.view):
                if self._field.now_s >= job.expected_s + STEP_MARGIN_S:
                    door = isinstance(step, InnerDoor)
                    raise StepFailedError(JobError.DOOR_STUCK if door else JobError.DEADLINE)
                return False
            job.steps.pop(0)
            job.begun = False
        return True

    def due_s(self) -> float | None:
        """When the running step has to be looked at although nothing has happened."""
        job = self.job
        if job is None or self.held or job.stopping is not None:
            return None
        if not job.begun:
            return job.begins_s
        if self._field.now_s < job.expected_s:
            return job.expected_s
        return job.expected_s + STEP_MARGIN_S

    def _end(self, error: JobError) -> None:
        if self.job is None:
            return
        words, self.job = self.job.words, None
        self.job_error = error
        if error is JobError.NONE:
            self.job_state = JobState.DONE
            self.retained.cycles += 1
        elif error is JobError.ABORT_REQUESTED:
            self.job_state = JobState.ABORTED
        else:
            self.job_state = JobState.FAILED
        if error in FAULTS:
            self.fault = error
        done = DoneResult.DONE if error is JobError.NONE else DoneResult[error.name]
        self._publish(words.seq, words.job_id, done)

    def _publish(self, seq: int, job_id: int, result: DoneResult) -> None:
        self.done_seq, self.done_job, self.done_result = seq, job_id, result

    def bay_in_use(self) -> int | None:
        """The bay that the running job takes a car from or brings one to."""
        if self.job is None or self.job.words.verb == Verb.PARK:
            return None
        return next((n for kind, n in self.job.places() if kind == PlaceKind.BAY), None)
