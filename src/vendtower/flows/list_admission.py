"""At a kiosk: a reservation that is not as the cloud signed it is not served, and staff come."""

from vendtower.domain.reservation import Reservation
from vendtower.flows.reservation_list import why_not_proven
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.journal import Change

NOT_PROVEN = "not_proven"
LIST_TOO_OLD = "list_too_old"
"""Why staff decide, as the screen says it."""


async def call_for_unproven(tower: Tower, kiosk: Kiosk, reservation: Reservation) -> None:
    """Call staff to the kiosk, with the reason; whoever stands there has done nothing wrong."""
    visit = tower.book.visit_of(reservation.reservation_id)
    event = tell(
        tower,
        "kiosk",
        "StaffCalled",
        subject=f"kiosk/{kiosk.number}",
        correlation_id=tower.chance.new_id() if visit is None else visit.visit_id,
        data={
            "kiosk": kiosk.number,
            "visit_id": None if visit is None else visit.visit_id,
            "reservation_id": reservation.reservation_id,
            "why": why_not_proven(tower, reservation),
        },
    )
    await tower.book.record(lambda: Change(events=(event,)))
