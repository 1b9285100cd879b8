"""Where the ledger and the machine's sensors tell different stories."""

from collections.abc import Container

from vendtower.domain.after_job import shows_car
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Place, Slot


def disagreements(
    ledger: Ledger, snapshot: MachineSnapshot, slots: Container[int], in_motion: Container[Place]
) -> dict[Place, str]:
    """Every place whose sensors contradict the ledger, with a sentence saying how.

    ``slots`` are the site's; places that an open job touches (``in_motion``) are left out, for
    nothing can be said of them until it ends.
    """
    places: list[Place] = [Slot(n) for n in range(1, 513) if n in slots]
    places += [Bay(n) for n in snapshot.bays]
    places += [OnLift(n) for n in snapshot.lifts]
    found: dict[Place, str] = {}
    for place in places:
        if place in in_motion:
            continue
        car = ledger.car_at(place)
        seen = shows_car(place, snapshot)
        if seen is None:
            found[place] = f"{place}: its sensors are in doubt"
        elif seen and car is None:
            found[place] = f"{place}: the sensors see a car, the ledger has none there"
        elif not seen and car is not None:
            found[place] = f"{place}: the ledger has car {car} there, the sensors see none"
    return found
