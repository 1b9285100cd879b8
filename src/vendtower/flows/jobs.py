"""One job of the PLC from the journal's note to its proven end."""

from collections.abc import Callable
from dataclasses import dataclass

from vendtower.domain.job import Fate, Job, JobAccepted, JobFate, JobRefused, JobState, PlcMark
from vendtower.domain.machine import MachineSnapshot, is_paused
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, NewEvent

AUXILIARY = 0
VALID_S = 2.0
"""How old a job may be when the PLC decides about it: a few heartbeats."""


@dataclass(frozen=True)
class Ended:
    """How a job ended, in the journal's words."""

    state: JobState
    reason: str


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
            return Ended(JobState.REFUSED, detail)
        case JobAccepted():
            await note_started(tower, job)
        case _:
            pass
    return await follow(tower, job)


async def follow(tower: Tower, job: Job) -> Ended:
    """Wait until the PLC's words prove how the job ended; it is never written again.

    A line that is down proves nothing: the wait goes on until it is back. With the line up, a
    job that is still not proven after its deadline counts as unknown.
    """
    fate = await _await_fate(tower, job, lambda fate: True)
    if fate.fate is Fate.RUNNING:
        await note_started(tower, job)
        fate = await _await_fate(tower, job, lambda fate: fate.fate is not Fate.RUNNING)
    return _ending(fate)


async def _await_fate(tower: Tower, job: Job, enough: Callable[[JobFate], bool]) -> JobFate:
    """The first fate that is enough. Time without the machine's word does not count as late."""

    def proven() -> JobFate | None:
        fate = tower.plc.fate(job)
        return fate if fate.fate is not Fate.PENDING and enough(fate) else None

    def look() -> JobFate | _Unheard | None:
        machine = tower.machine()
        if machine is None:
            return _Unheard()
        # What waits for a person is not late.
        return proven() or (_Unheard() if is_paused(machine) else None)

    def goes_on() -> bool | None:
        machine = tower.machine()
        waits = machine is None or (is_paused(machine) and proven() is None)
        return None if waits else True

    while True:
        await tower.until(goes_on)
        fate = await tower.until(look, job.deadline_s)
        if isinstance(fate, JobFate):
            return fate
        if fate is None:
            return JobFate(Fate.UNKNOWN, _late(tower.plc.fate(job), job))


class _Unheard:
    """The line is down, its data too old, or the machine paused: nothing is late."""


def _late(fate: JobFate, job: Job) -> str:
    if fate.fate is Fate.RUNNING:
        return f"still running after {job.deadline_s:.0f} s"
    return f"nothing proven after {job.deadline_s:.0f} s"


def _ending(fate: JobFate) -> Ended:
    state = {
        Fate.FINISHED: JobState.DONE,
        Fate.FAILED: JobState.FAILED,
        Fate.REFUSED: JobState.REFUSED,
        Fate.NEVER_TAKEN: JobState.NEVER_SENT,
    }.get(fate.fate, JobState.UNKNOWN)
    return Ended(state, fate.reason)


async def note_started(tower: Tower, job: Job) -> None:
    """Journal that the PLC has taken the job."""

    def decide() -> Change | None:
        if tower.book.jobs[job.job_id].state is not JobState.PLANNED:
            return None
        return Change(
            jobs=(tower.book.jobs[job.job_id].become(JobState.STARTED),),
            events=(job_event(tower, job, "JobStarted"),),
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
