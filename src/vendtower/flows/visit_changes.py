"""What one event of a visit changes: the visit, and whatever hangs on it, in one transaction."""

from dataclasses import replace

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import CarriageState, DroveOut
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import loan_of
from vendtower.domain.pickup import ENDED, PICKUP_TABLE, Visit, VisitState
from vendtower.domain.pickup_events import (
    AttemptsExhausted,
    BayNotCleared,
    CarDeparted,
    CarPresented,
    DeliveryFailed,
    HandOverStarted,
    IdentityRefused,
    IdentityVerified,
    ReservationCancelled,
    StaffClosedVisit,
    VisitEvent,
)
from vendtower.domain.places import Bay, Outside
from vendtower.domain.spent_code import SpentCode
from vendtower.domain.vehicle import may_weigh
from vendtower.domain.withdrawal import compensation
from vendtower.flows.case_changes import with_idle_cases, with_opened_case
from vendtower.flows.erasure import reason_of, with_face_gone
from vendtower.flows.failure_telling import with_failure
from vendtower.flows.key_changes import with_key
from vendtower.flows.telling import as_data, tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


async def apply_to_visit(tower: Tower, visit: Visit, event: VisitEvent | None) -> Visit:
    """Journal the event with everything that follows from it; the visit as it is then.

    Nothing happens without an event, and none that was awaited for a state which the visit has
    left since (staff were quicker). A reservation that was withdrawn by now, at the very moment
    of writing, ends the visit as long as the table allows that.

    Raises:
        JournalFault: when it could not be written; nothing has changed.
    """

    def decide() -> Change | None:
        current = tower.book.visits[visit.visit_id]
        if event is None or current.state is not visit.state:
            return None
        return visit_change(tower, current, _unless_withdrawn(tower, current, event))

    await tower.book.record(decide)
    return tower.book.visits[visit.visit_id]


def _unless_withdrawn(tower: Tower, visit: Visit, event: VisitEvent) -> VisitEvent:
    held = visit.reservation_id in tower.book.reservations
    if held or not PICKUP_TABLE.allows(visit.state, ReservationCancelled):
        return event
    return ReservationCancelled()


def visit_change(tower: Tower, visit: Visit, event: VisitEvent) -> Change:
    """The whole change; call it inside the book's ``decide``."""
    advanced = visit.apply(event)
    change = Change(
        visits=(advanced,),
        events=(
            tell(
                tower,
                "visit",
                type(event).__name__,
                subject=f"visit/{visit.visit_id}",
                correlation_id=visit.visit_id,
                data=_data(tower, visit, event),
            ),
        ),
    )
    change = _with_departure(tower, visit, event, change)
    change = _with_exposure(tower, visit, event, change)
    change = _with_loan(tower, visit, event, change)
    change = _with_spent_code(tower, visit, event, change)
    change = _with_case(tower, advanced, event, change)
    if advanced.state in ENDED:
        change = replace(change, reservations_gone=(visit.reservation_id,))
        change = with_face_gone(tower, change, visit.reservation_id, reason_of(event))
    change = with_key(tower, advanced, change)
    change = with_failure(tower, visit, advanced, change)
    return _without_idle_question(tower, advanced, change)


def _data(tower: Tower, visit: Visit, event: VisitEvent) -> dict[str, object]:
    data = as_data(event)
    data.pop("monotonic_s", None)
    data |= {"reservation_id": visit.reservation_id, "vin": visit.vin}
    if isinstance(event, IdentityVerified | IdentityRefused | AttemptsExhausted):
        data["attempt"] = visit.refusals + 1
    if isinstance(event, ReservationCancelled):
        data |= car_facts(tower, visit)
    if isinstance(event, HandOverStarted | CarDeparted):
        condition = tower.book.conditions.get(visit.visit_id)
        data["condition"] = None if condition is None else as_data(condition)
    if isinstance(event, CarPresented):
        data["wait_s"] = round(waited_s(tower, visit), 2)
    return data


def car_facts(tower: Tower, visit: Visit) -> dict[str, object]:
    """The other fact beside a withdrawal or a change: where the car is, and what follows for it."""
    carriage = tower.book.carriage(visit.vin)
    line = tower.book.ledger.line(visit.vin)
    in_its_bay = visit.bay is not None and line is not None and line.where == Bay(visit.bay)
    follows = compensation(visit.state, carriage.state, in_its_bay=in_its_bay)
    return {
        "visit_state": visit.state.value,
        "car_state": carriage.state.value,
        "car_where": None if line is None else str(line.where),
        "job_id": carriage.job_id,
        "compensation": follows.value,
    }


def waited_s(tower: Tower, visit: Visit) -> float:
    """From the first touch until now; by the wall clock when the machine was started since."""
    if visit.arrived_utc is None or visit.arrived_monotonic_s is None:
        return 0.0
    by_run_s = tower.clock.monotonic_s() - visit.arrived_monotonic_s
    by_wall_s = (tower.clock.utc() - visit.arrived_utc).total_seconds()
    return by_run_s if by_run_s >= 0 else max(0.0, by_wall_s)


def _with_departure(tower: Tower, visit: Visit, event: VisitEvent, change: Change) -> Change:
    if not isinstance(event, CarDeparted):
        return change
    line, carriage = tower.book.line(visit.vin), tower.book.carriage(visit.vin)
    if carriage.state is CarriageState.GONE:
        # Staff had found it outside before; that is in the ledger already.
        return change
    return replace(
        change,
        carriages=(carriage.apply(DroveOut()),),
        ledger=(LedgerLine(line.vehicle, Outside()),),
    )


def _with_exposure(tower: Tower, visit: Visit, event: VisitEvent, change: Change) -> Change:
    """From the moment before the street door is asked to open, anybody may be in the bay."""
    if not isinstance(event, HandOverStarted):
        return change
    return replace(change, carriages=(replace(tower.book.carriage(visit.vin), exposed=True),))


def _with_loan(tower: Tower, visit: Visit, event: VisitEvent, change: Change) -> Change:
    """Keep what the return needs, from the last moment at which the reservation is there."""
    held = tower.book.loans.get(visit.vin)
    ours = held is not None and held.reservation_id == visit.reservation_id
    if isinstance(event, StaffClosedVisit) and ours:
        if tower.book.carriage(visit.vin).state is CarriageState.IN_BAY:
            # It may still drive out, and then comes back as any car that is out.
            return change
        return replace(change, loans_gone=(visit.vin,))
    reservation = tower.book.reservations.get(visit.reservation_id)
    if not isinstance(event, HandOverStarted | CarDeparted) or ours or reservation is None:
        return change
    return replace(change, loans=(loan_of(reservation, _scale_kg(tower, visit, event)),))


def _with_spent_code(tower: Tower, visit: Visit, event: VisitEvent, change: Change) -> Change:
    """The code has collected its car; from now on it names that car's return, and nothing else."""
    # Withdrawn while the door was open: what is kept for the return has the code as well.
    loan = tower.book.loans.get(visit.vin)
    holder = tower.book.reservations.get(visit.reservation_id) or loan
    if not isinstance(event, CarDeparted) or holder is None:
        return change
    if holder.reservation_id != visit.reservation_id:
        return change
    spent = SpentCode(
        code_sha256=holder.code_sha256.lower(),
        code_salt=holder.code_salt,
        reservation_id=holder.reservation_id,
        spent_utc=tower.clock.utc(),
    )
    return replace(change, spent_codes=(spent,))


def _scale_kg(tower: Tower, visit: Visit, event: VisitEvent) -> int | None:
    """What the car weighs on the bay's own scale, with nobody in it; None when that is not known.

    A figure far from the car's papers is the scale's mistake, or the car has left already, and
    would keep the car from being stored when it comes back.
    """
    machine = tower.machine()
    bay = None if machine is None else machine.bays.get(visit.bay or 0)
    if bay is None or not isinstance(event, HandOverStarted) or not bay.sealed:
        return None
    papers_kg = tower.book.line(visit.vin).vehicle.weight_kg
    if bay.person_inside or not may_weigh(bay.weight_kg, papers_kg):
        return None
    return bay.weight_kg


def _with_case(tower: Tower, visit: Visit, event: VisitEvent, change: Change) -> Change:
    """Open the case that tells staff why they were called."""
    match event:
        case AttemptsExhausted():
            kind, bay = CaseKind.IDENTITY, None
            question = (
                f"{visit.refusals} tries on reservation {visit.reservation_id} were refused at the "
                f"face: {'; '.join(visit.tries[-visit.refusals :])}. Is somebody trying to get "
                "another's car, or may the customer try again?"
            )
        case DeliveryFailed(why=why):
            kind, bay = CaseKind.HAND_OVER, visit.bay
            question = f"The customer at bay {visit.bay} waits for a car that will not come: {why}"
        case BayNotCleared(why=why):
            kind, bay = CaseKind.HAND_OVER, visit.bay
            question = f"Bay {visit.bay} is not clear after a hand-over: {why}"
        case _:
            return change
    choices: tuple[Settlement, ...] = (Settlement.CAR_OUTSIDE, Settlement.CLOSE_VISIT)
    if kind is CaseKind.IDENTITY:
        choices = (Settlement.TRY_AGAIN, Settlement.CLOSE_VISIT)
    elif isinstance(event, BayNotCleared):
        choices = (Settlement.CAR_OUTSIDE, Settlement.RE_STORE, Settlement.CAR_BROKEN)
    case_ = Case(
        case_id=tower.book.next_case_id(),
        kind=kind,
        question=question,
        choices=choices,
        opened_utc=tower.clock.utc(),
        correlation_id=visit.visit_id,
        vin=visit.vin,
        visit_id=visit.visit_id,
        bay=bay,
    )
    return with_opened_case(tower, change, case_)


def _without_idle_question(tower: Tower, visit: Visit, change: Change) -> Change:
    """Withdraw the question to staff who this customer is, once nobody waits for the answer."""
    if visit.state in {VisitState.AT_KIOSK, VisitState.REFERRED_TO_STAFF}:
        return change
    return with_idle_cases(
        tower,
        change,
        lambda case: case.kind is CaseKind.IDENTITY and case.visit_id == visit.visit_id,
    )
