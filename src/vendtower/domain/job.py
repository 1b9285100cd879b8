"""One movement asked of the PLC: what is asked, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, IntEnum

from vendtower.domain.places import Place

ACKNOWLEDGE_MARGIN_S = 1.0
"""How much longer than a job's validity its acknowledgement is awaited."""


class Verb(Enum):
    """What the PLC is asked to do; every verb names an end state."""

    STORE = "store"
    FETCH = "fetch"
    MOVE = "move"
    PARK = "park"
    HOME = "home"
    ABORT = "abort"
    """Controlled stop of the lift's running job, which ends under its own number."""
    OPEN_OUTER_DOOR = "open_outer_door"
    CLOSE_OUTER_DOOR = "close_outer_door"
    RESET_FAULT = "reset_fault"
    """Forget a latched fault of a lift or door that a person has looked at; moves nothing."""


class JobResult(IntEnum):
    """The PLC's answer words (plc contract, results 1-14)."""

    NONE = 0
    ACCEPTED = 1
    BAD_CRC = 2
    PC_NOT_ALIVE = 3
    UNKNOWN_VERB = 4
    BUSY = 5
    FAULTED = 6
    OUT_OF_RANGE = 7
    MODE_OR_PERMIT = 8
    STALE_AT_BOOT = 9
    WRONG_SESSION = 10
    EXPIRED = 11
    INTERLOCK = 12
    LOAD_OR_PROFILE = 13
    SOURCE_OR_DESTINATION = 14


class PlcJobState(Enum):
    """The job word of a lift or of the auxiliary mailbox; the states exclude each other."""

    NONE = "none"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    DONE = "done"
    ABORTED = "aborted"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True)
class JobWord:
    """What one mailbox of the PLC shows of its last and current job."""

    ack_seq: int
    ack_result: int
    ack_job: int
    """0 where the block carries none."""
    state: PlcJobState
    step: str
    error: str
    """Name from the PLC contract, empty when there is none."""
    done_seq: int
    done_job: int
    """0 where the block carries none (the auxiliary mailbox tells by sequence alone)."""
    done_result: int


class JobState(Enum):
    """What the journal says of a job."""

    PLANNED = "planned"
    """Journaled; the PLC may or may not have seen it."""
    ACCEPTED = "accepted"
    """The PLC took it, and was not seen to have begun it."""
    STARTED = "started"
    """The PLC was seen to have begun it."""
    DONE = "done"
    FAILED = "failed"
    """The PLC began it and did not finish it."""
    ABORTED = "aborted"
    """The PLC ended it early because a person asked for that."""
    REFUSED = "refused"
    """The PLC answered, and did not begin it."""
    NEVER_SENT = "never_sent"
    """Proven afterwards: the PLC never consumed its sequence number."""
    UNKNOWN = "unknown"
    """Nobody can tell; a person inspects. It is never repeated."""


@dataclass(frozen=True)
class PlcMark:
    """What the PLC showed of the mailbox when the job was planned; the measure of what came after.

    An acknowledged sequence number that still is the one from before proves, once the PLC echoes
    a newer session, that the job was never taken.
    """

    boot_id: int
    ack_seq: int
    exec_count: int | None
    """Jobs started on that lift since commissioning; None for the auxiliary mailbox."""


OPEN_JOB_STATES = frozenset({JobState.PLANNED, JobState.ACCEPTED, JobState.STARTED})


@dataclass(frozen=True)
class Moment:
    """When something happened: wall time for people, monotonic time for durations."""

    utc: datetime
    monotonic_s: float


@dataclass(frozen=True)
class StopOrder:
    """A person's wish that a job ends early, and the job by which the PLC is asked for it."""

    job_id: int
    """The job with the verb ``ABORT``."""
    seq: int
    by: str


@dataclass(frozen=True)
class Job:
    """One job of one mailbox, as journaled."""

    job_id: int
    """u32, unique for the tower's life."""
    mailbox: int
    """0 auxiliary, else the lift's number."""
    seq: int
    """1..65535, the mailbox's sequence number."""
    verb: Verb
    source: Place | None
    destination: Place | None
    vin: str | None
    expected_weight_kg: int
    expected_height_mm: int
    valid_s: float
    """The PLC refuses the job when it reads it later than this."""
    deadline_s: float
    """Computed duration with its margin, from the moment of acceptance."""
    correlation_id: str
    before: PlcMark
    state: JobState = JobState.PLANNED
    reason: str = ""
    asked: Moment | None = None
    """When it was journaled."""
    accepted: Moment | None = None
    started: Moment | None = None
    ended: Moment | None = None
    runs: int = 1
    """How many runs of the controller have followed it; monotonic times do not span two."""
    stop: StopOrder | None = None
    """A person wants it stopped at once."""
    last_by: str = ""
    """Who wants that nothing follows once it has ended; empty: nobody."""

    @property
    def is_open(self) -> bool:
        """It has not ended so far as the journal knows."""
        return self.state in OPEN_JOB_STATES

    @property
    def is_movement(self) -> bool:
        """It asks for a lift's movement; an abort belongs to the movement that it ends."""
        return self.mailbox != 0 and self.verb is not Verb.ABORT

    @property
    def may_have_reached_out(self) -> bool:
        """The lift's shuttle may have left it on the way between the job's two places."""
        begun = self.state not in {JobState.REFUSED, JobState.NEVER_SENT}
        return self.is_movement and self.source is not None and begun

    def become(self, state: JobState, reason: str = "", at: Moment | None = None) -> "Job":
        """The same job with another state, reached at this moment."""
        changed = replace(self, state=state, reason=reason)
        if state is JobState.ACCEPTED:
            return replace(changed, accepted=self.accepted or at)
        if state is JobState.STARTED:
            return replace(changed, accepted=self.accepted or at, started=self.started or at)
        return changed if state is JobState.PLANNED else replace(changed, ended=self.ended or at)

    def __str__(self) -> str:
        way = " -> ".join(str(place) for place in (self.source, self.destination) if place)
        return f"job {self.job_id} ({self.verb.value} {way})"


def last_movements(jobs: Iterable[Job]) -> dict[int, Job]:
    """Each lift's youngest movement, by the lift's number."""
    return _youngest(job for job in jobs if job.is_movement)


def last_reaches(jobs: Iterable[Job]) -> dict[int, Job]:
    """Each lift's youngest job that may have sent its shuttle out, by the lift's number."""
    return _youngest(job for job in jobs if job.may_have_reached_out)


def _youngest(jobs: Iterable[Job]) -> dict[int, Job]:
    return {job.mailbox: job for job in sorted(jobs, key=lambda job: job.job_id)}


@dataclass(frozen=True)
class JobAccepted:
    """The PLC acknowledged the job; it will run."""


@dataclass(frozen=True)
class JobRefused:
    """The PLC acknowledged the job with a reason not to run it."""

    result: JobResult
    detail: str
    """Result name and, for interlocks, the inhibit names."""


@dataclass(frozen=True)
class JobUnanswered:
    """No acknowledgement was seen: the PLC may or may not have taken it."""

    why: str


JobAnswer = JobAccepted | JobRefused | JobUnanswered


class Fate(Enum):
    """What the PLC's words say of a job now. They exclude each other."""

    UNHEARD = "unheard"
    """The line is down, or what was read last is too old to count."""
    PENDING = "pending"
    """Nothing of it is shown, and a copy of the write may still count: look again."""
    NEVER_TAKEN = "never_taken"
    """The PLC has not consumed it, and will not any more."""
    REFUSED = "refused"
    ACCEPTED = "accepted"
    """Taken, not begun yet."""
    RUNNING = "running"
    HELD = "held"
    """Paused by the PLC; the same job goes on."""
    FINISHED = "finished"
    """Done as asked."""
    ABORTED = "aborted"
    """Begun, and ended early because that was asked."""
    FAILED = "failed"
    """Begun, and ended otherwise."""
    RESTARTED = "restarted"
    """The PLC restarted, and may have begun it before."""
    UNKNOWN = "unknown"
    """The words name another job and prove nothing of this one."""
    LATE = "late"
    """The computed deadline of its present state has passed."""


@dataclass(frozen=True)
class JobFate:
    """A fate with the PLC's word for it."""

    fate: Fate
    reason: str = ""
    """Result or error name from the PLC contract, or why nothing is known."""
