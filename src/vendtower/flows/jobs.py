"""One job of the PLC from the journal's note to its proven end."""

from dataclasses import dataclass, replace
from functools import partial

from vendtower.domain.job import (
    Fate,
    Job,
    JobAccepted,
    JobFate,
    JobRefused,
    JobState,
    Moment,
    PlcMark,
)
from vendtower.domain.job_limits import job_limits
from vendtower.domain.machine import MachineSnapshot, is_paused
from vendtower.domain.recovery import (
    ENDED_BY_WORDS,
    STILL_OPEN,
    Ruling,
    journal_says,
    judge,
    sensors_say,
)
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, NewEvent

AUXILIARY = 0
VALID_S = 2.0
"""How old a job may be when the PLC decides about it: a few heartbeats."""


@dataclass(frozen=True)
class Ended:
    """How a job ended: by the PLC's words, and in the journal's."""

    fate: Fate
    reason: str

    @property
    def state(self) -> JobState:
        """What the journal has to say of it."""
        return _ENDINGS.get(self.fate, JobState.UNKNOWN)

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.state.value} {self.reason}".strip()


_ENDINGS = {
    Fate.FINISHED: JobState.DONE,
    Fate.FAILED: JobState.FAILED,
    Fate.ABORTED: JobState.ABORTED,
    Fate.REFUSED: JobState.REFUSED,
    Fate.NEVER_TAKEN: JobState.NEVER_SENT,
}


def mark_of(snapshot: MachineSnapshot, mailbox: int) -> PlcMark:
    """What the PLC shows of a mailbox before a job is planned for it."""
    if mailbox == AUXILIARY:
        return PlcMark(snapshot.boot_id, snapshot.auxiliary.ack_seq, None)
    lift = snapshot.lifts[mailbox]
    return PlcMark(snapshot.boot_id, lift.job.ack_seq, lift.exec_count)


async def run(tower: Tower, job: Job) -> Ended:
    """Ask the PLC for a job that is journaled already, and follow it to its end."""
    answer = await tower.plc.ask(job)
    match answer:
        case JobRefused(detail=detail):
            return Ended(Fate.REFUSED, detail)
        case JobAccepted():
            await _note(tower, job, JobState.ACCEPTED)
        case _:
            pass
    return await follow(tower, job)


async def follow(tower: Tower, job: Job) -> Ended:
    """Wait until the PLC's words prove how the job ended; it is never written again.

    A line that is down proves nothing: the wait goes on until it is back. With the line up, a
    job that stays in one state for longer than its computed deadline counts as unknown.
    """
    now: Fate | None = None
    while True:
        limits = job_limits(tower.book.jobs[job.job_id], tower.site.policies)
        limit_s = limits.of(now)
        fate = await tower.until(partial(_turned, tower, job, now), limit_s)
        if fate is None and _paused(tower):
            # What waits for a person is not late.
            continue
        if fate is None:
            fate = JobFate(Fate.LATE, f"{_stuck(now)} after {limit_s or 0.0:.0f} s")
        now = fate.fate
        current = tower.book.jobs[job.job_id]
        sensors = sensors_say(current, tower.machine())
        verdict = judge(journal_says(current), now, sensors)
        if verdict.ruling not in STILL_OPEN or now in ENDED_BY_WORDS:
            return Ended(now, fate.reason)
        if verdict.ruling is Ruling.FOLLOW:
            tower.to_recover.discard(job.job_id)
            await _note(tower, job, JobState.ACCEPTED if now is Fate.ACCEPTED else JobState.STARTED)


def _turned(tower: Tower, job: Job, seen: Fate | None) -> JobFate | None:
    """What the PLC says of the job now, once that is another thing than before."""
    if not tower.book.jobs[job.job_id].is_open:
        # A person has ended it: its car was brought out by hand.
        fate = JobFate(Fate.UNKNOWN, tower.book.jobs[job.job_id].reason)
    elif tower.machine() is None:
        fate = JobFate(Fate.UNHEARD, "the machine's data is too old")
    else:
        # A stop may have been asked for since, and its words stand in the same mailbox.
        fate = tower.plc.fate(tower.book.jobs[job.job_id])
    return None if fate.fate is seen else fate


def _paused(tower: Tower) -> bool:
    machine = tower.machine()
    return machine is not None and is_paused(machine)


def _stuck(fate: Fate | None) -> str:
    return {
        Fate.ACCEPTED: "accepted and still not begun",
        Fate.RUNNING: "still running",
    }.get(fate or Fate.PENDING, "nothing proven")


async def taken_up(tower: Tower, job: Job) -> Job:
    """Count that another run of the controller follows the job, so that no duration spans two."""

    def decide() -> Change | None:
        known = tower.book.jobs[job.job_id]
        if not known.is_open or known.job_id not in tower.to_recover:
            return None
        return Change(jobs=(replace(known, runs=known.runs + 1),))

    await tower.book.record(decide)
    return tower.book.jobs[job.job_id]


def moment(tower: Tower) -> Moment:
    """Now, on both clocks."""
    return Moment(tower.clock.utc(), tower.clock.monotonic_s())


def ended_job(tower: Tower, job: Job, ended: Ended) -> Job:
    """The job as it has ended now; call it inside ``decide``."""
    return tower.book.jobs[job.job_id].become(ended.state, ended.reason, moment(tower))


_NAMES = {JobState.ACCEPTED: "JobAccepted", JobState.STARTED: "JobStarted"}


async def _note(tower: Tower, job: Job, state: JobState) -> None:
    """Journal that the PLC has taken or begun the job, unless that is known already."""

    def decide() -> Change | None:
        known = tower.book.jobs[job.job_id]
        order = (JobState.PLANNED, JobState.ACCEPTED, JobState.STARTED)
        if not known.is_open or order.index(known.state) >= order.index(state):
            return None
        return Change(
            jobs=(known.become(state, at=moment(tower)),),
            events=(job_event(tower, job, _NAMES[state]),),
        )

    await tower.book.record(decide)


def job_event(tower: Tower, job: Job, name: str, reason: str = "") -> NewEvent:
    """A line for the tower's own history; jobs are nothing the cloud is owed."""
    return tell(
        tower,
        "job",
        name,
        subject=f"job/{job.job_id}",
        correlation_id=job.correlation_id,
        data={
            "job_id": job.job_id,
            "verb": job.verb.value,
            "source": str(job.source or ""),
            "destination": str(job.destination or ""),
            "vin": job.vin,
            "reason": reason,
        },
        owed=False,
    )
