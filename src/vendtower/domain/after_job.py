"""Where a car stands after a movement that did not end as asked, told from the sensors alone."""

from vendtower.domain.job import Job
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


def locate(job: Job, snapshot: MachineSnapshot) -> Place | None:
    """The one place, among source, lift and destination, in which the sensors see the car.

    None when they see it in none of them, in several, or when one of the sensors is in doubt:
    then only a person can say.
    """
    ends = [place for place in (job.source, job.destination) if place is not None]
    candidates = dict.fromkeys([OnLift(job.mailbox), *ends])
    seen = [(place, shows_car(place, snapshot)) for place in candidates]
    if any(car is None for _, car in seen):
        return None
    holding = [place for place, car in seen if car]
    return holding[0] if len(holding) == 1 else None


def confirms(job: Job, snapshot: MachineSnapshot) -> bool:
    """Whether the sensors agree that the job's car is where the job had to bring it."""
    return job.destination is not None and locate(job, snapshot) == job.destination
