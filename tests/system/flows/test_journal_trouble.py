"""The journal cannot be written in the middle of a visit: nothing moves, and it goes on after."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tests.bench.tower_bench import TowerBench
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.domain.pickup import VisitState
from vendtower.flows.telling import tell
from vendtower.ports.journal import Change, JournalFault

pytestmark = pytest.mark.slow


async def pragma(bench: TowerBench, sql: str) -> int:
    """Tell SQLite something on the journal's own thread; what it answers."""
    journal = bench.tower.book.journal
    assert isinstance(journal, SqliteJournal)

    def execute() -> int:
        row = journal._connection.execute(f"PRAGMA {sql}").fetchone()
        return int(row[0]) if row else 0

    return await asyncio.get_running_loop().run_in_executor(journal._executor, execute)


async def fill_disk(bench: TowerBench) -> None:
    """No page may be added, and no line of the history fits into those that are there."""
    await pragma(bench, f"max_page_count = {await pragma(bench, 'page_count')}")
    for size in (3000, 800, 200, 50):
        with suppress(JournalFault):
            while True:
                await write_line(bench, size)


async def write_line(bench: TowerBench, size: int) -> None:
    """A line of the history of about so many bytes."""
    tower = bench.tower
    line = tell(
        tower,
        "test",
        "Line",
        subject="test",
        correlation_id=tower.chance.new_id(),
        data={"filler": "x" * size},
        owed=False,
    )
    await tower.book.record(lambda: Change(events=(line,)))


async def free_disk(bench: TowerBench) -> None:
    await pragma(bench, "max_page_count = 100000")


async def forbid(bench: TowerBench) -> None:
    await pragma(bench, "query_only = ON")


async def allow(bench: TowerBench) -> None:
    await pragma(bench, "query_only = OFF")


@pytest.mark.parametrize(
    ("break_it", "mend_it", "said"),
    [(fill_disk, free_disk, "disk is full"), (forbid, allow, "read-only")],
    ids=["full", "read-only"],
)
@pytest.mark.parametrize(
    "stage", [VisitState.EXPECTED, VisitState.VERIFIED], ids=["before", "during"]
)
async def test_nothing_moves_until_it_can_be_written(
    stage: VisitState,
    break_it: Callable[[TowerBench], Awaitable[None]],
    mend_it: Callable[[TowerBench], Awaitable[None]],
    said: str,
    bench: TowerBench,
) -> None:
    bench.expected_failures = True
    customer = await bench.book(25)
    if stage is VisitState.VERIFIED:
        await bench.identify(customer)
        await bench.world.tower.until(lambda: bench.world.tower.plant.lifts[1].car is not None)
    await break_it(bench)
    executed = bench.executed()
    if stage is VisitState.EXPECTED:
        await bench.touch(1)
        bench.people.show_code(1, customer.code)

    async def told() -> bool:
        status = await bench.status()
        return bool(status and any(said in why for why in status["out_of_service_why"]))

    await bench.until(told, "the status does not say why")
    assert bench.executed() == executed
    assert bench.doors_opened(1) == 0
    await mend_it(bench)
    if stage is VisitState.EXPECTED and bench.visit_state(customer) is VisitState.EXPECTED:
        await bench.in_service()
        await bench.identify(customer)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)


async def test_a_cancelled_caller_does_not_let_the_next_decide_on_an_older_book(
    bench: TowerBench,
) -> None:
    book = bench.tower.book
    commit = book.journal.commit
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(change: Change) -> None:
        if change.cursor == "mine":
            writing.set()
            await go_on.wait()
        await commit(change)

    book.journal.commit = slowly  # type: ignore[method-assign]  # the wire to the disk is slowed
    caller = asyncio.create_task(book.record(lambda: Change(cursor="mine")))
    await writing.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    seen: list[str | None] = []
    next_one = asyncio.create_task(book.record(lambda: seen.append(book.cursor)))
    await asyncio.sleep(0)
    go_on.set()
    await next_one
    assert seen == ["mine"]


async def test_a_failed_commit_leaves_memory_as_it_was(bench: TowerBench) -> None:
    book = bench.tower.book
    before = dict(book.visits)
    await forbid(bench)
    with pytest.raises(JournalFault, match="read-only"):
        await book.record(lambda: Change(cursor="never"))
    assert (book.visits, book.cursor == "never") == (before, False)
    await allow(bench)
