"""A technician orders a street door: it moves at once or never, and the answer comes in time."""

import asyncio
from collections.abc import Callable

import pytest

from firmware_bridge.register_map import MAILBOXES
from hardware_sim.plc.server import Cut
from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.domain.job import Job, JobState
from vendtower.flows import door_order
from vendtower.flows.telling import event_type
from vendtower.ports.journal import Change, JournalFault

pytestmark = pytest.mark.slow

UNKNOWN, NOTHING = "what the door does is not known", "nothing is begun by this order"
ORDERED = event_type("staff", "DoorOrdered")
PLANNED = event_type("job", "JobPlanned")


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


@pytest.mark.parametrize(
    ("state", "moves"),
    [(JobState.PLANNED, False), (JobState.ACCEPTED, True), (JobState.DONE, True)],
    ids=["planned", "accepted", "ended"],
)
async def test_the_answer_comes_when_it_cannot_be_written(
    state: JobState, moves: bool, bench: TowerBench
) -> None:
    """Nobody is told that nothing was changed while the door before them moves."""
    await manual(bench)
    journal = bench.tower.book.journal
    commit = journal.commit

    async def failing(change: Change) -> None:
        if any(job.state is state for job in change.jobs):
            journal.commit = commit  # type: ignore[method-assign]  # as it was
            raise JournalFault("journal: the disk is full; nothing was changed")
        await commit(change)

    journal.commit = failing  # type: ignore[method-assign]  # the wire to the disk is tapped
    why = await ordered(bench, 1)
    assert "the disk is full" in why
    assert ("was asked to move" in why, bool(door_jobs(bench))) == (moves, moves), why
    if moves:
        await bench.until(lambda: bench.door_open(1), "the door was not asked to move")


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


def held_back(bench: TowerBench, what: Callable[[Change], bool]) -> asyncio.Event:
    """The disk keeps whoever writes this waiting until the event is set."""
    journal, goes_on = bench.tower.book.journal, asyncio.Event()
    commit = journal.commit

    async def slow(change: Change) -> None:
        if what(change):
            await goes_on.wait()
        await commit(change)

    journal.commit = slow  # type: ignore[method-assign]  # the wire to the disk is tapped
    return goes_on


async def nothing_is_left(bench: TowerBench) -> None:
    await bench.until(lambda: not bench.tower.door_orders, "an order does not end")


async def test_an_order_that_waits_for_another_door_is_given_up(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody stands ready any more at a door that waited long for its turn."""
    monkeypatch.setattr(door_order, "BEGINS_WITHIN_S", 0.5)
    monkeypatch.setattr(door_order, "ENDS_WITHIN_S", 1.5)
    await manual(bench)
    ends = held_back(bench, lambda change: any(not job.is_open for job in change.jobs))
    first = asyncio.create_task(ordered(bench, 1))
    await bench.until(lambda: bool(door_jobs(bench)), "no door is asked for")
    second = await ordered(bench, 2)
    assert "job 1" in second
    assert "under way, and there is one mailbox" in second
    assert NOTHING in second
    late = await first
    assert "its job has not ended within" in late
    assert "vendtower jobs" in late
    ends.set()
    await nothing_is_left(bench)
    [job] = door_jobs(bench)
    assert job.state is JobState.DONE
    assert await ordered(bench, 2) == "", "whoever orders it again is obeyed"


@pytest.mark.parametrize("what", [ORDERED, PLANNED], ids=["order", "job"])
async def test_an_order_that_waits_for_a_slow_disk_is_given_up(
    what: str, bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_order, "BEGINS_WITHIN_S", 0.3)
    await manual(bench)
    ends = held_back(bench, lambda change: any(each.event_type == what for each in change.events))
    why = await ordered(bench, 1)
    assert "the journal has not taken it within" in why
    assert NOTHING in why
    ends.set()
    await nothing_is_left(bench)
    assert all(job.state is JobState.NEVER_SENT for job in door_jobs(bench))
    assert bench.doors_opened(1) == 0, "a door moves with nobody beside it"
