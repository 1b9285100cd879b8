"""Every state x event pair of the ways' tables, against a matrix written down here."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import get_args

import pytest

from vendtower.domain import delivery as d
from vendtower.domain import dropoff as o
from vendtower.domain import pickup_events as p
from vendtower.domain.delivery import DELIVERY_TABLE, Carriage, CarriageEvent, CarriageState
from vendtower.domain.dropoff import (
    DROPOFF_ENDED,
    DROPOFF_TABLE,
    HOLDS_BAY,
    Dropoff,
    DropoffEvent,
    DropoffState,
    EntryRefusal,
)
from vendtower.domain.envelope import Measurement, Misfit
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.identity import IdentityMethod, IdentityRefusal
from vendtower.domain.out_of_service import Closure
from vendtower.domain.pickup import ENDED, PICKUP_TABLE, Visit, VisitState
from vendtower.domain.pickup_events import VisitEvent
from vendtower.domain.vehicle import Vehicle

PICKUP: dict[VisitState, dict[type, VisitState]] = {
    VisitState.EXPECTED: {
        p.CustomerArrived: VisitState.AT_KIOSK,
        p.WindowClosed: VisitState.EXPIRED,
        p.ReservationCancelled: VisitState.CANCELLED,
    },
    VisitState.AT_KIOSK: {
        p.FaceDeclined: VisitState.AT_KIOSK,
        p.IdentityVerified: VisitState.VERIFIED,
        p.IdentityRefused: VisitState.EXPECTED,
        p.CustomerLeft: VisitState.EXPECTED,
        p.SentElsewhere: VisitState.EXPECTED,
        p.AttemptsExhausted: VisitState.REFERRED_TO_STAFF,
        p.ReservationCancelled: VisitState.CANCELLED,
        p.BayLost: VisitState.EXPECTED,
    },
    VisitState.VERIFIED: {
        p.CarPresented: VisitState.PRESENTED,
        p.VerificationLapsed: VisitState.AT_KIOSK,
        p.DeliveryFailed: VisitState.REFERRED_TO_STAFF,
        p.SentElsewhere: VisitState.EXPECTED,
        p.ReservationCancelled: VisitState.CANCELLED,
        p.BayLost: VisitState.EXPECTED,
    },
    VisitState.PRESENTED: {
        p.HandOverStarted: VisitState.HANDING_OVER,
        p.VerificationLapsed: VisitState.AT_KIOSK,
        p.ReservationCancelled: VisitState.CANCELLED,
        p.StaffClosedVisit: VisitState.CLOSED_BY_STAFF,
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
    CarriageState.IN_SLOT: {
        d.RetrievalOrdered: CarriageState.ORDERED,
        d.PlaceDisputed: CarriageState.HALTED,
        d.ReturnStarted: CarriageState.RETURNING,
    },
    CarriageState.ORDERED: {
        d.OrderWithdrawn: CarriageState.IN_SLOT,
        d.MoveStarted: CarriageState.MOVING,
        d.PlaceDisputed: CarriageState.HALTED,
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
        d.PlaceDisputed: CarriageState.HALTED,
    },
    CarriageState.RETURNING: {
        d.ReturnRefused: CarriageState.IN_BAY,
        d.RetrievalRefused: CarriageState.IN_SLOT,
        d.ContinuationRefused: CarriageState.ON_LIFT,
        d.MovedToSlot: CarriageState.IN_SLOT,
        d.MoveHalted: CarriageState.HALTED,
    },
    CarriageState.ON_LIFT: {
        d.MoveStarted: CarriageState.MOVING,
        d.ReturnStarted: CarriageState.RETURNING,
        d.PlaceDisputed: CarriageState.HALTED,
    },
    CarriageState.HALTED: {
        d.StaffConfirmedOnLift: CarriageState.ON_LIFT,
        d.StaffConfirmedInSlot: CarriageState.IN_SLOT,
        d.StaffConfirmedInBay: CarriageState.IN_BAY,
        d.StaffConfirmedOutside: CarriageState.GONE,
    },
    CarriageState.GONE: {
        d.DroveIn: CarriageState.IN_BAY,
        d.PlaceDisputed: CarriageState.HALTED,
    },
}
DROPOFF: dict[DropoffState, dict[type, DropoffState]] = {
    DropoffState.EXPECTED: {
        o.DriverAdmitted: DropoffState.ADMITTED,
        o.EntryRefused: DropoffState.TURNED_AWAY,
        o.PutBackStarted: DropoffState.ADMITTED,
    },
    DropoffState.ADMITTED: {
        o.EntryOpened: DropoffState.ADMITTED,
        o.CarParked: DropoffState.PARKED,
        o.DriverTurnedBack: DropoffState.TURNED_AWAY,
        o.DropoffStalled: DropoffState.REFERRED_TO_STAFF,
    },
    DropoffState.PARKED: {
        o.BayReopened: DropoffState.ADMITTED,
        o.CarMeasured: DropoffState.MEASURED,
        o.CarRejected: DropoffState.REJECTED,
        o.DropoffStalled: DropoffState.REFERRED_TO_STAFF,
    },
    DropoffState.MEASURED: {
        o.BayReopened: DropoffState.ADMITTED,
        o.BayCleared: DropoffState.CLEARED,
        o.DropoffStalled: DropoffState.REFERRED_TO_STAFF,
    },
    DropoffState.CLEARED: {
        o.ClearanceLost: DropoffState.MEASURED,
        o.StoringStarted: DropoffState.STORING,
    },
    DropoffState.STORING: {
        o.StoringRefused: DropoffState.MEASURED,
        o.MeasurementDisputed: DropoffState.REFERRED_TO_STAFF,
        o.CarFoundInBay: DropoffState.PARKED,
        o.CarStored: DropoffState.STORED,
        o.CarDroveOut: DropoffState.TURNED_AWAY,
    },
    DropoffState.REJECTED: {
        o.CarDroveOut: DropoffState.TURNED_AWAY,
        o.DropoffStalled: DropoffState.REFERRED_TO_STAFF,
    },
    DropoffState.REFERRED_TO_STAFF: {
        o.StaffResumedDropoff: DropoffState.ADMITTED,
        o.CarDroveOut: DropoffState.TURNED_AWAY,
    },
    DropoffState.STORED: {},
    DropoffState.TURNED_AWAY: {},
}
for state in (
    DropoffState.ADMITTED,
    DropoffState.PARKED,
    DropoffState.MEASURED,
    DropoffState.CLEARED,
    DropoffState.REJECTED,
    DropoffState.REFERRED_TO_STAFF,
):
    # People may carry the car off by hand.
    DROPOFF[state] |= {
        o.CarFoundInBay: DropoffState.PARKED,
        o.CarStored: DropoffState.STORED,
        o.CarDroveOut: DropoffState.TURNED_AWAY,
    }
VISIT_EVENTS: dict[type, VisitEvent] = {
    type(event): event
    for event in (
        p.CustomerArrived(2, datetime(2026, 5, 4, tzinfo=UTC), 7.5, by_code=True),
        p.IdentityVerified(
            IdentityMethod.FACE_WITH_CODE, None, datetime(2026, 5, 4, tzinfo=UTC), 9.5
        ),
        p.VerificationLapsed(),
        p.IdentityRefused(IdentityRefusal.DIFFERENT_PERSON, None),
        p.CustomerLeft(),
        p.SentElsewhere(Closure.BAY_OUT_OF_SERVICE),
        p.FaceDeclined(),
        p.AttemptsExhausted(IdentityRefusal.DIFFERENT_PERSON, None),
        p.WindowClosed(),
        p.ReservationCancelled(),
        p.CarPresented(2),
        p.DeliveryFailed("jam"),
        p.HandOverStarted(),
        p.CarDeparted(("scale", "curtain")),
        p.BayNotCleared("door"),
        p.BayLost("another car"),
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
        d.PlaceDisputed(3),
        d.StaffConfirmedOnLift("Li"),
        d.StaffConfirmedInSlot("Li"),
        d.StaffConfirmedInBay("Li"),
        d.StaffConfirmedOutside("Li"),
        d.DroveOut(),
        d.DroveIn(),
    )
}
LOOK = Measurement(4650, 1860, 1510, 1640, 900, 20)
DROPOFF_EVENTS: dict[type, DropoffEvent] = {
    type(event): event
    for event in (
        o.DriverAdmitted(("scale",)),
        o.EntryRefused(EntryRefusal.NO_ROOM, "full"),
        o.PutBackStarted("Li", "not driven out"),
        o.EntryOpened(),
        o.CarParked(datetime(2026, 5, 4, tzinfo=UTC), ("scale",)),
        o.DriverTurnedBack(("scale",)),
        o.BayReopened("somebody inside"),
        o.CarMeasured(LOOK, ("standard",)),
        o.CarRejected(LOOK, (Misfit.TOO_LONG, Misfit.OFF_CENTRE)),
        o.BayCleared(("scale", "detector"), 1),
        o.ClearanceLost("old"),
        o.StoringStarted(5),
        o.StoringRefused("busy"),
        o.MeasurementDisputed("load_or_profile"),
        o.CarFoundInBay("Li", 1),
        o.CarStored(9, datetime(2026, 5, 4, 1, tzinfo=UTC)),
        o.CarDroveOut(("scale",)),
        o.DropoffStalled("nobody"),
        o.StaffResumedDropoff("Li"),
    )
}
ARRIVING = Vehicle("VIN1", "A 1", "Model", 4600, 1850, 1500, 1600)
DROPOFF_RECORD = Dropoff(
    "d1", ARRIVING, 1, datetime(2026, 5, 4, tzinfo=UTC), 1600, evidence=("before",), reason="before"
)
VISIT = Visit("v1", "r1", "VIN1", bay=1, refusals=1, reason="before")
CARRIAGE = Carriage("VIN1", job_id=1, case_id=2)


def _name(value: object) -> str:
    return value.__name__ if isinstance(value, type) else getattr(value, "name", "")


def test_the_matrices_name_every_state_and_every_event() -> None:
    assert set(PICKUP) == set(VisitState)
    assert set(DELIVERY) == set(CarriageState)
    assert set(DROPOFF) == set(DropoffState)
    assert set(DROPOFF_EVENTS) == set(get_args(DropoffEvent)) == set(DROPOFF_TABLE.events)
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


@pytest.mark.parametrize("kind", DROPOFF_EVENTS, ids=_name)
@pytest.mark.parametrize("state", DropoffState, ids=_name)
def test_dropoff(state: DropoffState, kind: type) -> None:
    dropoff = replace(DROPOFF_RECORD, state=state)
    target = DROPOFF[state].get(kind)
    assert DROPOFF_TABLE.allows(state, kind) is (target is not None)
    if target is not None:
        assert dropoff.apply(DROPOFF_EVENTS[kind]).state is target
        assert DROPOFF_TABLE.after(state, kind) is target
    else:
        with pytest.raises(IllegalEvent) as caught:
            dropoff.apply(DROPOFF_EVENTS[kind])
        told = caught.value
        assert (told.machine, told.state, told.event) == ("dropoff", state.name, kind.__name__)
    assert dropoff == replace(DROPOFF_RECORD, state=state)


def test_only_a_cleared_car_is_taken_by_a_lift() -> None:
    leading = {state for state, row in DROPOFF.items() if DropoffState.STORING in row.values()}
    assert leading == {DropoffState.CLEARED}
    asking = {state for state, row in DROPOFF.items() if DropoffState.CLEARED in row.values()}
    assert asking == {DropoffState.MEASURED}
    assert set(DropoffState) - DROPOFF_ENDED - {DropoffState.STORING} == HOLDS_BAY


def test_a_car_is_exposed_from_the_open_door_until_it_stands_in_a_slot() -> None:
    exposed = Carriage("VIN1", CarriageState.GONE).apply(d.DroveIn())
    assert exposed.exposed
    moving = exposed.apply(d.ReturnStarted(6))
    assert moving.exposed
    assert moving.apply(d.ReturnRefused()).exposed, "nobody has looked inside meanwhile"
    assert not moving.apply(d.MovedToSlot()).exposed
    assert not exposed.apply(d.DroveOut()).exposed
    halted = moving.apply(d.MoveHalted(9))
    assert halted.apply(d.StaffConfirmedInBay("Li")).exposed


def test_a_put_back_begins_without_asking_for_the_door() -> None:
    begun = DROPOFF_RECORD.apply(o.PutBackStarted("Li", "not driven out"))
    assert (begun.put_back, begun.door_wanted, begun.announced_by) == (True, False, "Li")
    parked = begun.apply(DROPOFF_EVENTS[o.CarParked])
    assert parked.put_back


def test_what_a_dropoff_notes_beside_its_state() -> None:
    admitted = DROPOFF_RECORD.apply(DROPOFF_EVENTS[o.DriverAdmitted])
    assert admitted.door_wanted
    opened = admitted.apply(DROPOFF_EVENTS[o.EntryOpened])
    assert not opened.door_wanted
    parked = opened.apply(DROPOFF_EVENTS[o.CarParked])
    assert parked.parked_utc == datetime(2026, 5, 4, tzinfo=UTC)
    measured = parked.apply(DROPOFF_EVENTS[o.CarMeasured])
    assert measured.vehicle.length_mm == 4650
    assert measured.measurement == LOOK
    assert measured.known_kg == 1600, "a weighing does not become its own measure"
    cleared = measured.apply(DROPOFF_EVENTS[o.BayCleared])
    assert cleared.evidence == ("scale", "detector")
    lost = cleared.apply(DROPOFF_EVENTS[o.ClearanceLost])
    assert (lost.evidence, lost.reason) == ((), "old")
    reopened = lost.apply(DROPOFF_EVENTS[o.BayReopened])
    assert (reopened.door_wanted, reopened.evidence) == (True, ())
    rejected = parked.apply(DROPOFF_EVENTS[o.CarRejected])
    assert rejected.misfits == (Misfit.TOO_LONG, Misfit.OFF_CENTRE)
    assert rejected.reason == "too_long, off_centre"
    stalled = parked.apply(DROPOFF_EVENTS[o.DropoffStalled])
    resumed = stalled.apply(DROPOFF_EVENTS[o.StaffResumedDropoff])
    assert (resumed.reason, resumed.door_wanted) == ("", False)
    assert (resumed.known_kg, resumed.vouched_by) == (1600, ""), "nobody vouched for anything"
    vouched = stalled.apply(o.StaffResumedDropoff("Li", 1650))
    assert (vouched.known_kg, vouched.vouched_by) == (1650, "Li")
    storing = cleared.apply(DROPOFF_EVENTS[o.StoringStarted])
    disputed = storing.apply(DROPOFF_EVENTS[o.MeasurementDisputed])
    resumed = disputed.apply(DROPOFF_EVENTS[o.StaffResumedDropoff])
    assert (resumed.measurement, resumed.door_wanted) == (None, True)


def test_events_of_one_table_mean_nothing_to_the_other() -> None:
    for table, strangers in (
        (PICKUP_TABLE, DELIVERY_TABLE.events + DROPOFF_TABLE.events),
        (DELIVERY_TABLE, PICKUP_TABLE.events + DROPOFF_TABLE.events),
        (DROPOFF_TABLE, PICKUP_TABLE.events + DELIVERY_TABLE.events),
    ):
        for event in strangers:
            assert event not in table.events
            with pytest.raises(IllegalEvent):
                table.after(table.initial, event)  # type: ignore[arg-type]  # a loop over both


@pytest.mark.parametrize(
    "table", [PICKUP_TABLE, DELIVERY_TABLE, DROPOFF_TABLE], ids=lambda table: table.name
)
def test_no_trigger_jumps_past_the_table(table: object) -> None:
    assert isinstance(table, type(PICKUP_TABLE))
    triggers = set(table._machine.events)
    assert triggers == {event.__name__ for event in table.events}
    for state in table.states:
        assert f"to_{state.name}" not in triggers
        jump = type(f"to_{state.name}", (), {})
        with pytest.raises(IllegalEvent):
            table.after(table.initial, jump)


@pytest.mark.parametrize(
    "table", [PICKUP_TABLE, DELIVERY_TABLE, DROPOFF_TABLE], ids=lambda table: table.name
)
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
    assert {state for state, row in DROPOFF.items() if not row} == DROPOFF_ENDED
    assert all(DELIVERY.values()), "a car that is gone may come back"


def test_what_a_visit_notes_beside_its_state() -> None:
    arrived = VISIT.apply(VISIT_EVENTS[p.CustomerArrived])
    assert (arrived.bay, arrived.arrivals, arrived.by_code, arrived.reason) == (2, 1, True, "")
    refused = arrived.apply(VISIT_EVENTS[p.IdentityRefused])
    assert (refused.bay, refused.refusals) == (None, 2)
    assert refused.reason == IdentityRefusal.DIFFERENT_PERSON.value
    assert refused.tries == ("different_person",)
    declined = arrived.apply(VISIT_EVENTS[p.FaceDeclined])
    assert declined.without_face
    again = refused.apply(VISIT_EVENTS[p.CustomerArrived])
    assert not again.without_face, "the way is chosen anew at each arrival"
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
