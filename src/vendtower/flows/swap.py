"""One car back and another one out, in one go: the second visit begins where the return ended."""

from datetime import timedelta

from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.domain.pickup_events import CustomerArrived
from vendtower.domain.reservation import Reservation
from vendtower.flows.due import SWAP_S_MAX, due_reservations
from vendtower.flows.reservation_list import why_doubtful, why_not_proven
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change


async def lead_on(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> bool:
    """Begin the second visit of a swap at this kiosk; False when there is none, or not now.

    The customer is not asked for a code again. Who they are is still verified, as in each visit.
    """

    def decide() -> Change | None:
        reservation = _second(tower, kiosk, dropoff)
        if reservation is None:
            return None
        visit = tower.book.visit_of(reservation.reservation_id)
        if visit is None or visit.state is not VisitState.EXPECTED:
            return None
        now = tower.clock
        arrived = CustomerArrived(kiosk.bay, now.utc(), now.monotonic_s(), by_code=True)
        return visit_change(tower, visit, arrived)

    return await tower.book.record(decide) is not None


def _second(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> Reservation | None:
    by_customer = dropoff.state is DropoffState.STORED and not dropoff.put_back
    parked_utc = dropoff.parked_utc
    if not by_customer or parked_utc is None or tower.book.dropoff_at(kiosk.bay) is not None:
        return None
    if tower.clock.utc() - parked_utc > timedelta(seconds=SWAP_S_MAX):
        return None
    found = next((r for r in due_reservations(tower) if r.swap_for == dropoff.vin), None)
    if found is None or why_doubtful(tower) or why_not_proven(tower, found):
        # The customer checks in anew: there it is told, and staff are called.
        return None
    return found
