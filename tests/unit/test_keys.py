"""When a compartment may be released: every condition alone keeps it shut. And the key's table."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from tests.unit.web.tower_sample import bay_report
from vendtower.domain import key_errand as k
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.key_errand import KEY_TABLE, KeyErrand, KeyPurpose, KeyState
from vendtower.domain.key_rules import release_hindrance
from vendtower.domain.ledger import Ledger, LedgerLine
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, Slot
from vendtower.domain.vehicle import Vehicle

CAR = Vehicle("VIN1", "A 1", "Model", 4600, 1850, 1500, 1600)
LEDGER = Ledger([LedgerLine(CAR, Bay(1))])
BAY = replace(bay_report(1), presence=True, weight_kg=1600)
VISIT = Visit("v1", "r1", "VIN1", VisitState.PRESENTED, bay=1, method=IdentityMethod.FACE_WITH_CODE)
TAKE = KeyErrand("v1", KeyPurpose.TAKE, "VIN1", 1, 12)
RETURN = Dropoff(
    "d1",
    CAR,
    1,
    datetime(2026, 5, 4, tzinfo=UTC),
    1600,
    state=DropoffState.MEASURED,
    reservation_id="r1",
)
BACK = replace(TAKE, errand_id="d1", purpose=KeyPurpose.GIVE_BACK)


def test_it_is_released_when_identity_car_and_bay_are_right() -> None:
    assert release_hindrance(TAKE, VISIT, LEDGER, BAY) is None
    assert release_hindrance(BACK, RETURN, LEDGER, BAY) is None
    by_staff = replace(RETURN, reservation_id=None, announced_by="technician on duty")
    assert release_hindrance(BACK, by_staff, LEDGER, BAY) is None


@pytest.mark.parametrize("state", [each for each in VisitState if each is not VisitState.PRESENTED])
def test_no_other_state_of_the_visit_will_do(state: VisitState) -> None:
    assert release_hindrance(TAKE, replace(VISIT, state=state), LEDGER, BAY) is not None


@pytest.mark.parametrize(
    "state", [each for each in DropoffState if each is not DropoffState.MEASURED]
)
def test_no_other_state_of_the_return_will_do(state: DropoffState) -> None:
    assert release_hindrance(BACK, replace(RETURN, state=state), LEDGER, BAY) is not None


@pytest.mark.parametrize(
    "who",
    [
        None,
        replace(VISIT, method=None),
        replace(VISIT, visit_id="v2"),
        replace(VISIT, bay=2),
        replace(VISIT, vin="VIN2"),
        RETURN,
    ],
    ids=["nobody", "not verified", "other visit", "other bay", "other car", "a return"],
)
def test_nobody_else_gets_a_key(who: Visit | Dropoff | None) -> None:
    assert release_hindrance(TAKE, who, LEDGER, BAY) is not None


def test_a_return_that_nobody_named_gets_no_compartment() -> None:
    nameless = replace(RETURN, reservation_id=None)
    assert release_hindrance(BACK, nameless, LEDGER, BAY) is not None
    assert release_hindrance(BACK, VISIT, LEDGER, BAY) is not None


def test_the_ledger_must_have_the_car_in_that_bay() -> None:
    assert release_hindrance(TAKE, VISIT, Ledger([LedgerLine(CAR, Slot(3))]), BAY) is not None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _bay: None,
        lambda bay: replace(bay, outer_door=DoorState.OPEN),
        lambda bay: replace(bay, outer_locked=False),
        lambda bay: replace(bay, inner_door=DoorState.UNKNOWN),
        lambda bay: replace(bay, inner_locked=False),
        lambda bay: replace(bay, person_inside=True),
        lambda bay: replace(bay, curtain_clear=False),
        lambda bay: replace(bay, estop_pressed=True),
        lambda bay: replace(bay, presence=False),
        lambda bay: replace(bay, weight_kg=0),
        lambda bay: replace(bay, number=2),
    ],
)
def test_an_unsafe_bay_keeps_it_shut(spoil: Callable[[BayReport], BayReport | None]) -> None:
    assert release_hindrance(TAKE, VISIT, LEDGER, spoil(BAY)) is not None
    assert release_hindrance(BACK, RETURN, LEDGER, spoil(BAY)) is not None


EVENTS: dict[type, k.KeyEvent] = {
    k.ReleaseAsked: k.ReleaseAsked(7, 9),
    k.CompartmentOpened: k.CompartmentOpened(),
    k.CompartmentShut: k.CompartmentShut("line"),
    k.KeyMoved: k.KeyMoved(),
    k.KeyOverdue: k.KeyOverdue("nobody", 3),
    k.KeyRecalled: k.KeyRecalled(4),
    k.StaffMovedKey: k.StaffMovedKey("Li"),
    k.KeyDropped: k.KeyDropped(),
}
OUT_OF: dict[type, set[KeyState]] = {
    k.ReleaseAsked: {KeyState.WANTED, KeyState.OPENED, KeyState.SHUT},
    k.CompartmentOpened: {KeyState.ASKED},
    k.CompartmentShut: {KeyState.ASKED},
    k.KeyMoved: {KeyState.ASKED, KeyState.OPENED, KeyState.SHUT, KeyState.WITH_STAFF},
    k.KeyOverdue: {KeyState.WANTED, KeyState.OPENED, KeyState.SHUT},
    k.KeyRecalled: set(KeyState) - {KeyState.WANTED, KeyState.DROPPED},
    k.StaffMovedKey: {KeyState.WITH_STAFF},
    k.KeyDropped: {KeyState.WANTED, KeyState.WITH_STAFF},
}


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("kind", EVENTS)
def test_the_key_s_table(state: KeyState, kind: type) -> None:
    assert set(EVENTS) == set(get_args(k.KeyEvent)) == set(KEY_TABLE.events)
    key = replace(TAKE, state=state)
    if state in OUT_OF[kind]:
        assert key.apply(EVENTS[kind]).state is KEY_TABLE.after(state, kind)
    else:
        with pytest.raises(IllegalEvent):
            key.apply(EVENTS[kind])


def test_a_key_that_is_recalled_goes_the_other_way() -> None:
    out = replace(TAKE, state=KeyState.MOVED).apply(k.KeyRecalled(4))
    assert (out.purpose, out.case_id) == (KeyPurpose.GIVE_BACK, 4)
