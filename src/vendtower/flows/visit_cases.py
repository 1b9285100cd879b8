"""Answers about a car in a bay and the visit that it is for: it has left, or it stays."""

from dataclasses import replace

from vendtower.domain.bay_rules import departure_evidence
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import CarriageState
from vendtower.domain.pickup import VisitState
from vendtower.domain.pickup_events import CarDeparted, StaffClosedVisit, VisitEvent
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.visit_failure import FailureCause
from vendtower.flows.case_answers import NotSettled
from vendtower.flows.put_back import put_back
from vendtower.flows.tower import Tower
from vendtower.flows.visit_car import out_with_another, where_is_asked
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change


def check_known_where(tower: Tower, case: Case, settlement: Settlement) -> None:
    """What becomes of a car in a bay is asked once it is known whether it stands there."""
    at_a_bay = case.kind in {CaseKind.HAND_OVER, CaseKind.DROP_OFF}
    if case.vin is None or not at_a_bay or settlement is Settlement.CLOSE_VISIT:
        return
    carriage = tower.book.carriage(case.vin)
    if carriage.state is not CarriageState.HALTED:
        return
    why = f"{where_is_asked(tower, case.vin)}: that is answered first"
    asked = tower.book.cases.get(carriage.case_id or 0)
    if asked is not None and asked.kind is CaseKind.RESCUE:
        number = asked.case_id
        why += f", with `vendtower rescue next {number}` or `vendtower rescue cancel {number}`"
    raise NotSettled(why)


def hand_over_settled(tower: Tower, case: Case) -> Change:
    """The customer has left with the car after all, or the visit ends without."""
    if case.settlement is Settlement.CAR_OUTSIDE:
        _check_not_elsewhere(tower, case)
        return visit_event(tower, case, CarDeparted(seen_outside(tower, case)))
    broken = case.settlement is Settlement.CAR_BROKEN
    cause = FailureCause.CAR_BROKEN if broken else None
    closed = visit_event(tower, case, StaffClosedVisit(case.settled_by, case.note, cause))
    return closed if case.settlement is Settlement.CLOSE_VISIT else _re_stored(tower, case, closed)


def _check_not_elsewhere(tower: Tower, case: Case) -> None:
    where, visit = _elsewhere(tower, case), tower.book.visits.get(case.visit_id or "")
    if where is not None:
        raise NotSettled(f"car {case.vin} has not left the tower: it stands on {where}")
    other = None if visit is None else out_with_another(tower, visit)
    if other is not None:
        raise NotSettled(
            f"car {case.vin} is out with reservation {other}, and has not left with this customer"
        )


def _elsewhere(tower: Tower, case: Case) -> Place | None:
    """Where people have carried the car from the bay of the case; None when it is no place."""
    line = tower.book.ledger.line(case.vin or "")
    if line is None or not isinstance(line.where, Slot | Bay | OnLift):
        return None
    return None if line.where == Bay(case.bay or 0) else line.where


def _re_stored(tower: Tower, case: Case, closed: Change) -> Change:
    """The visit ends and the car's way back begins, with nobody else at the bay in between.

    Where people have carried it off it is the tower's already.
    """
    vin, bay = case.vin or "", case.bay or 0
    if _elsewhere(tower, case) is not None:
        return closed
    if tower.book.ledger.car_at(Bay(bay)) != vin:
        raise NotSettled(f"bay {bay} does not hold car {vin}, so nothing can be put back")
    begun = put_back(tower, vin, bay, by=case.settled_by, why=case.question)
    return replace(
        closed,
        dropoffs=begun.dropoffs,
        carriages=(*closed.carriages, *begun.carriages),
        events=(*closed.events, *begun.events),
    )


def seen_outside(tower: Tower, case: Case) -> tuple[str, ...]:
    """The sensors' evidence beside the person's word."""
    machine = tower.machine()
    bay = machine.bays.get(case.bay or 0) if machine is not None else None
    evidence = departure_evidence(bay) if bay is not None else None
    if evidence is None:
        raise NotSettled(f"the sensors of bay {case.bay} do not show it empty")
    return (*evidence, f"seen by {case.settled_by}")


def visit_event(tower: Tower, case: Case, event: VisitEvent) -> Change:
    """The event of the visit that the case has referred to staff.

    Raises:
        NotSettled: when it is not with them.
    """
    visit = tower.book.visits.get(case.visit_id or "")
    if visit is None or visit.state is not VisitState.REFERRED_TO_STAFF:
        state = "unknown" if visit is None else visit.state.value
        raise NotSettled(f"case {case.case_id}: its visit is {state}, not referred to staff")
    return visit_change(tower, visit, event)
