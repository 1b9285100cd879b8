"""What was committed is loaded again; what failed has changed nothing."""

import itertools
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.journal import records
from tests.unit.journal.opened import InlineExecutor, opened
from tests.unit.journal.records import NOON, event, job, reservation, vehicle, whole_change
from vendtower.adapters.journal_sqlite import DatabaseSettings, SqliteJournal
from vendtower.domain.alarm import AlarmState
from vendtower.domain.delivery import Carriage
from vendtower.domain.job import JobState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Outside, Slot, Unsettled
from vendtower.ports.journal import Change, JournalFault, JournalState

_T = TypeVar("_T")


def unique_lists(
    one: st.SearchStrategy[_T], key: Callable[[_T], object]
) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(one, max_size=4, unique_by=key).map(tuple)


def place_or_car(line: LedgerLine) -> object:
    """The ledger allows one car per place, and one line per car."""
    free = isinstance(line.where, Outside | Unsettled)
    return line.vehicle.vin if free else line.where


ledgers = st.lists(
    records.ledger_lines, max_size=4, unique_by=(place_or_car, lambda line: line.vehicle.vin)
).map(tuple)
changes = st.builds(
    Change,
    visits=unique_lists(records.visits, lambda v: v.visit_id),
    carriages=unique_lists(records.carriages, lambda c: c.vin),
    jobs=unique_lists(records.jobs, lambda j: j.job_id),
    cases=unique_lists(records.cases, lambda c: c.case_id),
    ledger=ledgers,
    dropoffs=unique_lists(records.dropoffs, lambda d: d.bay),
    loans=unique_lists(records.loans, lambda loan: loan.vin),
    reservations=unique_lists(records.reservations, lambda r: r.reservation_id),
    cursor=st.none() | records.words,
    boot_accepted_utc=st.none() | records.moments,
    alarms=unique_lists(records.alarms, lambda a: str(a.key)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes)
async def test_every_record_comes_back(change: Change) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.sqlite"
        async with opened(path, executor=InlineExecutor()) as journal:
            await journal.commit(change)
        async with opened(path, executor=InlineExecutor()) as journal:
            state = await journal.load()
    assert set(state.visits) == set(change.visits)
    assert set(state.carriages) == set(change.carriages)
    assert set(state.jobs) == set(change.jobs)
    assert set(state.cases) == set(change.cases)
    assert set(state.ledger) == set(change.ledger)
    assert {d.dropoff_id: d for d in state.dropoffs} == {d.dropoff_id: d for d in change.dropoffs}
    assert set(state.loans) == set(change.loans)
    assert set(state.reservations) == set(change.reservations)
    standing = {alarm for alarm in change.alarms if alarm.state is not AlarmState.NORMAL}
    assert set(state.alarms) == standing
    assert (state.cursor, state.boot_accepted_utc) == (change.cursor, change.boot_accepted_utc)
    assert state.last_job_id == max((j.job_id for j in change.jobs), default=0)
    assert state.last_case_id == max((c.case_id for c in change.cases), default=0)


async def test_a_new_journal_is_empty(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        assert await journal.load() == JournalState()
        assert await journal.owed_events(10) == ()


async def test_the_last_word_counts(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(whole_change("one"))
        await journal.commit(
            Change(
                jobs=(job(7, state=JobState.DONE),),
                ledger=(LedgerLine(vehicle("VIN1"), Bay(1)),),
                cursor="later",
                boot_accepted_utc=NOON + timedelta(days=1),
            )
        )
        await journal.commit(Change())
        state = await journal.load()
    assert state.jobs == (job(7, state=JobState.DONE),)
    assert {str(line.where) for line in state.ledger} == {"bay 1", "outside"}
    assert state.cursor == "later"
    assert state.boot_accepted_utc == NOON, "the first acceptance is the one that counts"


async def test_cars_may_change_places_in_one_change(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        one, two = vehicle("VIN1"), vehicle("VIN2")
        await journal.commit(Change(ledger=(LedgerLine(one, Slot(1)), LedgerLine(two, OnLift(1)))))
        await journal.commit(Change(ledger=(LedgerLine(one, OnLift(1)), LedgerLine(two, Slot(1)))))
        places = {line.vehicle.vin: line.where for line in (await journal.load()).ledger}
    assert places == {"VIN1": OnLift(1), "VIN2": Slot(1)}


async def test_two_cars_in_one_place_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(ledger=(LedgerLine(vehicle("VIN1"), Slot(1)),)))
        before = await journal.load()
        with pytest.raises(JournalFault, match="contradicts what is in it"):
            await journal.commit(
                Change(
                    carriages=(Carriage("VIN2"),),
                    ledger=(LedgerLine(vehicle("VIN2"), Slot(1)),),
                )
            )
        assert await journal.load() == before


async def test_sequence_numbers_are_those_of_the_youngest_jobs(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(jobs=(job(1, seq=65_535), job(2, mailbox=0, seq=4))))
        await journal.commit(Change(jobs=(job(3, seq=1),)))
        await journal.commit(Change(jobs=(job(1, seq=65_535, state=JobState.DONE),)))
        state = await journal.load()
    assert state.last_seq == {0: 4, 1: 1}
    assert state.last_job_id == 3


async def test_ended_visits_are_loaded_for_a_week(tmp_path: Path) -> None:
    now = NOON
    async with opened(tmp_path / "journal.sqlite", utc=lambda: now) as journal:
        ended = Visit("ended", "r1", "VIN1", VisitState.DEPARTED)
        waiting = Visit("open", "r2", "VIN2")
        await journal.commit(Change(visits=(ended, waiting)))
        now = NOON + timedelta(days=7)
        assert set((await journal.load()).visits) == {ended, waiting}
        now = NOON + timedelta(days=7, seconds=1)
        assert (await journal.load()).visits == (waiting,)


async def test_only_the_last_ended_jobs_are_loaded(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        ended = tuple(job(number, state=JobState.DONE) for number in range(2, 302))
        await journal.commit(Change(jobs=(job(1), *ended)))
        state = await journal.load()
    assert [j.job_id for j in state.jobs] == [1, *range(102, 302)]


class FailingConnection(sqlite3.Connection):
    """Fails at a statement of choice."""

    left: ClassVar[int | None] = None
    """How many statements still succeed; None: all."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        if FailingConnection.left is not None:
            if FailingConnection.left == 0:
                FailingConnection.left = None
                raise sqlite3.OperationalError(f"planted failure at {args[0]}")
            FailingConnection.left -= 1
        return super().execute(*args)


async def fault_at(nth: int, journal: SqliteJournal) -> JournalFault | None:
    """What a commit says whose nth statement fails; None when it has no nth statement."""
    FailingConnection.left = nth
    try:
        await journal.commit(whole_change("second"))
    except JournalFault as fault:
        return fault
    finally:
        FailingConnection.left = None
    return None


async def test_a_failure_at_any_statement_changes_nothing(tmp_path: Path) -> None:
    setup = DatabaseSettings(connection=FailingConnection)
    async with opened(tmp_path / "journal.sqlite", setup) as journal:
        await journal.commit(Change(reservations=(reservation("r-before"),)))
        await journal.commit(replace(whole_change("one"), reservations_gone=()))
        before = await journal.load(), await journal.history(99), await journal.outbox_counts()
        for nth in itertools.count():
            fault = await fault_at(nth, journal)
            if fault is None:
                break
            assert "planted failure" in str(fault)
            assert before == (
                await journal.load(),
                await journal.history(99),
                await journal.outbox_counts(),
            )
        assert nth > 15, "begin, commit, and a statement for every record"
        after = await journal.load()
        assert {r.reservation_id for r in after.reservations} == {"r-one", "r-second"}
        assert len(await journal.history(99)) == 4


async def test_an_event_id_is_used_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(events=(event("e1"),)))
        with pytest.raises(JournalFault, match="nothing was changed"):
            await journal.commit(Change(carriages=(Carriage("VIN1"),), events=(event("e1"),)))
        assert (await journal.load()).carriages == ()


@pytest.mark.parametrize(
    "change",
    [
        Change(carriages=(Carriage("VIN1"),), events=(event("e1", picture=object()),)),
        Change(carriages=(Carriage("VIN1"),), jobs=(job(2**70),)),
        Change(carriages=(Carriage("\ud800"),)),
    ],
    ids=["no JSON", "number too large", "no Unicode"],
)
async def test_what_cannot_be_written_changes_nothing(change: Change, tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        with pytest.raises(JournalFault, match="nothing was changed"):
            await journal.commit(change)
        assert (await journal.load()).carriages == ()


async def test_erased_means_erased(tmp_path: Path) -> None:
    first, second = "Zmlyc3QtcG9ydHJhaXQ=", "c2Vjb25kLXBvcnRyYWl0"
    path = tmp_path / "journal.sqlite"

    def on_disk(words: str) -> bool:
        return any(words.encode() in file.read_bytes() for file in tmp_path.iterdir())

    async with opened(path) as journal:
        await journal.commit(Change(reservations=(reservation("r1", b"first-portrait"),)))
        assert on_disk(first)
        await journal.commit(Change(reservations=(reservation("r1", b"second-portrait"),)))
        assert not on_disk(first)
        assert on_disk(second[:16])
        await journal.commit(Change(reservations_gone=("r1", "unknown")))
        assert not on_disk(second[:16])
        assert (await journal.load()).reservations == ()
