"""What has to happen without anybody asking: windows close, templates come and go."""

from vendtower.domain.identity import Enrolled, EnrolmentFailed
from vendtower.domain.pickup import ReservationCancelled, Visit, VisitState, WindowClosed
from vendtower.domain.reservation import Reservation
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import apply_to_visit
from vendtower.flows.windows import closes_at
from vendtower.ports.journal import Change

ROUND_S = 1.0


async def keep_house(tower: Tower) -> None:
    """For ever: one round a second, and at once when something has changed."""
    while True:
        heard = tower.bell.rings
        for visit in _overdue(tower):
            await apply_to_visit(tower, visit, WindowClosed())
        for visit in _without_reservation(tower):
            await apply_to_visit(tower, visit, ReservationCancelled())
        await keep_templates(tower)
        await tower.bell.wait_beyond(heard, ROUND_S)


def _overdue(tower: Tower) -> list[Visit]:
    """Visits whose customer has not come within the window and its grace."""
    now = tower.clock.utc()
    found = []
    for visit in tower.book.open_visits():
        reservation = tower.book.reservations.get(visit.reservation_id)
        if visit.state is not VisitState.EXPECTED or reservation is None:
            continue
        closes = closes_at(tower, reservation)
        if closes is not None and now > closes:
            found.append(visit)
    return found


def _without_reservation(tower: Tower) -> list[Visit]:
    """Visits that staff let go on after the cloud had withdrawn their reservation."""
    return [
        visit
        for visit in tower.book.open_visits()
        if visit.state is VisitState.EXPECTED
        and visit.reservation_id not in tower.book.reservations
    ]


async def keep_templates(tower: Tower) -> None:
    """Enrol whoever is expected and agreed to it; erase whoever is no longer, or has changed."""
    if not tower.identity.available:
        return
    for reservation_id, revision in sorted(tower.enrolled.items()):
        reservation = tower.book.reservations.get(reservation_id)
        if reservation is None or reservation.revision != revision:
            await _erase(tower, reservation_id)
    for reservation_id in tower.not_enrollable.keys() - tower.book.reservations.keys():
        del tower.not_enrollable[reservation_id]
    for reservation in list(tower.book.reservations.values()):
        if _wants_template(tower, reservation):
            await _enrol(tower, reservation)


def _wants_template(tower: Tower, reservation: Reservation) -> bool:
    return (
        reservation.face_consent
        and reservation.sealed_portrait is not None
        and not tower.has_template(reservation)
        and tower.not_enrollable.get(reservation.reservation_id) != reservation.revision
    )


async def _enrol(tower: Tower, reservation: Reservation) -> None:
    sealed = reservation.sealed_portrait
    if sealed is None:
        return
    result = await tower.identity.enrol(reservation.reservation_id, sealed)
    match result:
        case Enrolled():
            tower.enrolled[reservation.reservation_id] = reservation.revision
            tower.bell.ring()
        case EnrolmentFailed(why=why):
            if not tower.identity.available:
                return
            tower.not_enrollable[reservation.reservation_id] = reservation.revision
            await _note(tower, reservation.reservation_id, "EnrolmentFailed", {"why": why})


async def _erase(tower: Tower, reservation_id: str) -> None:
    erased = await tower.identity.forget(reservation_id)
    tower.enrolled.pop(reservation_id, None)
    await _note(tower, reservation_id, "TemplateErased", {"was_held": erased})


async def _note(tower: Tower, reservation_id: str, name: str, data: dict[str, object]) -> None:
    visit = tower.book.visit_of(reservation_id)
    event = tell(
        tower,
        "identity",
        name,
        subject=f"reservation/{reservation_id}",
        correlation_id=visit.visit_id if visit else tower.chance.new_id(),
        data={"reservation_id": reservation_id, **data},
    )
    await tower.book.record(lambda: Change(events=(event,)))
