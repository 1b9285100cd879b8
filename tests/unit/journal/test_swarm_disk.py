"""The disk of the swarm: what a power cut in the midst of a commit leaves, and how commits fail."""

import asyncio
import random
from functools import partial
from pathlib import Path

import pytest

from benchmarks.swarm.journal_disk import CrashPoint, DiskTrouble, JournalDisk, Moment
from hardware_sim.virtual.clock import BEGINNING
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.daemon.wiring import JOURNAL_FILE
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.places import Slot
from vendtower.ports.journal import Change, JournalFault


class Machine:
    """A directory, its disk and one journal after the other on it."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        self.path = directory / JOURNAL_FILE
        self.disk = JournalDisk(directory, random.Random(seed))

    async def boot(self) -> SqliteJournal:
        with self.disk.executor() as executor:
            return await SqliteJournal.open(self.path, executor=executor, utc=lambda: BEGINNING)

    async def slots_noted(self) -> set[int]:
        journal = await self.boot()
        state = await journal.load()
        self.disk.power_cut()
        return {note.place.number for note in state.notes}


def note(slot: int, reason: str = "painted") -> Change:
    return Change(notes=(ServiceNote(Slot(slot), reason, "technician on duty", BEGINNING, None),))


def no_end() -> None:
    """The power goes when the test says so."""


@pytest.mark.parametrize(
    ("moment", "kept"),
    [(Moment.BEFORE, {1}), (Moment.INSIDE, {1}), (Moment.AFTER, {1, 2})],
)
@pytest.mark.parametrize("seed", range(8))
def test_a_power_cut_leaves_all_of_a_commit_or_nothing(
    tmp_path: Path, moment: Moment, kept: set[int], seed: int
) -> None:
    async def script() -> None:
        machine = Machine(tmp_path, seed)
        journal = await machine.boot()
        await journal.commit(note(1))
        told: list[bool] = []
        machine.disk.crash_point = CrashPoint(moment, 1, partial(told.append, True))
        with pytest.raises(JournalFault, match="the power is gone"):
            await journal.commit(note(2, reason="x" * 9000))
        assert told == [True]
        machine.disk.power_cut()
        assert await machine.slots_noted() == kept

    asyncio.run(script())


@pytest.mark.parametrize("seed", range(12))
def test_a_power_cut_in_a_checkpoint_loses_nothing(tmp_path: Path, seed: int) -> None:
    """What is erased with the commit leads to a checkpoint; the log outlives what tears there."""

    async def script() -> None:
        machine = Machine(tmp_path, seed)
        journal = await machine.boot()
        for slot in (1, 2, 3):
            await journal.commit(note(slot, reason="x" * 9000))
        told: list[bool] = []
        machine.disk.crash_point = CrashPoint(Moment.CHECKPOINT, 1, partial(told.append, True))
        await journal.commit(note(4))
        assert told == [], "nothing was erased, so nothing is copied"
        await journal.commit(Change(reservations_gone=("r1",)))
        assert told == [True]
        log = machine.path.with_name(machine.path.name + "-wal")
        machine.disk.power_cut()
        assert log.stat().st_size > 0
        assert await machine.slots_noted() == {1, 2, 3, 4}

    asyncio.run(script())


def test_the_point_counts_commits(tmp_path: Path) -> None:
    async def script() -> None:
        machine = Machine(tmp_path)
        journal = await machine.boot()
        machine.disk.crash_point = CrashPoint(Moment.AFTER, 3, no_end)
        await journal.commit(note(1))
        await journal.commit(note(2))
        with pytest.raises(JournalFault):
            await journal.commit(note(3))
        machine.disk.power_cut()
        assert await machine.slots_noted() == {1, 2, 3}

    asyncio.run(script())


def test_a_full_disk_refuses_and_is_mended(tmp_path: Path) -> None:
    async def script() -> None:
        machine = Machine(tmp_path)
        journal = await machine.boot()
        machine.disk.trouble = DiskTrouble.FULL
        with pytest.raises(JournalFault, match="the disk is full; free space on it"):
            await journal.commit(note(1))
        assert machine.disk.free_bytes == 0
        machine.disk.trouble = None
        await journal.commit(note(2))
        machine.disk.power_cut()
        assert await machine.slots_noted() == {2}

    asyncio.run(script())


def test_a_failed_disk_is_not_believed_until_the_file_is_read_anew(tmp_path: Path) -> None:
    async def script() -> None:
        machine = Machine(tmp_path)
        journal = await machine.boot()
        machine.disk.trouble = DiskTrouble.FAILS
        with pytest.raises(JournalFault, match="what reached the disk is not known"):
            await journal.commit(note(1))
        machine.disk.trouble = None
        with pytest.raises(JournalFault, match="restart the daemon"):
            await journal.commit(note(2))
        machine.disk.power_cut()
        assert 2 not in await machine.slots_noted()

    asyncio.run(script())
