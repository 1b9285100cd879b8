"""The equal route without a face: the code, and a member of staff who saw a document."""

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.lease import STAFF_WAIT_S
from vendtower.domain.pickup import LAPSED, Visit
from vendtower.domain.pickup_events import CustomerLeft, ReservationCancelled, VisitEvent
from vendtower.flows.bay_service import sent_elsewhere
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.list_admission import LIST_TOO_OLD
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

NO_CONSENT = "has not agreed to be recognised by face"
CHOSEN = "chose this way at the kiosk"
NO_TEMPLATE = "could not be enrolled: there is no face to compare with"


async def verify(visit: Visit, tower: Tower, kiosk: Kiosk, why: str) -> VisitEvent | None:
    """Call staff and wait for what they say; None when their answer has advanced the visit.

    ``why`` tells staff what brought the customer here: "the customer ``why``".
    """
    tower.show(kiosk, KioskPhase.STAFF_ROUTE, LIST_TOO_OLD if visit.doubt else "")
    await _open_case(visit, tower, why)

    def over() -> bool | None:
        withdrawn = visit.reservation_id not in tower.book.reservations
        closed = sent_elsewhere(tower, visit) is not None
        return True if withdrawn or closed or _answered(visit, tower) else None

    await tower.until(over, STAFF_WAIT_S)
    if visit.reservation_id not in tower.book.reservations:
        return ReservationCancelled()
    if _answered(visit, tower):
        return None
    return sent_elsewhere(tower, visit) or CustomerLeft("staff did not answer in time")


def is_waiting(visit: Visit, tower: Tower) -> bool:
    """Staff have been called for this check-in, by a run before a restart."""
    return _open_one(visit, tower) is not None


def _answered(visit: Visit, tower: Tower) -> bool:
    """The answer of staff and what it means for the visit are one transaction."""
    return tower.book.visits[visit.visit_id].state is not visit.state


async def _open_case(visit: Visit, tower: Tower, why: str) -> None:
    """Open a case for this check-in; a restart in the middle must not ask staff twice."""

    def decide() -> Change | None:
        if _open_one(visit, tower) is not None:
            return None
        case = Case(
            case_id=tower.book.next_case_id(),
            kind=CaseKind.IDENTITY,
            question=(
                f"The customer at bay {visit.bay} {why}. Does the document they show belong to "
                f"reservation {visit.reservation_id}?{_before(visit)}"
            ),
            choices=(Settlement.CUSTOMER_VERIFIED, Settlement.TRY_AGAIN),
            opened_utc=tower.clock.utc(),
            correlation_id=visit.visit_id,
            vin=visit.vin,
            visit_id=visit.visit_id,
        )
        return with_opened_case(tower, Change(), case)

    await tower.book.record(decide)


def _before(visit: Visit) -> str:
    """The tries before this one; the numbers are the machine's, there is no picture."""
    told = ""
    if visit.reason == LAPSED:
        told = " They were verified before, too long ago for it to count."
    if visit.tries:
        told += f" Before, the face was refused: {'; '.join(visit.tries)}."
    return told


def _open_one(visit: Visit, tower: Tower) -> Case | None:
    for case in tower.book.open_cases():
        if case.kind is CaseKind.IDENTITY and case.visit_id == visit.visit_id:
            return case
    return None
