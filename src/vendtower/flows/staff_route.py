"""The equal route without a face: the code, and a member of staff who saw a document."""

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.pickup import (
    CustomerLeft,
    ReservationCancelled,
    Visit,
    VisitEvent,
)
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

STAFF_WAIT_S = 600.0
"""How long the kiosk waits for staff before the check-in ends; the reservation stays."""


async def verify(visit: Visit, tower: Tower, kiosk: Kiosk) -> VisitEvent | None:
    """Call staff and wait for what they say; None when their answer has advanced the visit."""
    tower.show(kiosk, KioskPhase.STAFF_ROUTE)
    await _open_case(visit, tower)

    def over() -> bool | None:
        withdrawn = visit.reservation_id not in tower.book.reservations
        return True if withdrawn or _answered(visit, tower) else None

    await tower.until(over, STAFF_WAIT_S)
    if visit.reservation_id not in tower.book.reservations:
        return ReservationCancelled()
    return None if _answered(visit, tower) else CustomerLeft()


def _answered(visit: Visit, tower: Tower) -> bool:
    """The answer of staff and what it means for the visit are one transaction."""
    return tower.book.visits[visit.visit_id].state is not visit.state


async def _open_case(visit: Visit, tower: Tower) -> None:
    """Open a case for this check-in; a restart in the middle must not ask staff twice."""

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


def _open_one(visit: Visit, tower: Tower) -> Case | None:
    for case in tower.book.open_cases():
        if case.kind is CaseKind.IDENTITY and case.visit_id == visit.visit_id:
            return case
    return None
