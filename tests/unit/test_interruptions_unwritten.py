"""What interrupted the tower while the journal could not be written is asked about all the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, watched
from vendtower.domain.interruption import STREET_DOOR, Device, InterruptionState
from vendtower.domain.machine import DoorState
from vendtower.flows.interruptions import InterruptionWatch
from vendtower.flows.modes import open_interruptions
from vendtower.ports.journal import Change, JournalFault


def street_door(at: Watched, door: DoorState) -> None:
    bays = at.plc.shown.bays
    shut = door is DoorState.CLOSED
    bay = replace(bays[1], outer_door=door, outer_locked=shut)
    at.plc.shown = replace(at.plc.shown, bays={**bays, 1: bay})


@pytest.mark.parametrize("found", [DoorState.OPEN, DoorState.CLOSED], ids=["open", "shut"])
async def test_a_street_door_that_opened_for_nobody_while_the_disk_was_full(
    found: DoorState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        watch, journal = InterruptionWatch(at.tower), at.tower.book.journal
        await watch.look()

        async def full(change: Change) -> None:
            raise JournalFault("journal: the disk is full")

        with monkeypatch.context() as disk:
            disk.setattr(journal, "commit", full)
            street_door(at, DoorState.OPEN)
            await watch.look()
        street_door(at, found)
        await watch.look()
        street_door(at, DoorState.CLOSED)
        await watch.look()
        [asked] = open_interruptions(at.tower)
        assert asked.device == Device("door", f"{STREET_DOOR} 1")
        assert asked.state is InterruptionState.GONE
        await watch.look()
        assert len(open_interruptions(at.tower)) == 1
