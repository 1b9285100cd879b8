"""Whether a customer can be served at a bay now, and at which other bay they could be."""

from vendtower.domain.lease import is_present
from vendtower.domain.moves import reaches
from vendtower.domain.out_of_service import Closure
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.pickup_events import SentElsewhere
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.site import LiftSpec, SlotSpec
from vendtower.flows.leasing import held_by
from vendtower.flows.lift_service import unable_lifts
from vendtower.flows.tower import Tower


def why_closed(tower: Tower, bay: int) -> Closure | None:
    """Why nobody new is served at this bay; None when somebody is.

    A lift that a case or a latched fault keeps still is no reason to send people away unless
    another bay works: the case may be settled in a minute.
    """
    if Bay(bay) in tower.book.notes:
        return Closure.BAY_OUT_OF_SERVICE
    lifts = _lifts_at(tower, bay)
    if not lifts:
        return Closure.LIFT_OUT_OF_SERVICE
    halted = unable_lifts(tower)
    if any(lift.number not in halted for lift in lifts) or not _bays_that_work(tower):
        return None
    return Closure.LIFT_OUT_OF_SERVICE


def why_not_here(tower: Tower, vin: str, bay: int) -> Closure | None:
    """Why this customer cannot be served at this bay; None when they can."""
    closed = why_closed(tower, bay)
    if closed is None and not _can_bring(tower, vin, bay):
        return Closure.CAR_NOT_REACHABLE
    return closed


def bays_elsewhere(tower: Tower, bay: int, vin: str | None = None) -> tuple[int, ...]:
    """The other bays that work, for this car when one is named."""
    return tuple(
        other
        for other in _bays_that_work(tower)
        if other != bay and (vin is None or _can_bring(tower, vin, other))
    )


def sent_elsewhere(tower: Tower, visit: Visit) -> SentElsewhere | None:
    """That this visit ends at its bay because something went out of service meanwhile.

    Not when the car is there or on its way: what has begun is finished.
    """
    waits = visit.state in {VisitState.AT_KIOSK, VisitState.VERIFIED}
    if visit.bay is None or not waits or is_present(visit, held_by(tower)):
        return None
    if Bay(visit.bay) in tower.book.notes:
        return SentElsewhere(Closure.BAY_OUT_OF_SERVICE)
    if not _lifts_at(tower, visit.bay):
        return SentElsewhere(Closure.LIFT_OUT_OF_SERVICE)
    if not _can_bring(tower, visit.vin, visit.bay):
        return SentElsewhere(Closure.CAR_NOT_REACHABLE)
    return None


def can_store(tower: Tower, bay: int, slot: SlotSpec) -> bool:
    """Whether a lift in service gets from this bay to this slot."""
    return any(reaches(lift, slot) for lift in _lifts_at(tower, bay))


def _lifts_at(tower: Tower, bay: int) -> list[LiftSpec]:
    """Lifts in service that reach the bay."""
    return [
        lift
        for lift in tower.site.lifts
        if bay in lift.serves_bays and OnLift(lift.number) not in tower.book.notes
    ]


def _bays_that_work(tower: Tower) -> list[int]:
    halted = unable_lifts(tower)
    return [
        bay.number
        for bay in tower.site.bays
        if Bay(bay.number) not in tower.book.notes
        and any(lift.number not in halted for lift in _lifts_at(tower, bay.number))
    ]


def _can_bring(tower: Tower, vin: str, bay: int) -> bool:
    """Whether a lift in service gets this car to the bay, by what people have taken out.

    A car that is not in a slot comes by one, or is a matter of a case.
    """
    line = tower.book.ledger.line(vin)
    if line is None or not isinstance(line.where, Slot):
        return True
    slot = tower.site.slot(line.where.number)
    return line.where not in tower.book.notes and any(
        reaches(lift, slot) and line.vehicle.weight_kg <= lift.load_kg_max
        for lift in _lifts_at(tower, bay)
    )
