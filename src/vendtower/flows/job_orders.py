"""A named person ends a movement: after this one, or at once. The car's place is known after both.

*Finish*: the move goes on to its end, and a case holds the car there until somebody says what
follows. *Stop*: the PLC is asked to abort, decides, and stops as it stops for anything else; the
job ends under its own number, and a case asks where the car is. The order's number has to be in the
journal before it is sent; where the journal does not take it at once, the lift's permit is taken
back instead, by which the PLC stops it as well.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vendtower.domain.errors import LocalFault
from vendtower.domain.job import (
    Job,
    JobAccepted,
    JobRefused,
    JobState,
    JobUnanswered,
    StopOrder,
    Verb,
)
from vendtower.domain.machine import LinkState
from vendtower.flows import jobs
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.machine_watch import lend_permits
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

WRITTEN_WITHIN_S = 1.0
"""A lift that is told to stop waits no longer for the journal."""

log = logging.getLogger("vendtower.jobs")


class NotOrdered(Exception):
    """The order cannot be given; the message says why and nothing has changed."""


async def finish_job(tower: Tower, job_id: int, by: str) -> ControlAnswer:
    """Let the job go on to its end, and let nothing follow."""

    def decide() -> Change:
        job = _movement(tower, job_id, by)
        if job.vin is None:
            raise NotOrdered(f"{job} moves no car: nothing follows it anyway")
        if job.last_by:
            raise NotOrdered(f"{job}: {job.last_by} has asked for that already")
        return Change(jobs=(replace(job, last_by=by),), events=(_told(tower, job, "Finish", by),))

    try:
        await tower.book.record(decide)
    except (NotOrdered, LocalFault) as refused:
        return NotDone(str(refused))
    return Done(f"job {job_id} goes on to its end; a case then asks what follows")


async def stop_job(tower: Tower, job_id: int, by: str) -> ControlAnswer:
    """Ask the PLC to stop the job at once; no disk holds that up."""
    orders: list[Job] = []

    def decide() -> Change:
        job = _movement(tower, job_id, by)
        _check_stop(tower, job)
        order = _stop_order(tower, job)
        orders.append(order)
        stop = StopOrder(order.job_id, order.seq, by)
        told = (_told(tower, job, "Stop", by), jobs.job_event(tower, order, "JobPlanned"))
        return Change(jobs=(replace(job, stop=stop), order), events=told)

    async def ask() -> ControlAnswer:
        await tower.book.record(decide)
        written.set()
        return await _ask_to_stop(tower, orders[0], job_id)

    written = asyncio.Event()
    try:
        _check_stop(tower, _movement(tower, job_id, by))
        asking = asyncio.ensure_future(ask())
        asking.add_done_callback(_looked_at)
        if await _in_time(asking, written):
            return await asking
    except JournalFault as fault:
        return _stop_by_permit(tower, job_id, by, str(fault))
    except (NotOrdered, LocalFault) as refused:
        return NotDone(str(refused))
    return _stop_by_permit(tower, job_id, by, "the journal takes long over the order")


async def _in_time(asking: asyncio.Future[ControlAnswer], written: asyncio.Event) -> bool:
    """Whether the order is written, or cannot be, before the lift has gone far."""
    heard = asyncio.ensure_future(written.wait())
    waited: set[asyncio.Future[Any]] = {asking, heard}
    try:
        await asyncio.wait(waited, timeout=WRITTEN_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        heard.cancel()
    return written.is_set() or asking.done()


def _looked_at(asking: asyncio.Future[ControlAnswer]) -> None:
    """What is written late is asked all the same, with nobody there to hear why not."""
    with suppress(asyncio.CancelledError):
        asking.exception()


def _stop_by_permit(tower: Tower, job_id: int, by: str, why: str) -> ControlAnswer:
    job = tower.book.jobs[job_id]
    if not job.is_open:
        return NotDone(f"{job} has ended already: {job.state.value} {job.reason}".rstrip())
    log.warning("job %d is stopped by the permit of its lift, for %s: %s", job_id, by, why)
    tower.permits_withheld[job.mailbox] = job_id
    lend_permits(tower)
    return Done(
        f"the permit of lift {job.mailbox} is taken back, and the PLC stops job {job_id} by that "
        f"({why}); a case then asks where the car is"
    )


def _movement(tower: Tower, job_id: int, by: str) -> Job:
    """The open job of a lift with this number."""
    job = tower.book.jobs.get(job_id)
    if not by.strip():
        raise NotOrdered("a movement is ended by a named person: no name was given")
    if job is None:
        raise NotOrdered(f"job {job_id} does not exist, or ended long ago")
    if not job.is_open:
        raise NotOrdered(f"{job} has ended already: {job.state.value} {job.reason}".rstrip())
    if not job.mailbox or job.verb is Verb.ABORT:
        raise NotOrdered(f"{job} is no movement of a lift")
    return job


def _check_stop(tower: Tower, job: Job) -> None:
    link = tower.plc.link
    if link.state is not LinkState.UP:
        raise NotOrdered(
            f"PLC link {link.state.value}: the PLC cannot be asked; without our heartbeat it "
            "stops by itself"
        )
    before = tower.book.jobs.get(job.stop.job_id) if job.stop is not None else None
    if before is not None and (before.is_open or before.state is JobState.DONE):
        by = job.stop.by if job.stop is not None else ""
        raise NotOrdered(f"{job}: {by} has asked for that already")


def _stop_order(tower: Tower, job: Job) -> Job:
    machine = tower.machine()
    if machine is None:
        raise NotOrdered("the machine's state is not known now; try again")
    return replace(
        job,
        job_id=tower.book.next_job_id(),
        seq=tower.book.next_seq(job.mailbox),
        verb=Verb.ABORT,
        source=None,
        destination=None,
        vin=None,
        deadline_s=tower.site.policies.job_time_margin_s,
        before=jobs.mark_of(machine, job.mailbox),
        state=JobState.PLANNED,
        asked=jobs.moment(tower),
        accepted=None,
        started=None,
        runs=1,
        stop=None,
        last_by="",
    )


async def _ask_to_stop(tower: Tower, order: Job, job_id: int) -> ControlAnswer:
    """Written once, like every job; what was not acknowledged may be asked for again."""
    answer = await tower.plc.ask(order)
    match answer:
        case JobAccepted():
            state, why = JobState.DONE, ""
        case JobRefused(detail=detail):
            state, why = JobState.REFUSED, f"the PLC refuses: {detail}"
        case JobUnanswered(why=why):
            state = JobState.UNKNOWN

    def decide() -> Change:
        known = tower.book.jobs[order.job_id]
        return Change(
            jobs=(known.become(state, why, jobs.moment(tower)),),
            events=(jobs.job_event(tower, order, "JobEnded", f"{state.value} {why}".strip()),),
        )

    try:
        await tower.book.record(decide)
    except JournalFault:
        # What the PLC has answered counts all the same; recovery writes it down.
        tower.to_recover.add(order.job_id)
    if state is JobState.DONE:
        return Done(f"the PLC stops job {job_id}; a case then asks where the car is")
    return NotDone(f"job {job_id} was not stopped: {why}; look at the lift and ask again")


def _told(tower: Tower, job: Job, order: str, by: str) -> NewEvent:
    return tell(
        tower,
        "job",
        f"Job{order}Asked",
        subject=f"job/{job.job_id}",
        correlation_id=job.correlation_id,
        data={"job_id": job.job_id, "vin": job.vin, "by": by},
    )
