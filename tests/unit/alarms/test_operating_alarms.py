"""Places out of service, leases that last too long, and reduced power, as alarms."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from tests.unit.journal.records import vehicle
from tests.unit.web.tower_sample import sample_site
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import PowerSource
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.power import PowerProfile
from vendtower.flows.controls import Done, NotDone
from vendtower.flows.leasing import moving_lifts_max, seen_leases
from vendtower.flows.operator_desk import operate
from vendtower.flows.operator_requests import OrderPower, ReturnToService, TakeOutOfService
from vendtower.ports.journal import Change

BY = "operator on duty"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


@pytest.mark.parametrize("place", [Slot(9), Bay(2), OnLift(1)])
async def test_a_place_out_of_service_is_an_alarm_until_it_returns(
    at: Watched, place: Place
) -> None:
    said = await operate(at.tower, TakeOutOfService(place, "bent rail"), BY)
    assert isinstance(said, Done)
    await at.look(1.0)
    alarm = at.alarm("C47", str(place))
    assert alarm is not None
    assert "bent rail" in alarm.text
    assert BY in alarm.text
    assert at.alarm("C48", str(place)) is None
    await operate(at.tower, ReturnToService(place), BY)
    await at.last(2.0)
    assert not (alarm := at.alarm("C47", str(place))) or not alarm.active


async def test_longer_than_was_said_is_asked_about_and_nothing_returns_by_itself(
    at: Watched,
) -> None:
    until = NOON + timedelta(minutes=10)
    await operate(at.tower, TakeOutOfService(Bay(2), "paint", until), BY)
    await at.look(500.0)
    assert at.alarm("C48", "bay 2") is None
    await at.look(200.0)
    await at.last(32.0, step_s=2.0)
    assert at.state("C48", "bay 2") == "unacknowledged"
    assert Bay(2) in at.tower.book.notes


async def test_a_visit_that_outlasts_its_time_is_told_and_keeps_its_bay(at: Watched) -> None:
    visit = Visit("v-1", "R-1", "VIN1", VisitState.PRESENTED, bay=2)
    await at.tower.book.record(lambda: Change(visits=(visit,)))
    await at.look()
    limit_s = at.tower.site.policies.bay_clear_timeout_s
    await at.look(limit_s - 1.0)
    assert not any(seen.overdue for seen in seen_leases(at.tower))
    await at.look(2.0)
    [seen] = seen_leases(at.tower)
    assert seen.overdue
    await at.last(32.0, step_s=2.0)
    assert at.state("C48", "bay 2") == "unacknowledged"
    # The next phase has a time of its own.
    later = replace(visit, state=VisitState.HANDING_OVER)
    await at.tower.book.record(lambda: Change(visits=(later,)))
    assert not any(seen.overdue for seen in seen_leases(at.tower))


async def test_power_is_reduced_by_the_plc_or_by_order(at: Watched) -> None:
    assert moving_lifts_max(at.tower) is None
    at.plc.shown = replace(at.plc.shown, power_source=PowerSource.BATTERY)
    assert moving_lifts_max(at.tower) == sample_site().power.moves_max_reduced == 1
    await at.last(1.0)
    alarm = at.alarm("C49")
    assert alarm is not None
    assert "battery" in alarm.text
    said = await operate(at.tower, OrderPower(PowerProfile.REDUCED), BY)
    assert isinstance(said, Done)
    at.plc.shown = replace(at.plc.shown, power_source=PowerSource.MAINS)
    assert moving_lifts_max(at.tower) == 1
    assert isinstance(await operate(at.tower, OrderPower(PowerProfile.REDUCED), BY), NotDone)
    assert isinstance(await operate(at.tower, OrderPower(PowerProfile.NORMAL), BY), Done)
    assert moving_lifts_max(at.tower) is None


@pytest.mark.parametrize(
    ("request_", "by", "reason"),
    [
        (TakeOutOfService(Slot(400), "x"), BY, "slot 400 is not in the site file"),
        (TakeOutOfService(Bay(7), "x"), BY, "bay 7 is not in the site file"),
        (TakeOutOfService(OnLift(4), "x"), BY, "lift 4 is not in the site file"),
        (TakeOutOfService(Slot(9), " "), BY, "slot 9: a reason is wanted, none was given"),
        (TakeOutOfService(Slot(9), "x"), " ", "no name was given"),
        (TakeOutOfService(Slot(9), "x", NOON - timedelta(minutes=1)), BY, "expected one after now"),
        (ReturnToService(Slot(9)), BY, "slot 9 is not out of service"),
        (OrderPower(PowerProfile.NORMAL), BY, "power is normal already"),
    ],
)
async def test_what_is_refused_and_why(
    at: Watched,
    request_: TakeOutOfService | ReturnToService | OrderPower,
    by: str,
    reason: str,
) -> None:
    said = await operate(at.tower, request_, by)
    assert isinstance(said, NotDone)
    assert reason in said.reason
    assert not at.tower.book.notes
    assert at.tower.book.power_order is None


async def test_notes_and_the_power_order_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with watched(path) as before:
        until = NOON + timedelta(hours=2)
        await operate(before.tower, TakeOutOfService(OnLift(1), "noise", until), BY)
        await operate(before.tower, OrderPower(PowerProfile.REDUCED), BY)
        note, order = before.tower.book.notes[OnLift(1)], before.tower.book.power_order
    async with watched(path) as after:
        assert after.tower.book.notes == {OnLift(1): note}
        assert after.tower.book.power_order == order
        twice = await operate(after.tower, TakeOutOfService(OnLift(1), "again"), BY)
        assert isinstance(twice, NotDone)
        assert "out of service already: noise" in twice.reason


@pytest.mark.parametrize("place", [OnLift(1), Slot(9), Bay(1)])
async def test_a_lift_beside_an_order_that_it_may_not_do_is_not_idle(
    at: Watched, place: Place
) -> None:
    """Without the note the same tower raises C45 within seconds."""
    visit = Visit("v-1", "R-1", "VIN1", VisitState.VERIFIED, bay=1, arrived_utc=NOON)
    car = LedgerLine(vehicle("VIN1"), Slot(9))
    at.plc.shown = replace(at.plc.shown, occupied_slots=frozenset({9}))
    await at.tower.book.record(lambda: Change(visits=(visit,), ledger=(car,)))
    await operate(at.tower, TakeOutOfService(place, "noise"), BY)
    await at.last(30.0, step_s=1.0)
    assert "C45" not in at.codes()
    await operate(at.tower, ReturnToService(place), BY)
    await at.last(30.0, step_s=1.0)
    assert "C45" in at.codes()
