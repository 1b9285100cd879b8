"""What the cloud says of reservations, examined and written down."""

from dataclasses import replace
from functools import partial

from vendtower.domain.pickup import ReservationCancelled, Visit, VisitState
from vendtower.domain.reservation import (
    Reservation,
    ReservationChange,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.domain.reservation_check import problem_with
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change


async def take_changes(tower: Tower, changes: tuple[ReservationChange, ...], cursor: str) -> None:
    """Write every change down, one transaction each; the cursor moves with the last one.

    A change that comes twice (the line broke before the cursor was kept) alters nothing twice.

    Raises:
        JournalFault: the cursor has not moved; the same changes come again.
    """
    for change in changes:
        await tower.book.record(partial(_change, tower, change))
    await tower.book.record(lambda: Change(cursor=cursor))


def _change(tower: Tower, change: ReservationChange) -> Change | None:
    match change:
        case ReservationSet(reservation=reservation):
            return _set(tower, reservation)
        case ReservationWithdrawn(reservation_id=reservation_id):
            return _withdrawn(tower, reservation_id)
        case ReservationUnreadable(reservation_id=reservation_id, why=why):
            return _refused(tower, reservation_id or "?", "unreadable", why)


def _set(tower: Tower, reservation: Reservation) -> Change | None:
    held = tower.book.reservations.get(reservation.reservation_id)
    if held is not None and held.revision >= reservation.revision:
        return None
    visit = tower.book.visit_of(reservation.reservation_id)
    if visit is not None and visit.state is not VisitState.EXPECTED:
        return _refused(
            tower,
            reservation.reservation_id,
            "visit_under_way",
            f"the visit is {visit.state.value} and goes on as it was booked",
        )
    problem = problem_with(
        reservation,
        ledger=tower.book.ledger,
        slots=tower.site.slots,
        others=tower.book.reservations.values(),
        now=tower.clock.utc(),
    )
    if problem is not None:
        return _refused(tower, reservation.reservation_id, problem[0].value, problem[1])
    return _accepted(tower, reservation, visit)


def _accepted(tower: Tower, reservation: Reservation, visit: Visit | None) -> Change:
    fresh = visit or Visit(
        visit_id=tower.chance.new_id(),
        reservation_id=reservation.reservation_id,
        vin=reservation.vehicle.vin,
    )
    tower.enrolled.discard(reservation.reservation_id)
    tower.not_enrollable.discard(reservation.reservation_id)
    return Change(
        visits=(replace(fresh, vin=reservation.vehicle.vin),),
        reservations=(reservation,),
        events=(
            tell(
                tower,
                "reservation",
                "Accepted",
                subject=f"reservation/{reservation.reservation_id}",
                correlation_id=fresh.visit_id,
                data={
                    "reservation_id": reservation.reservation_id,
                    "revision": reservation.revision,
                    "vin": reservation.vehicle.vin,
                    "place": str(tower.book.ledger.where(reservation.vehicle.vin)),
                },
            ),
        ),
    )


def _withdrawn(tower: Tower, reservation_id: str) -> Change | None:
    """Erase the record; a visit under way notices by itself that it is gone."""
    if reservation_id not in tower.book.reservations:
        return None
    gone = Change(reservations_gone=(reservation_id,))
    visit = tower.book.visit_of(reservation_id)
    if visit is None or visit.state is not VisitState.EXPECTED:
        return gone
    return visit_change(tower, visit, ReservationCancelled())


def _refused(tower: Tower, reservation_id: str, problem: str, why: str) -> Change:
    return Change(
        events=(
            tell(
                tower,
                "reservation",
                "Refused",
                subject=f"reservation/{reservation_id}",
                correlation_id=tower.chance.new_id(),
                data={"reservation_id": reservation_id, "problem": problem, "why": why},
            ),
        )
    )
