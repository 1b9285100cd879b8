"""Nothing follows a movement after which nothing was to follow, however it ended."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import quiet_machine, watched
from tests.unit.journal.records import job, vehicle
from vendtower.domain.case import Settlement
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.job import Fate
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import Slot
from vendtower.flows.case_answers import Particulars
from vendtower.flows.cases import settle
from vendtower.flows.controls import Done
from vendtower.flows.job_orders import finish_job
from vendtower.flows.jobs import Ended
from vendtower.flows.movement import conclude
from vendtower.ports.journal import Change

BY = "technician on duty"


@pytest.mark.parametrize("fate", [Fate.NEVER_TAKEN, Fate.REFUSED])
async def test_one_that_the_plc_never_began_is_not_asked_for_anew(
    tmp_path: Path, fate: Fate
) -> None:
    """The line was away when the job was asked for: `vendtower jobs cancel`, and it comes back."""
    async with watched(tmp_path / "journal.sqlite") as at:
        tower, asked = at.tower, job(1)
        line = LedgerLine(vehicle("VIN1"), Slot(9))
        way = Carriage("VIN1", CarriageState.MOVING, job_id=1)
        change = Change(jobs=(asked,), ledger=(line,), carriages=(way,))
        await tower.book.record(lambda: change)
        at.plc.shown = replace(quiet_machine(), occupied_slots=frozenset({9}))
        assert isinstance(await finish_job(tower, 1, BY), Done)
        await conclude(tower, tower.book.jobs[1], Ended(fate, ""))
        assert tower.book.carriage("VIN1").state is CarriageState.HALTED
        [found] = tower.book.open_cases()
        assert f"nothing was to follow, as {BY} asked" in found.question
        said = Particulars(slot=9)
        answer = await settle(
            tower, found.case_id, Settlement.CAR_IN_SLOT, by=BY, note="", said=said
        )
        assert isinstance(answer, Done)
        assert tower.book.carriage("VIN1").state is CarriageState.IN_SLOT
