"""Where the ledger and the machine's sensors tell different stories."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import Enum

from vendtower.domain.after_job import shows_car
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Place, Slot


class Contradiction(Enum):
    """How ledger and sensors differ at one place."""

    CAR_MISSING = "car missing"
    """The ledger has a car there, the sensors see none."""
    UNKNOWN_CAR = "unknown car"
    """The sensors see a car, the ledger has none there."""
    IN_DOUBT = "sensors in doubt"
    """Two sensors of the place disagree, or one calls itself doubtful."""


@dataclass(frozen=True)
class Difference:
    """One place whose sensors contradict the ledger, or each other."""

    place: Place
    contradiction: Contradiction
    vin: str | None
    """The car that the ledger has there."""

    def __str__(self) -> str:
        match self.contradiction:
            case Contradiction.CAR_MISSING:
                return f"{self.place}: the ledger has car {self.vin} there, the sensors see none"
            case Contradiction.UNKNOWN_CAR:
                return f"{self.place}: the sensors see a car, the ledger has none there"
            case Contradiction.IN_DOUBT:
                return f"{self.place}: its sensors are in doubt"


def difference_at(ledger: Ledger, snapshot: MachineSnapshot, place: Place) -> Difference | None:
    """How ledger and sensors differ at this place; None when they agree."""
    vin = ledger.car_at(place)
    seen = shows_car(place, snapshot)
    if seen is None:
        return Difference(place, Contradiction.IN_DOUBT, vin)
    if seen and vin is None:
        return Difference(place, Contradiction.UNKNOWN_CAR, None)
    if not seen and vin is not None:
        return Difference(place, Contradiction.CAR_MISSING, vin)
    return None


def places_watched(snapshot: MachineSnapshot, slots: Iterable[int]) -> list[Place]:
    """Every place of the tower that has sensors: the site's slots, all bays and lifts."""
    places: list[Place] = [Slot(number) for number in sorted(slots)]
    places += [Bay(number) for number in sorted(snapshot.bays)]
    return places + [OnLift(number) for number in sorted(snapshot.lifts)]


def differences(
    ledger: Ledger, snapshot: MachineSnapshot, slots: Iterable[int], left_out: Container[Place]
) -> dict[Place, Difference]:
    """Every difference, but for the places left out: nothing can be said of those now."""
    found = {}
    # Most slots agree, which is seen at once for all of them.
    differ = (snapshot.occupied_slots ^ ledger.slots_taken) | snapshot.doubtful_slots
    for place in places_watched(snapshot, differ.intersection(slots)):
        difference = None if place in left_out else difference_at(ledger, snapshot, place)
        if difference is not None:
            found[place] = difference
    return found


def disagreements(
    ledger: Ledger, snapshot: MachineSnapshot, slots: Iterable[int], in_motion: Container[Place]
) -> dict[Place, str]:
    """Every difference as a sentence.

    ``slots`` are the site's; places that an open job touches (``in_motion``) are left out, for
    nothing can be said of them until it ends.
    """
    found = differences(ledger, snapshot, slots, in_motion)
    return {place: str(difference) for place, difference in found.items()}
