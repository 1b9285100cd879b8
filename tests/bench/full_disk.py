"""A disk that is full in one moment, and has room again in the next."""

from tests.bench.tower_bench import TowerBench
from vendtower.domain.job import Job, Verb
from vendtower.ports.journal import Change, JournalFault


def full_at_end_of(bench: TowerBench, verb: Verb) -> list[Job]:
    """The first end of such a job cannot be written; that job, once it has happened."""
    bench.expected_failures = True
    journal = bench.tower.book.journal
    commit = journal.commit
    failed: list[Job] = []

    async def full_once(change: Change) -> None:
        ended = [job for job in change.jobs if job.verb is verb and not job.is_open]
        if ended and not failed:
            failed.extend(ended)
            raise JournalFault("the disk is full")
        await commit(change)

    journal.commit = full_once  # type: ignore[method-assign]  # the wire to the disk fails
    return failed
