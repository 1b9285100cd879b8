"""What must be true of a bay before the tower asks for anything in it; the PLC judges again."""

from vendtower.domain.after_job import BAY_EMPTY_KG_MAX, bay_shows_car
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import BayReport, DoorState, LiftReport
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift

MENDED_ON_THE_WAY = frozenset({"not_homed", "load_uncertain", "door_open"})
"""Inhibits of a lift that the PLC puts aside for homing, and for bringing on the car it carries."""


def lift_hindrance(bay: BayReport) -> str | None:
    """Why no lift may work at this bay now; None when it may."""
    if (why := _somebody_there(bay)) is not None:
        return why
    if bay.outer_door is not DoorState.CLOSED or not bay.outer_locked:
        return f"bay {bay.number}: outer door is {bay.outer_door.value}, not closed and locked"
    return _sensors_disagree(bay)


def may_bring_on(lift: LiftReport, ledger: Ledger) -> bool:
    """Whether the lift takes no job but one: to bring on the car that a stop has left on it."""
    carries = ledger.car_at(OnLift(lift.number)) is not None
    return carries and bool(lift.inhibits) and lift.inhibits <= MENDED_ON_THE_WAY


def closing_hindrance(bay: BayReport) -> str | None:
    """Why the outer door is not asked to close on its own account; None when it may be."""
    return _somebody_there(bay) or _sensors_disagree(bay)


def _somebody_there(bay: BayReport) -> str | None:
    if bay.estop_pressed:
        return f"bay {bay.number}: e-stop pressed"
    if bay.person_inside:
        return f"bay {bay.number}: somebody is inside"
    if not bay.curtain_clear:
        return f"bay {bay.number}: light curtain is broken"
    return None


def _sensors_disagree(bay: BayReport) -> str | None:
    if bay_shows_car(bay) is None:
        return f"bay {bay.number}: presence sensor and scale ({bay.weight_kg} kg) disagree"
    return None


def departure_evidence(bay: BayReport) -> tuple[str, ...] | None:
    """The two unlike sensors that say the car has left; None while one says otherwise."""
    if bay.presence or bay.person_inside or not bay.curtain_clear:
        return None
    if bay.weight_kg > BAY_EMPTY_KG_MAX:
        return None
    return ("presence sensor clear", f"scale at {bay.weight_kg} kg", "nobody inside")


def opening_hindrance(visit: Visit, ledger: Ledger, bay: BayReport) -> str | None:
    """Why the outer door must stay locked for this visit; None when it may be asked to open.

    The outer door opens only for a verified customer whose own car stands in that bay.
    """
    if visit.state is not VisitState.HANDING_OVER or visit.method is None:
        return f"visit is {visit.state.value}, not verified and handing over"
    if visit.bay != bay.number:
        return f"visit belongs to bay {visit.bay}, not bay {bay.number}"
    if ledger.car_at(Bay(bay.number)) != visit.vin:
        return f"bay {bay.number} does not hold the customer's car"
    if bay.inner_door is not DoorState.CLOSED or not bay.inner_locked:
        return f"bay {bay.number}: inner door is {bay.inner_door.value}, not closed and locked"
    return None


def entry_hindrance(dropoff: Dropoff, bay: BayReport) -> str | None:
    """Why the outer door must stay locked for a car that comes in; None when it may be asked.

    The driver is admitted, or has to drive out again; the lift's side is closed and locked.
    """
    if dropoff.state not in {DropoffState.ADMITTED, DropoffState.REJECTED}:
        return f"drop-off is {dropoff.state.value}, not admitted and not rejected"
    if dropoff.bay != bay.number:
        return f"drop-off belongs to bay {dropoff.bay}, not bay {bay.number}"
    if bay.inner_door is not DoorState.CLOSED or not bay.inner_locked:
        return f"bay {bay.number}: inner door is {bay.inner_door.value}, not closed and locked"
    return None


def parking_evidence(bay: BayReport) -> tuple[str, ...] | None:
    """What says that a car stands and its driver has left; None while one sensor disagrees."""
    if bay.person_inside or not bay.curtain_clear or not bay_shows_car(bay):
        return None
    return ("presence sensor sees a car", f"scale at {bay.weight_kg} kg", "nobody inside")
