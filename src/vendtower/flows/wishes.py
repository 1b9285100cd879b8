"""Which cars somebody wants somewhere else, told from the visits and the ledger."""

from collections.abc import Iterable

from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.moves import Urgency, Wish
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.flows.tower import Tower

AT_REST = {
    CarriageState.IN_SLOT,
    CarriageState.ORDERED,
    CarriageState.IN_BAY,
    CarriageState.ON_LIFT,
}
"""States in which a car may be ordered somewhere; the others have a job, a case, or no car."""


def wanting_visits(visits: Iterable[Visit]) -> dict[str, Visit]:
    """VIN to the visit whose customer waits for that car at a bay."""
    return {visit.vin: visit for visit in visits if visit.wants_car and visit.bay}


def wishes(tower: Tower) -> list[Wish]:
    """Every car that is not where it should be and may be moved, so far as the book knows."""
    wanting = wanting_visits(tower.book.open_visits())
    untouchable = {
        visit.vin
        for visit in tower.book.open_visits()
        if visit.state is VisitState.REFERRED_TO_STAFF and visit.bay is not None
    }
    untouchable |= {
        dropoff.vin
        for dropoff in tower.book.open_dropoffs()
        if dropoff.state not in {DropoffState.CLEARED, DropoffState.STORING}
    }
    found = []
    for line in tower.book.ledger:
        vin = line.vehicle.vin
        if vin in untouchable or tower.book.carriage(vin).state not in AT_REST:
            continue
        # A car on its way in is in the tower's hands only once it has stood in a slot.
        kept = tower.book.open_dropoff(vin)
        if kept is None and isinstance(line.where, Bay) and tower.book.carriage(vin).exposed:
            # Somebody may be inside: its way back begins with that question.
            continue
        visit = wanting.get(vin) if kept is None else None
        wish = _wish(tower, vin, visit)
        if wish is not None:
            found.append(wish)
    return found


def _wish(tower: Tower, vin: str, visit: Visit | None) -> Wish | None:
    line = tower.book.line(vin)
    where = line.where
    if not isinstance(where, Slot | Bay | OnLift):
        return None
    if isinstance(where, Slot):
        tower.astray_since_s.pop(vin, None)
    if visit is not None and visit.bay is not None:
        if where == Bay(visit.bay):
            return None
        if not isinstance(where, Bay):
            return Wish(line.vehicle, where, Bay(visit.bay), _age_s(tower, visit), Urgency.CUSTOMER)
        # The PLC knows no way from bay to bay: the car goes by a slot.
    if isinstance(where, Slot):
        return None
    return Wish(line.vehicle, where, None, _astray_s(tower, vin), Urgency.STORE)


def _astray_s(tower: Tower, vin: str) -> float:
    """How long this run has known that the car should go to a slot."""
    now_s = tower.clock.monotonic_s()
    return now_s - tower.astray_since_s.setdefault(vin, now_s)


def _age_s(tower: Tower, visit: Visit) -> float:
    if visit.arrived_monotonic_s is None:
        return 0.0
    return max(0.0, tower.clock.monotonic_s() - visit.arrived_monotonic_s)
