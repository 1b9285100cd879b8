"""What follows from the book is worked out once for each change, and the bell rings for changes."""

from datetime import UTC, datetime
from pathlib import Path

from tests.unit.alarms.watched_tower import watched
from tests.unit.journal.records import job
from vendtower.domain.job import JobState
from vendtower.flows.leasing import leases
from vendtower.flows.memory import JOBS_KEPT
from vendtower.ports.journal import Change


async def test_a_change_makes_it_anew(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book, tower = bench.tower.book, bench.tower
        first = leases(tower)
        assert leases(tower) is first
        numbers = iter(range(10))
        assert [book.derived("n", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
        now = datetime(2026, 5, 4, tzinfo=UTC)
        await book.record(lambda: Change(boot_accepted_utc=now))
        assert book.derived("n", lambda: next(numbers)) == 1


async def test_whoever_changes_a_list_changes_a_copy(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book = bench.tower.book
        assert book.open_visits() is not book.open_visits()
        assert book.open_dropoffs() is not book.open_dropoffs()


async def test_an_outbox_that_did_not_change_rings_no_bell(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book = bench.tower.book
        rings = book.bell.rings
        await book.refresh_outbox()
        assert book.bell.rings == rings


async def test_what_has_long_ended_is_forgotten_and_what_is_open_never(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book = bench.tower.book
        jobs = [job(n, seq=n, state=JobState.FAILED) for n in range(2, JOBS_KEPT + 12)]
        await book.record(lambda: Change(jobs=(job(1, seq=1), *jobs)))
        assert sorted(book.jobs) == [1, *range(11, JOBS_KEPT + 12)]
        assert book.next_job_id() == JOBS_KEPT + 12
