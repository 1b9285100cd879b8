"""A technician orders a street door while the PLC's line is cut: the answer comes all the same."""

import asyncio

import pytest

from firmware_bridge.register_map import MAILBOXES
from hardware_sim.plc.server import Cut
from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.domain.job import Job, JobState
from vendtower.ports.journal import Change, JournalFault

pytestmark = pytest.mark.slow

UNKNOWN, NOTHING = "what the door does is not known", "nothing is begun by this order"


def cut_as_the_order_arrives(bench: TowerBench, how: Cut) -> None:
    """The PLC has the order, and nobody hears of it any more."""
    tower = bench.world.tower
    write = tower.write

    def tapped(address: int, values: list[int]) -> bool:
        taken = write(address, values)
        if MAILBOXES[0].address <= address < MAILBOXES[1].address:
            tower.write = write  # type: ignore[method-assign]  # as it was
            bench.spawn(tower.cut_plc_link(how=how))
        return taken

    tower.write = tapped  # type: ignore[method-assign]  # the wire is tapped


async def ordered(bench: TowerBench, bay: int, wanted: str = "open") -> str:
    """Why it was not done; empty when it was."""
    said = await bench.control(f"/api/bays/{bay}/street-door", {"by": STAFF, "wanted": wanted})
    return "" if said["done"] else str(said["reason"])


async def manual(bench: TowerBench) -> None:
    said = await bench.control("/api/mode", {"by": STAFF, "mode": "manual"})
    assert said["done"], said


def door_jobs(bench: TowerBench) -> list[Job]:
    return [job for job in bench.tower.book.jobs.values() if not job.mailbox]


async def line_comes_back(bench: TowerBench) -> None:
    """And what was left to itself ends."""
    await bench.world.tower.server.restore()
    await bench.until(
        lambda: not bench.tower.door_orders and not bench.tower.book.open_jobs(),
        lambda: f"does not end: {bench.tower.book.open_jobs()}",
    )


async def test_the_answer_comes_when_the_end_cannot_be_written(bench: TowerBench) -> None:
    """The door has moved; the disk fails over the word of it."""
    await manual(bench)
    journal = bench.tower.book.journal
    commit = journal.commit

    async def failing(change: Change) -> None:
        if any(job.state is JobState.DONE for job in change.jobs):
            journal.commit = commit  # type: ignore[method-assign]  # as it was
            raise JournalFault("journal: disk I/O error")
        await commit(change)

    journal.commit = failing  # type: ignore[method-assign]  # the wire to the disk is tapped
    assert "disk I/O error" in await ordered(bench, 1)


@pytest.mark.parametrize("how", list(Cut))
async def test_the_answer_comes_while_the_line_is_cut(how: Cut, bench: TowerBench) -> None:
    await manual(bench)
    cut_as_the_order_arrives(bench, how)
    why = await ordered(bench, 1)
    assert "PLC link" in why or "machine data" in why
    assert UNKNOWN in why
    [job] = door_jobs(bench)
    assert job.is_open, "it is known what became of it although nobody hears the PLC"
    # Whoever orders now is refused at once, with the same reason.
    again = await ordered(bench, 1)
    assert "PLC link" in again or "machine data" in again
    await line_comes_back(bench)
    [job] = door_jobs(bench)
    assert not job.is_open


async def test_an_order_that_waited_is_not_taken_up_once_the_line_is_back(
    bench: TowerBench,
) -> None:
    await manual(bench)
    cut_as_the_order_arrives(bench, Cut.BLACK_HOLE)
    first, second = sorted(await asyncio.gather(ordered(bench, 1), ordered(bench, 2)))
    assert {UNKNOWN in first, UNKNOWN in second} == {True, False}
    assert {NOTHING in first, NOTHING in second} == {True, False}
    await line_comes_back(bench)
    assert len(door_jobs(bench)) == 1
