"""Whoever has to free a car that hangs in the machine may begin to work at the machine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, watched
from tests.unit.journal.records import case, dropoff, job, vehicle
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.job import JobState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import OnLift, Place, Unsettled
from vendtower.flows import mode_change
from vendtower.flows.controls import Done, NotDone
from vendtower.flows.maintenance import begin_maintenance
from vendtower.ports.journal import Change

BY = "technician on duty"


@pytest.fixture
async def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setattr(mode_change, "PLC_FOLLOWS_S", 0.0)
    async with watched(tmp_path / "journal.sqlite") as bench:
        yield bench


async def on_its_way_in(
    at: Watched, state: CarriageState, where: Place | Unsettled, job_state: JobState
) -> None:
    change = Change(
        dropoffs=(replace(dropoff("d-1"), state=DropoffState.STORING),),
        ledger=(LedgerLine(vehicle("VIN1"), where),),
        carriages=(Carriage("VIN1", state, case_id=1),),
        jobs=(replace(job(1, state=job_state), vin="VIN1"),),
        cases=(replace(case(1), lift=1, job_id=1),),
    )
    await at.tower.book.record(lambda: change)


@pytest.mark.parametrize(
    ("state", "where"),
    [(CarriageState.HALTED, Unsettled()), (CarriageState.ON_LIFT, OnLift(1))],
    ids=["halted", "on the lift"],
)
async def test_a_session_begins_while_it_hangs_there(
    at: Watched, state: CarriageState, where: Place | Unsettled
) -> None:
    await on_its_way_in(at, state, where, JobState.FAILED)
    answer = await begin_maintenance(at.tower, BY, "shuttle is bent", 60)
    assert isinstance(answer, Done), answer


async def test_none_begins_while_a_job_moves_it(at: Watched) -> None:
    await on_its_way_in(at, CarriageState.RETURNING, Unsettled(), JobState.STARTED)
    answer = await begin_maintenance(at.tower, BY, "shuttle is bent", 60)
    assert isinstance(answer, NotDone)
    assert "job 1" in answer.reason
