"""A driver waits until the bay is free; what stands in it has to be brought away meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, quiet_machine, watched
from tests.unit.journal.records import dropoff, vehicle
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.job import Verb
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.moves import Move
from vendtower.domain.places import Bay, Place, Slot
from vendtower.flows.leasing import why_not_begun
from vendtower.flows.service import shut_bays
from vendtower.flows.storing import why_not_moved
from vendtower.ports.journal import Change

STANDS, COMES = "VIN1", "VIN2"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as bench:
        in_bay = Carriage(STANDS, CarriageState.IN_BAY)
        change = Change(ledger=(LedgerLine(vehicle(STANDS), Bay(1)),), carriages=(in_bay,))
        await bench.tower.book.record(lambda: change)
        bench.plc.shown = quiet_machine()
        yield bench


def why_not(at: Watched, source: Place, destination: Slot | Bay) -> str:
    move = Move(1, STANDS, source, destination, Verb.STORE, 60.0)
    found = why_not_moved(at.tower, move) or why_not_begun(at.tower, 1, (source, destination))
    return found or ("shut" if Bay(1).number in shut_bays(at.tower) else "")


@pytest.mark.parametrize("state", [DropoffState.EXPECTED, DropoffState.ADMITTED])
async def test_the_car_in_it_goes_while_the_driver_has_not_been_let_in(
    at: Watched, state: DropoffState
) -> None:
    coming = replace(dropoff("d-1", 1, COMES), state=state)
    await at.tower.book.record(lambda: Change(dropoffs=(coming,)))
    assert bool(why_not(at, Bay(1), Slot(9))) is (state is DropoffState.ADMITTED)
    # Nothing is brought into a bay that is kept.
    assert "kept for another car" in why_not(at, Slot(9), Bay(1))
