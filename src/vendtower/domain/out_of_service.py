"""A slot, lift or bay that a named person has taken out of service, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import Site


class Closure(Enum):
    """Why a customer is not served at a bay, while the tower as a whole is in service."""

    BAY_OUT_OF_SERVICE = "bay_out_of_service"
    LIFT_OUT_OF_SERVICE = "lift_out_of_service"
    """No lift in service reaches the bay."""
    CAR_NOT_REACHABLE = "car_not_reachable"
    """No lift in service gets this car to this bay."""


@dataclass(frozen=True)
class ServiceNote:
    """The note on one place. It ends when a named person returns the place, and never by itself:
    somebody may be at work there.
    """

    place: Place
    reason: str
    by: str
    since_utc: datetime
    until_utc: datetime | None = None
    """When it was meant to be over; afterwards an alarm asks about it."""


def is_in_site(site: Site, place: Place) -> bool:
    """Whether the tower has a place of this kind and number."""
    match place:
        case Slot(number=number):
            return number in site.slots
        case Bay(number=number):
            return any(bay.number == number for bay in site.bays)
        case OnLift(number=number):
            return any(lift.number == number for lift in site.lifts)
