"""While it burns, people are told of a lift or an exit that is not where it should be."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from vendtower.domain.interruption import Device, Interruption, InterruptionState
from vendtower.domain.machine import DoorState
from vendtower.ports.journal import Change

BURNING = Interruption(1, Device("fire", "tower"), NOON)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


async def interrupted(at: Watched, fire: Interruption) -> None:
    await at.tower.book.record(lambda: Change(standing=(fire,)))


def stands(at: Watched, hoist_mm: int, door: DoorState) -> None:
    machine = at.plc.shown
    at.plc.shown = replace(
        machine,
        lifts={n: replace(lift, hoist_position_mm=hoist_mm) for n, lift in machine.lifts.items()},
        bays={n: replace(bay, outer_door=door) for n, bay in machine.bays.items()},
    )


def fire_level_mm(at: Watched) -> int:
    """The sample site names none, so the park level counts."""
    lift = at.tower.site.lift(1)
    assert lift.fire_level is None
    return next(each.height_mm for each in at.tower.site.levels if each.number == lift.park_level)


async def test_a_lift_elsewhere_and_a_closed_exit_are_told_after_a_minute(at: Watched) -> None:
    stands(at, fire_level_mm(at) + 2400, DoorState.CLOSED)
    await interrupted(at, BURNING)
    await at.look(30.0)
    assert at.state("C66", "lift 1") == "normal"
    await at.last(65.0, step_s=5.0)
    assert at.state("C66", "lift 1") == "unacknowledged"
    assert at.state("C66", "bay 1") == "unacknowledged"
    alarm = at.alarm("C66", "lift 1")
    assert alarm is not None
    assert "expected level" in alarm.text


async def test_where_all_is_as_it_should_be_nothing_is_told(at: Watched) -> None:
    stands(at, fire_level_mm(at) + 15, DoorState.OPEN)
    await interrupted(at, BURNING)
    await at.last(120.0, step_s=5.0)
    assert "C66" not in at.codes()


async def test_without_a_fire_nothing_is_expected(at: Watched) -> None:
    stands(at, fire_level_mm(at) + 2400, DoorState.CLOSED)
    await interrupted(at, replace(BURNING, state=InterruptionState.GONE, gone_utc=NOON))
    await at.last(120.0, step_s=5.0)
    assert "C66" not in at.codes()
