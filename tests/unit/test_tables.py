"""Every state x event pair of both tables, against a matrix written down here."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import get_args

import pytest

from vendtower.domain import delivery as d
from vendtower.domain import pickup as p
from vendtower.domain.delivery import DELIVERY_TABLE, Carriage, CarriageEvent, CarriageState
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.identity import IdentityMethod, IdentityRefusal
from vendtower.domain.pickup import ENDED, PICKUP_TABLE, Visit, VisitEvent, VisitState

PICKUP: dict[VisitState, dict[type, VisitState]] = {
    VisitState.EXPECTED: {
        p.CustomerArrived: VisitState.AT_KIOSK,
        p.WindowClosed: VisitState.EXPIRED,
        p.ReservationCancelled: VisitState.CANCELLED,
    },
    VisitState.AT_KIOSK: {
        p.IdentityVerified: VisitState.VERIFIED,
        p.IdentityRefused: VisitState.EXPECTED,
        p.CustomerLeft: VisitState.EXPECTED,
        p.AttemptsExhausted: VisitState.REFERRED_TO_STAFF,
        p.ReservationCancelled: VisitState.CANCELLED,
    },
    VisitState.VERIFIED: {
        p.CarPresented: VisitState.PRESENTED,
        p.DeliveryFailed: VisitState.REFERRED_TO_STAFF,
        p.ReservationCancelled: VisitState.CANCELLED,
    },
    VisitState.PRESENTED: {
        p.HandOverStarted: VisitState.HANDING_OVER,
        p.ReservationCancelled: VisitState.CANCELLED,
    },
    VisitState.HANDING_OVER: {
        p.CarDeparted: VisitState.DEPARTED,
        p.BayNotCleared: VisitState.REFERRED_TO_STAFF,
    },
    VisitState.REFERRED_TO_STAFF: {
        p.CarDeparted: VisitState.DEPARTED,
        p.StaffResumedVisit: VisitState.EXPECTED,
        p.StaffClosedVisit: VisitState.CLOSED_BY_STAFF,
    },
    VisitState.DEPARTED: {},
    VisitState.EXPIRED: {},
    VisitState.CANCELLED: {},
    VisitState.CLOSED_BY_STAFF: {},
}
DELIVERY: dict[CarriageState, dict[type, CarriageState]] = {
    CarriageState.IN_SLOT: {d.RetrievalOrdered: CarriageState.ORDERED},
    CarriageState.ORDERED: {
        d.OrderWithdrawn: CarriageState.IN_SLOT,
        d.MoveStarted: CarriageState.MOVING,
    },
    CarriageState.MOVING: {
        d.RetrievalRefused: CarriageState.ORDERED,
        d.ContinuationRefused: CarriageState.ON_LIFT,
        d.MovedToBay: CarriageState.IN_BAY,
        d.MoveHalted: CarriageState.HALTED,
    },
    CarriageState.IN_BAY: {
        d.ReturnStarted: CarriageState.RETURNING,
        d.DroveOut: CarriageState.GONE,
        d.MoveHalted: CarriageState.HALTED,
    },
    CarriageState.RETURNING: {
        d.ReturnRefused: CarriageState.IN_BAY,
        d.ContinuationRefused: CarriageState.ON_LIFT,
        d.MovedToSlot: CarriageState.IN_SLOT,
        d.MoveHalted: CarriageState.HALTED,
    },
    CarriageState.ON_LIFT: {
        d.MoveStarted: CarriageState.MOVING,
        d.ReturnStarted: CarriageState.RETURNING,
    },
    CarriageState.HALTED: {
        d.StaffConfirmedOnLift: CarriageState.ON_LIFT,
        d.StaffConfirmedInSlot: CarriageState.IN_SLOT,
        d.StaffConfirmedInBay: CarriageState.IN_BAY,
        d.StaffConfirmedOutside: CarriageState.GONE,
    },
    CarriageState.GONE: {},
}
VISIT_EVENTS: dict[type, VisitEvent] = {
    type(event): event
    for event in (
        p.CustomerArrived(2, datetime(2026, 5, 4, tzinfo=UTC), 7.5, by_code=True),
        p.IdentityVerified(IdentityMethod.FACE_WITH_CODE, None),
        p.IdentityRefused(IdentityRefusal.DIFFERENT_PERSON, None),
        p.CustomerLeft(),
        p.AttemptsExhausted(),
        p.WindowClosed(),
        p.ReservationCancelled(),
        p.CarPresented(2),
        p.DeliveryFailed("jam"),
        p.HandOverStarted(),
        p.CarDeparted(("scale", "curtain")),
        p.BayNotCleared("door"),
        p.StaffClosedVisit("Li", "taken home"),
        p.StaffResumedVisit("Li"),
    )
}
CARRIAGE_EVENTS: dict[type, CarriageEvent] = {
    type(event): event
    for event in (
        d.RetrievalOrdered(),
        d.OrderWithdrawn(),
        d.MoveStarted(5),
        d.ReturnStarted(6),
        d.RetrievalRefused(),
        d.ReturnRefused(),
        d.ContinuationRefused(),
        d.MovedToBay(),
        d.MovedToSlot(),
        d.MoveHalted(9),
        d.StaffConfirmedOnLift("Li"),
        d.StaffConfirmedInSlot("Li"),
        d.StaffConfirmedInBay("Li"),
        d.StaffConfirmedOutside("Li"),
        d.DroveOut(),
    )
}
VISIT = Visit("v1", "r1", "VIN1", bay=1, refusals=1, reason="before")
CARRIAGE = Carriage("VIN1", job_id=1, case_id=2)


def _name(value: object) -> str:
    return value.__name__ if isinstance(value, type) else getattr(value, "name", "")


def test_both_matrices_name_every_state_and_every_event() -> None:
    assert set(PICKUP) == set(VisitState)
    assert set(DELIVERY) == set(CarriageState)
    assert set(VISIT_EVENTS) == set(get_args(VisitEvent)) == set(PICKUP_TABLE.events)
    assert set(CARRIAGE_EVENTS) == set(get_args(CarriageEvent)) == set(DELIVERY_TABLE.events)


@pytest.mark.parametrize("kind", VISIT_EVENTS, ids=_name)
@pytest.mark.parametrize("state", VisitState, ids=_name)
def test_pickup(state: VisitState, kind: type) -> None:
    visit = replace(VISIT, state=state)
    target = PICKUP[state].get(kind)
    assert PICKUP_TABLE.allows(state, kind) is (target is not None)
    if target is not None:
        assert visit.apply(VISIT_EVENTS[kind]).state is target
        assert PICKUP_TABLE.after(state, kind) is target
    else:
        with pytest.raises(IllegalEvent) as caught:
            visit.apply(VISIT_EVENTS[kind])
        told = caught.value
        assert (told.machine, told.state, told.event) == ("pickup", state.name, kind.__name__)
    assert visit == replace(VISIT, state=state)


@pytest.mark.parametrize("kind", CARRIAGE_EVENTS, ids=_name)
@pytest.mark.parametrize("state", CarriageState, ids=_name)
def test_delivery(state: CarriageState, kind: type) -> None:
    carriage = replace(CARRIAGE, state=state)
    target = DELIVERY[state].get(kind)
    assert DELIVERY_TABLE.allows(state, kind) is (target is not None)
    if target is not None:
        assert carriage.apply(CARRIAGE_EVENTS[kind]).state is target
        assert DELIVERY_TABLE.after(state, kind) is target
    else:
        with pytest.raises(IllegalEvent) as caught:
            carriage.apply(CARRIAGE_EVENTS[kind])
        told = caught.value
        assert (told.machine, told.state, told.event) == ("delivery", state.name, kind.__name__)
    assert carriage == replace(CARRIAGE, state=state)


def test_events_of_one_table_mean_nothing_to_the_other() -> None:
    for table, strangers in (
        (PICKUP_TABLE, DELIVERY_TABLE.events),
        (DELIVERY_TABLE, PICKUP_TABLE.events),
    ):
        for event in strangers:
            assert event not in table.events
            with pytest.raises(IllegalEvent):
                table.after(table.initial, event)  # type: ignore[arg-type]  # a loop over both


@pytest.mark.parametrize("table", [PICKUP_TABLE, DELIVERY_TABLE], ids=lambda table: table.name)
def test_no_trigger_jumps_past_the_table(table: object) -> None:
    assert isinstance(table, type(PICKUP_TABLE))
    triggers = set(table._machine.events)
    assert triggers == {event.__name__ for event in table.events}
    for state in table.states:
        assert f"to_{state.name}" not in triggers
        jump = type(f"to_{state.name}", (), {})
        with pytest.raises(IllegalEvent):
            table.after(table.initial, jump)


@pytest.mark.parametrize("table", [PICKUP_TABLE, DELIVERY_TABLE], ids=lambda table: table.name)
def test_every_state_can_be_reached_and_no_row_stands_twice(table: object) -> None:
    assert isinstance(table, type(PICKUP_TABLE))
    reached: set[Enum] = {table.initial}
    for _ in table.rows:
        reached |= {target for source, _, target in table.rows if source in reached}
    assert reached == set(table.states)
    pairs = [(source, event) for source, event, _ in table.rows]
    assert len(pairs) == len(set(pairs))


def test_only_ended_states_have_no_way_on() -> None:
    assert {state for state, row in PICKUP.items() if not row} == ENDED
    assert {state for state, row in DELIVERY.items() if not row} == {CarriageState.GONE}


def test_what_a_visit_notes_beside_its_state() -> None:
    arrived = VISIT.apply(VISIT_EVENTS[p.CustomerArrived])
    assert (arrived.bay, arrived.arrivals, arrived.by_code, arrived.reason) == (2, 1, True, "")
    refused = arrived.apply(VISIT_EVENTS[p.IdentityRefused])
    assert (refused.bay, refused.refusals) == (None, 2)
    assert refused.reason == IdentityRefusal.DIFFERENT_PERSON.value
    referred = arrived.apply(VISIT_EVENTS[p.AttemptsExhausted])
    resumed = referred.apply(VISIT_EVENTS[p.StaffResumedVisit])
    assert (resumed.refusals, resumed.bay, resumed.reason) == (0, None, "")
    closed = referred.apply(VISIT_EVENTS[p.StaffClosedVisit])
    assert closed.reason == "closed by Li: taken home"


def test_what_a_carriage_notes_beside_its_state() -> None:
    ordered = Carriage("VIN1").apply(d.RetrievalOrdered())
    moving = ordered.apply(d.MoveStarted(5))
    assert moving.job_id == 5
    halted = moving.apply(d.MoveHalted(9))
    assert (halted.job_id, halted.case_id) == (None, 9)
    settled = halted.apply(d.StaffConfirmedInSlot("Li"))
    assert (settled.job_id, settled.case_id) == (None, None)
