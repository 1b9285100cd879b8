"""Every stage at which a reservation can go has its compensation."""

from itertools import product

import pytest

from vendtower.domain.delivery import CarriageState
from vendtower.domain.pickup import VisitState
from vendtower.domain.withdrawal import Compensation, compensation

C, V = CarriageState, VisitState
BEFORE_THE_DOOR = (V.EXPECTED, V.AT_KIOSK, V.VERIFIED, V.PRESENTED)
EXPECTED = {
    C.IN_SLOT: Compensation.NOTHING_TO_UNDO,
    C.ORDERED: Compensation.NOTHING_TO_UNDO,
    C.GONE: Compensation.NOTHING_TO_UNDO,
    C.MOVING: Compensation.MOVE_ENDS_THEN_STORED,
    C.RETURNING: Compensation.MOVE_ENDS_THEN_STORED,
    C.ON_LIFT: Compensation.MOVE_ENDS_THEN_STORED,
    C.IN_BAY: Compensation.STORED_AGAIN,
    C.HALTED: Compensation.PERSON_FIRST,
}


@pytest.mark.parametrize(("visit", "car"), list(product(BEFORE_THE_DOOR, C)))
def test_before_the_outer_door_was_asked_to_open(visit: VisitState, car: CarriageState) -> None:
    in_bay = car is C.IN_BAY
    assert compensation(visit, car, in_its_bay=in_bay) is EXPECTED[car]


@pytest.mark.parametrize("car", C)
def test_after_it_nothing_is_done_behind_anybodys_back(car: CarriageState) -> None:
    assert compensation(V.HANDING_OVER, car, in_its_bay=True) is Compensation.STAFF_OR_RETURN
    referred = compensation(V.REFERRED_TO_STAFF, car, in_its_bay=True)
    assert referred is Compensation.STAFF_OR_RETURN
    at_the_face = compensation(V.REFERRED_TO_STAFF, car, in_its_bay=False)
    assert at_the_face is EXPECTED[car]
