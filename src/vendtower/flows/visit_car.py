"""Where a visit's car is by the book, for what is asked in its bay.

People may bring the car out by hand while the customer waits (a rescue).
"""

from vendtower.domain.delivery import CarriageState
from vendtower.domain.machine import BayReport
from vendtower.domain.pickup import Visit
from vendtower.domain.places import Bay
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.domain.visit_failure import Failure, FailureCause
from vendtower.flows.tower import Tower

_PEOPLE_AT_WORK = {
    RescueState.ISOLATE,
    RescueState.SECURE,
    RescueState.BRING,
    RescueState.CLEAR,
}


def stands_in_its_bay(tower: Tower, visit: Visit) -> bool:
    """Whether the car is in the visit's bay, and nobody asks where it is."""
    in_bay = tower.book.carriage(visit.vin).state is CarriageState.IN_BAY
    return in_bay and tower.book.ledger.car_at(Bay(visit.bay or 0)) == visit.vin


def why_not_departed(tower: Tower, visit: Visit) -> Failure | None:
    """Why an empty bay does not say that the car has driven out of it; None when it does."""
    gone = tower.book.carriage(visit.vin).state is CarriageState.GONE
    if gone or stands_in_its_bay(tower, visit):
        return None
    if asked := asked_about(tower, visit):
        return Failure(FailureCause.BAY_IN_DOUBT, f"the bay is empty, and {asked}")
    where = tower.book.ledger.where(visit.vin)
    why = f"the bay is empty, and car {visit.vin} has not driven out of it: it is {where}"
    return Failure(FailureCause.CAR_NOT_DELIVERED, why)


def asked_about(tower: Tower, visit: Visit) -> str | None:
    """That a person has to say first where the car is, or that nobody works in its bay any more."""
    carriage = tower.book.carriage(visit.vin)
    if carriage.state is CarriageState.HALTED:
        return where_is_asked(tower, visit.vin)
    if not stands_in_its_bay(tower, visit):
        return None
    for rescue in tower.book.facts(Rescue):
        if rescue.vin == visit.vin and rescue.state in _PEOPLE_AT_WORK:
            return f"rescue {rescue.case_id} is at {rescue.state.value}: people are at work"
    return None


def where_is_asked(tower: Tower, vin: str) -> str:
    """Which case of a halted car has to say where it is."""
    number = tower.book.carriage(vin).case_id
    if any(each.case_id == number for each in tower.book.facts(Rescue)):
        return f"rescue {number} asks where car {vin} is"
    return f"case {number} asks where car {vin} stands"


def out_with_another(tower: Tower, visit: Visit) -> str | None:
    """The reservation with which the car is out, where that is not the visit's."""
    loan = tower.book.loans.get(visit.vin)
    gone = tower.book.carriage(visit.vin).state is CarriageState.GONE
    theirs = loan is not None and loan.reservation_id != visit.reservation_id
    return loan.reservation_id if loan is not None and gone and theirs else None


def door_hindrance(tower: Tower, visit: Visit, bay: BayReport) -> str | None:
    """Why no street door opens before people who bring the car out by hand; None when one may.

    Whoever is inside is let out.
    """
    return None if bay.person_inside else asked_about(tower, visit)
