"""A brake test that is due bars the next job; it is no stop that somebody has to reset."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, quiet_machine, watched
from tests.unit.journal.records import case
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.machine import MachineCommand, MachineState, PcLink
from vendtower.flows.case_answers import Particulars
from vendtower.flows.cases import settle
from vendtower.flows.controls import Done
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.machine_watch import wanted_command
from vendtower.flows.service import hindrances
from vendtower.ports.journal import Change

BY = "technician on duty"
DUE = frozenset({"brake_test"})


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as bench:
        bench.plc.shown = replace(quiet_machine(), safety_faults=DUE)
        yield bench


def stands(at: Watched, state: MachineState) -> None:
    at.plc.shown = replace(at.plc.shown, state=state)


async def test_the_next_job_waits(at: Watched) -> None:
    assert "safety: brake_test" in hindrances(at.tower)


async def test_a_held_job_may_be_let_go_on(at: Watched) -> None:
    stands(at, MachineState.HELD)
    answer = await MachineDesk(at.tower).command(MachineCommand.UNHOLD, BY)
    assert isinstance(answer, Done), answer


async def test_a_stopped_machine_is_led_on(at: Watched) -> None:
    """The PLC makes the test with an idle machine, and waits for the reset before."""
    stands(at, MachineState.STOPPED)
    assert isinstance(await MachineDesk(at.tower).command(MachineCommand.RESET, BY), Done)
    assert wanted_command(at.tower) is MachineCommand.RESET


async def test_the_latch_of_our_own_silence_is_ended(at: Watched) -> None:
    at.plc.shown = replace(at.plc.shown, pc_link=PcLink.LOST)
    assert wanted_command(at.tower) is MachineCommand.RESET


async def test_a_case_about_a_lift_is_answered(at: Watched) -> None:
    asked = replace(
        case(1), kind=CaseKind.MOVEMENT, choices=(Settlement.CONTINUE,), lift=1, vin=None
    )
    await at.tower.book.record(lambda: Change(cases=(asked,)))
    said = Particulars()
    answer = await settle(at.tower, 1, Settlement.CONTINUE, by=BY, note="", said=said)
    assert isinstance(answer, Done), answer


async def test_beside_a_function_that_has_tripped_nothing_is_led_on(at: Watched) -> None:
    stands(at, MachineState.STOPPED)
    at.plc.shown = replace(at.plc.shown, safety_faults=DUE | {"overspeed"})
    assert not isinstance(await MachineDesk(at.tower).command(MachineCommand.RESET, BY), Done)
    assert wanted_command(at.tower) is None
