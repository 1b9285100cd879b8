"""The start of the controller: nothing moves before every job found open is proven one way.

The lifts' jobs are taken up by the dispatcher, which follows them as it follows its own. What
nobody else would take up is taken up here: the auxiliary mailbox, and the asking for a stop. So
is what a failing journal leaves without anybody to follow it in the middle of a run.
"""

from vendtower.domain.job import Job, Verb
from vendtower.flows import jobs
from vendtower.flows.auxiliary import clear_mailbox
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def begin_recovery(tower: Tower) -> None:
    """Note what the journal has open, before any flow runs; it holds every movement."""
    tower.to_recover = {job.job_id for job in tower.book.jobs.values() if job.is_open}


async def recover(tower: Tower) -> None:
    """For ever: take up the open jobs that nobody follows and no lift's movement takes up."""
    while True:
        heard, before = tower.bell.rings, set(tower.to_recover)
        # Whoever asks for an auxiliary job holds the lock until its end is written.
        if tower.book.open_job(jobs.AUXILIARY) is not None and not tower.auxiliary.locked():
            async with tower.auxiliary:
                await clear_mailbox(tower)
        for job in _left(tower):
            if job.verb is Verb.ABORT:
                await _end_stop_order(tower, job)
        if tower.to_recover != before:
            tower.bell.ring()
        await tower.changed(heard)


def _left(tower: Tower) -> list[Job]:
    """Open jobs that were left to recovery."""
    return [job for job in tower.book.jobs.values() if job.job_id in tower.to_recover]


async def _end_stop_order(tower: Tower, job: Job) -> None:
    """Whether the PLC took it shows in the job that it was to stop; it moves nothing itself."""
    ended = await jobs.follow(tower, job)
    await tower.book.record(
        lambda: Change(
            jobs=(jobs.ended_job(tower, job, ended),),
            events=(jobs.job_event(tower, job, "JobEnded", ended.words),),
        )
    )
    tower.to_recover.discard(job.job_id)
