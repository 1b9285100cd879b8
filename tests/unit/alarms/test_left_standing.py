"""A tower that serves nobody tells why, also where nothing is broken and nobody is at work."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from vendtower.domain.machine import ControlMode, KeySwitch, MachineSnapshot, MachineState
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import ModeChoice, OperatingMode
from vendtower.ports.journal import Change

BY = "technician on duty"
_M = OperatingMode


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


def mode_of_the_plc(machine: MachineSnapshot) -> MachineSnapshot:
    return replace(machine, mode=ControlMode.MANUAL)


def key_left(machine: MachineSnapshot) -> MachineSnapshot:
    return replace(machine, key_switch=KeySwitch.OFF)


def suspended(machine: MachineSnapshot) -> MachineSnapshot:
    return replace(machine, state=MachineState.SUSPENDED)


def held_by_order(machine: MachineSnapshot) -> MachineSnapshot:
    return replace(machine, state=MachineState.HELD)


@pytest.mark.parametrize("left", [mode_of_the_plc, key_left, suspended, held_by_order])
async def test_a_machine_that_does_not_go_on_is_told_after_a_minute(
    at: Watched, left: Callable[[MachineSnapshot], MachineSnapshot]
) -> None:
    at.plc.shown = left(at.plc.shown)
    await at.last(55.0, step_s=5.0)
    assert at.state("C67") == "normal"
    await at.last(20.0, step_s=5.0)
    assert at.state("C67") == "unacknowledged"


@pytest.mark.parametrize(
    "state", [MachineState.STOPPED, MachineState.ABORTED, MachineState.EXECUTE]
)
async def test_what_works_or_has_an_alarm_of_its_own_is_not_told_twice(
    at: Watched, state: MachineState
) -> None:
    at.plc.shown = replace(at.plc.shown, state=state)
    await at.last(120.0, step_s=5.0)
    assert "C67" not in at.codes()


async def test_a_mode_without_customers_is_asked_about_after_half_an_hour(at: Watched) -> None:
    chosen = ModeChoice(_M.SEMI_AUTOMATIC, BY, at.clock.utc())
    await at.tower.book.record(lambda: Change(standing=(chosen,)))
    at.plc.shown = mode_of_the_plc(at.plc.shown)
    await at.last(29 * 60.0, step_s=60.0)
    assert "C67" not in at.codes()
    await at.last(4 * 60.0, step_s=60.0)
    assert at.state("C67") == "unacknowledged"
    alarm = at.alarm("C67")
    assert alarm is not None
    assert BY in alarm.text
    # Whoever works at it says so, and has an end of their own.
    ends = at.clock.utc() + timedelta(hours=1)
    session = MaintenanceSession(1, BY, "rope", NOON, ends, _M.AUTOMATIC)
    await at.tower.book.record(lambda: Change(standing=(session,)))
    await at.last(60.0, step_s=5.0)
    assert at.state("C67") == "returned"


async def test_a_start_that_lasts_is_no_mode_that_somebody_has_forgotten(at: Watched) -> None:
    chosen = ModeChoice(_M.AUTOMATIC, BY, NOON - timedelta(days=3))
    await at.tower.book.record(lambda: Change(standing=(chosen,)))
    at.tower.recovered = False
    await at.last(120.0, step_s=5.0)
    assert "C67" not in at.codes()
