"""The equal route without a face: the code, and a member of staff who saw a document."""

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.pickup import (
    CustomerLeft,
    IdentityVerified,
    ReservationCancelled,
    Visit,
    VisitEvent,
)
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.visit_changes import with_opened_case
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

STAFF_WAIT_S = 600.0
"""How long the kiosk waits for staff before the check-in ends; the reservation stays."""


async def verify(visit: Visit, tower: Tower, kiosk: Kiosk) -> VisitEvent:
    """Call staff and wait for what they say."""
    tower.show(kiosk, KioskPhase.STAFF_ROUTE)
    case_id = await _open_case(visit, tower)
    return await tower.until(lambda: _answer(visit, tower, case_id), STAFF_WAIT_S) or CustomerLeft()


async def _open_case(visit: Visit, tower: Tower) -> int:
    """The open case of this check-in; a restart in the middle must not ask staff twice."""

    def decide() -> Change | None:
        if _open_one(visit, tower) is not None:
            return None
        case = Case(
            case_id=tower.book.next_case_id(),
            kind=CaseKind.IDENTITY,
            question=(
                f"The customer at bay {visit.bay} takes the route without a face. Does the "
                f"document they show belong to reservation {visit.reservation_id}?"
            ),
            choices=(Settlement.CUSTOMER_VERIFIED, Settlement.TRY_AGAIN),
            opened_utc=tower.clock.utc(),
            correlation_id=visit.visit_id,
            vin=visit.vin,
            visit_id=visit.visit_id,
        )
        return with_opened_case(tower, Change(), case)

    await tower.book.record(decide)
    case = _open_one(visit, tower)
    return -1 if case is None else case.case_id


def _open_one(visit: Visit, tower: Tower) -> Case | None:
    for case in tower.book.open_cases():
        if case.kind is CaseKind.IDENTITY and case.visit_id == visit.visit_id:
            return case
    return None


def _answer(visit: Visit, tower: Tower, case_id: int) -> VisitEvent | None:
    if visit.reservation_id not in tower.book.reservations:
        return ReservationCancelled()
    case = tower.book.cases.get(case_id)
    if case is None or case.is_open:
        return None
    if case.settlement is Settlement.CUSTOMER_VERIFIED:
        return IdentityVerified(IdentityMethod.CODE_WITH_STAFF, None, case.settled_by)
    return CustomerLeft()
