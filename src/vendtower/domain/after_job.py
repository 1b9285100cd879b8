"""Whether the sensors of a place see a car there."""

from vendtower.domain.machine import BayReport, LoadState, MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Place, Slot

BAY_EMPTY_KG_MAX = 50
"""The bay floor's scale shows less than this without a car: drift, snow, a suitcase."""


def shows_car(place: Place, snapshot: MachineSnapshot) -> bool | None:
    """Whether the sensors of this place see a car; None when they disagree or are not there."""
    match place:
        case Slot(number=number):
            if number in snapshot.doubtful_slots:
                return None
            return number in snapshot.occupied_slots
        case Bay(number=number):
            bay = snapshot.bays.get(number)
            return bay_shows_car(bay) if bay else None
        case OnLift(number=number):
            lift = snapshot.lifts.get(number)
            if lift is None:
                return None
            return {LoadState.EMPTY: False, LoadState.CAR: True, LoadState.SHIFTED: True}.get(
                lift.load
            )


def bay_shows_car(bay: BayReport) -> bool | None:
    """Presence sensor and scale, two unlike sensors; None when they disagree."""
    heavy = bay.weight_kg > BAY_EMPTY_KG_MAX
    return bay.presence if bay.presence == heavy else None
