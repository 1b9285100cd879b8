"""A rescue beside what else asks about its car, or moves it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, quiet_machine, watched
from tests.unit.journal.records import case, job, vehicle
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.job import JobState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.domain.places import Slot
from vendtower.flows import rescue
from vendtower.flows.case_answers import Particulars
from vendtower.flows.cases import settle
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.ports.journal import Change

BY, OTHER = "technician on duty", "operator on duty"
VIN = "VIN1"
STANDS, CRANKED_TO = Slot(9), Slot(12)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as bench:
        line = LedgerLine(vehicle(VIN), STANDS)
        await record(bench, Change(ledger=(line,)))
        sees(bench, STANDS)
        yield bench


def sees(at: Watched, *slots: Slot) -> None:
    occupied = frozenset(slot.number for slot in slots)
    at.plc.shown = replace(quiet_machine(), occupied_slots=occupied)


async def record(at: Watched, change: Change) -> None:
    await at.tower.book.record(lambda: change)


async def begun(at: Watched) -> int:
    assert isinstance(await rescue.begin(at.tower, VIN, 1, "rope", BY), Done)
    return at.tower.book.open_cases()[-1].case_id


async def settled(at: Watched, asked: Case, answer: Settlement) -> ControlAnswer:
    said = Particulars(car=VIN)
    return await settle(at.tower, asked.case_id, answer, by=OTHER, note="", said=said)


async def test_nobody_beside_it_says_where_its_car_was_cranked_to(at: Watched) -> None:
    """The slot shows a car before those who crank it have said so: people are at work there."""
    number = await begun(at)
    unknown = replace(
        case(number + 1),
        kind=CaseKind.LEDGER,
        choices=(Settlement.CAR_IDENTIFIED,),
        vin=None,
        place=CRANKED_TO,
        places=(CRANKED_TO,),
    )
    await record(at, Change(cases=(unknown,)))
    sees(at, CRANKED_TO)
    answer = await settled(at, unknown, Settlement.CAR_IDENTIFIED)
    assert isinstance(answer, NotDone)
    assert f"rescue {number}" in answer.reason
    assert at.tower.book.carriage(VIN).state is CarriageState.HALTED


@pytest.mark.parametrize("kind", [CaseKind.IDENTITY, CaseKind.KEY, CaseKind.HAND_OVER])
async def test_one_that_is_cancelled_leaves_a_question_where_the_car_is(
    at: Watched, kind: CaseKind
) -> None:
    """Another question about its customer is none about the car."""
    await record(at, Change(cases=(replace(case(1), kind=kind),)))
    number = await begun(at)
    assert isinstance(await rescue.cancel(at.tower, number, "it moves again", BY), Done)
    asked = next(c for c in at.tower.book.open_cases() if c.kind is CaseKind.LEDGER)
    assert isinstance(await settled(at, asked, Settlement.PLACES_AGREE), Done)
    assert at.tower.book.carriage(VIN).state is CarriageState.IN_SLOT


@pytest.mark.parametrize("line", LinkState)
async def test_none_begins_for_a_car_that_another_lift_moves(at: Watched, line: LinkState) -> None:
    """The end of that job would find the car where no job can have brought it."""
    moving = replace(job(1, mailbox=2, state=JobState.STARTED), vin=VIN)
    way = Carriage(VIN, CarriageState.MOVING, job_id=1)
    await record(at, Change(jobs=(moving,), carriages=(way,)))
    at.plc.link = PlcLink(line)
    answer = await rescue.begin(at.tower, VIN, 1, "rope", BY)
    assert isinstance(answer, NotDone)
    assert "lift 2" in answer.reason
