"""One movement asked of the PLC: what is asked, and what became of it."""

from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from vendtower.domain.places import Place


class Verb(Enum):
    """What the PLC is asked to do; every verb names an end state."""

    STORE = "store"
    FETCH = "fetch"
    MOVE = "move"
    PARK = "park"
    HOME = "home"
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
    STARTED = "started"
    """The PLC accepted it."""
    DONE = "done"
    FAILED = "failed"
    """The PLC began it and did not finish it."""
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


OPEN_JOB_STATES = frozenset({JobState.PLANNED, JobState.STARTED})


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

    def become(self, state: JobState, reason: str = "") -> "Job":
        """The same job with another state."""
        return replace(self, state=state, reason=reason)

    def __str__(self) -> str:
        way = " -> ".join(str(place) for place in (self.source, self.destination) if place)
        return f"job {self.job_id} ({self.verb.value} {way})"


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
    """What the PLC's words prove of a job."""

    NEVER_TAKEN = "never_taken"
    """The PLC has not consumed it, and will not any more."""
    PENDING = "pending"
    """Nothing is proven yet, and nothing speaks against it: look again."""
    REFUSED = "refused"
    RUNNING = "running"
    FINISHED = "finished"
    """Done as asked."""
    FAILED = "failed"
    """Begun, and ended otherwise."""
    UNKNOWN = "unknown"
    """The words can no longer prove anything; a person inspects."""


@dataclass(frozen=True)
class JobFate:
    """A fate with the PLC's word for it."""

    fate: Fate
    reason: str = ""
    """Result or error name from the PLC contract, or why nothing is known."""
