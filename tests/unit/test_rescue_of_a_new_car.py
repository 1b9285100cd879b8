"""A car that the tower does not have yet leaves the ledger with its way in; its rescue goes on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import HandPlc, Watched, quiet_machine, watched
from tests.unit.journal.records import dropoff, job, vehicle
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import CarDroveOut, DropoffState
from vendtower.domain.job import Fate, Job, JobAccepted, JobAnswer, JobFate, JobState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.domain.places import Bay, Outside, Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.flows import rescue
from vendtower.flows.controls import ControlAnswer, Done
from vendtower.flows.dropoff_changes import dropoff_change
from vendtower.flows.homing import home_lift
from vendtower.flows.rescue import StepWord
from vendtower.ports.journal import Change

BY, OTHER, VIN = "technician on duty", "operator on duty", "VIN1"
_S = RescueState


@dataclass
class Homing(HandPlc):
    """A PLC that takes every job and ends it well."""

    async def ask(self, job: Job) -> JobAnswer:
        assert job
        return JobAccepted()

    def fate(self, job: Job) -> JobFate:
        return JobFate(Fate.FINISHED, str(job))


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as bench:
        bench.tower.plc = bench.plc = Homing(bench.clock)
        yield bench


async def record(at: Watched, change: Change) -> None:
    await at.tower.book.record(lambda: change)


async def on_its_way_in(at: Watched, state: DropoffState) -> None:
    """A new car in bay 1; being stored, the line goes down with the car half on the lift."""
    way_in = replace(dropoff("d1"), state=state, new=True)
    change = Change(ledger=(LedgerLine(vehicle(VIN), Bay(1)),), dropoffs=(way_in,))
    way = Carriage(VIN, CarriageState.IN_BAY)
    if state is DropoffState.STORING:
        stores = replace(job(1, state=JobState.STARTED), source=Bay(1), destination=Slot(9))
        change = replace(change, jobs=(stores,))
        way = Carriage(VIN, CarriageState.RETURNING, job_id=1)
        at.plc.link = PlcLink(LinkState.DOWN)
    await record(at, replace(change, carriages=(way,)))


async def begun(at: Watched) -> int:
    assert isinstance(await rescue.begin(at.tower, VIN, 1, "rope", BY), Done)
    return at.tower.book.open_cases()[-1].case_id


async def said(at: Watched, number: int, step: RescueState, **more: object) -> ControlAnswer:
    word = replace(StepWord(step, BY), **more)  # type: ignore[arg-type]  # the test names the fields
    return await rescue.confirm(at.tower, number, word)


async def brought(at: Watched, number: int, where: Bay | Slot | Outside) -> None:
    for step in (_S.ISOLATE, _S.SECURE):
        assert isinstance(await said(at, number, step), Done)
    answer = await said(at, number, _S.BRING, where=where, witness=OTHER)
    assert isinstance(answer, Done), answer


async def ended(at: Watched, number: int) -> None:
    """People out, power back, lift homed."""
    at.plc.link = PlcLink(LinkState.UP)
    for step in (_S.CLEAR, _S.POWER):
        answer = await said(at, number, step)
        assert isinstance(answer, Done), answer
    assert await home_lift(at.tower, 1) is not None
    [over] = at.tower.book.facts(Rescue)
    assert over.state is _S.DONE


@pytest.mark.parametrize("state", [DropoffState.STORING, DropoffState.REFERRED_TO_STAFF])
async def test_one_that_was_brought_out_leaves_the_ledger_and_the_lift_is_homed(
    at: Watched, state: DropoffState
) -> None:
    await on_its_way_in(at, state)
    number = await begun(at)
    await brought(at, number, Outside())
    assert VIN not in at.tower.book.ledger
    await ended(at, number)


@pytest.mark.parametrize("state", [DropoffState.STORING, DropoffState.REFERRED_TO_STAFF])
@pytest.mark.parametrize("where", [Outside(), Slot(9), Bay(2)], ids=str)
async def test_where_it_is_may_be_said_again(
    at: Watched, state: DropoffState, where: Bay | Slot | Outside
) -> None:
    await on_its_way_in(at, state)
    number = await begun(at)
    await brought(at, number, Outside())
    at.plc.link = PlcLink(LinkState.DOWN)
    answer = await said(at, number, _S.BRING, where=where, witness=OTHER)
    assert isinstance(answer, Done), answer
    line = at.tower.book.ledger.line(VIN)
    assert (Outside() if line is None else line.where) == where
    bays = at.plc.shown.bays
    sees = replace(bays[2], presence=True, weight_kg=1800) if where == Bay(2) else bays[2]
    slots = frozenset({9}) if where == Slot(9) else frozenset()
    at.plc.shown = replace(quiet_machine(), bays={**bays, 2: sees}, occupied_slots=slots)
    await ended(at, number)


async def test_one_that_has_driven_out_of_the_bay_it_was_brought_to(at: Watched) -> None:
    await on_its_way_in(at, DropoffState.STORING)
    number = await begun(at)
    await brought(at, number, Bay(1))
    left = at.tower.book.open_dropoff(VIN)
    assert left is not None
    await record(at, dropoff_change(at.tower, left, CarDroveOut(("seen",))))
    assert VIN not in at.tower.book.ledger
    await ended(at, number)


async def test_one_whose_driver_has_driven_it_out_before_anybody_touched_it(at: Watched) -> None:
    """Nothing answers, a driver is with the car; the line is back, and they drive it away."""
    at.plc.link = PlcLink(LinkState.DOWN)
    await on_its_way_in(at, DropoffState.MEASURED)
    number = await begun(at)
    left = at.tower.book.open_dropoff(VIN)
    assert left is not None
    await record(at, dropoff_change(at.tower, left, CarDroveOut(("seen",))))
    answer = await rescue.cancel(at.tower, number, "it has gone", BY)
    assert isinstance(answer, Done), answer
    assert at.tower.book.carriage(VIN).state is CarriageState.GONE
