"""A reservation is withdrawn or changed under way: what the tower does with its car, by stage."""

from enum import Enum

from vendtower.domain.delivery import CarriageState
from vendtower.domain.pickup import VisitState


class Compensation(Enum):
    """What follows for the car."""

    NOTHING_TO_UNDO = "nothing_to_undo"
    """It has not been touched."""
    MOVE_ENDS_THEN_STORED = "move_ends_then_stored"
    """No motion is broken off for it: the move ends, then the car goes back into a slot."""
    STORED_AGAIN = "stored_again"
    """It stands in the bay behind a closed outer door, and goes back into a slot."""
    STAFF_OR_RETURN = "staff_or_return"
    """The outer door has been asked to open: the visit goes on, and only staff, or the car's
    return, end it otherwise."""
    PERSON_FIRST = "person_first"
    """Nobody knows where it is before a person has answered its case."""


AFTER_THE_DOOR = frozenset({VisitState.HANDING_OVER})
"""States of a visit whose customer may be in the bay or in the car."""

_BY_CAR = {
    CarriageState.IN_SLOT: Compensation.NOTHING_TO_UNDO,
    CarriageState.ORDERED: Compensation.NOTHING_TO_UNDO,
    CarriageState.MOVING: Compensation.MOVE_ENDS_THEN_STORED,
    CarriageState.RETURNING: Compensation.MOVE_ENDS_THEN_STORED,
    CarriageState.ON_LIFT: Compensation.MOVE_ENDS_THEN_STORED,
    CarriageState.IN_BAY: Compensation.STORED_AGAIN,
    CarriageState.HALTED: Compensation.PERSON_FIRST,
    CarriageState.GONE: Compensation.NOTHING_TO_UNDO,
}


def compensation(visit: VisitState, car: CarriageState, *, in_its_bay: bool) -> Compensation:
    """What follows when the reservation goes in this state of visit and car.

    ``in_its_bay``: the car stands in the bay of the visit; a visit that is referred to staff
    with the car there may have had its door open.
    """
    referred = visit is VisitState.REFERRED_TO_STAFF and in_its_bay
    if visit in AFTER_THE_DOOR or referred:
        return Compensation.STAFF_OR_RETURN
    return _BY_CAR[car]
