"""What has to happen without anybody asking: windows close, templates come and go."""

from vendtower.domain.identity import Enrolled, EnrolmentFailed
from vendtower.domain.pickup import Visit, VisitState, WindowClosed
from vendtower.domain.reservation import Reservation
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change

ROUND_S = 1.0


async def keep_house(tower: Tower) -> None:
    """For ever: one round a second, and at once when something has changed."""
    while True:
        heard = tower.bell.rings
        for visit in _overdue(tower):
            await _close_window(tower, visit)
        await keep_templates(tower)
        await tower.bell.wait_beyond(heard, ROUND_S)


def _overdue(tower: Tower) -> list[Visit]:
    """Visits whose customer has not come within the window and its grace."""
    now = tower.clock.utc()
    late_s = tower.site.policies.late_s
    found = []
    for visit in tower.book.open_visits():
        reservation = tower.book.reservations.get(visit.reservation_id)
        if visit.state is not VisitState.EXPECTED or reservation is None:
            continue
        if (now - reservation.ends_at).total_seconds() > late_s:
            found.append(visit)
    return found


async def _close_window(tower: Tower, visit: Visit) -> None:
    def decide() -> Change | None:
        current = tower.book.visits[visit.visit_id]
        if current.state is not VisitState.EXPECTED:
            return None
        return visit_change(tower, current, WindowClosed())

    await tower.book.record(decide)


async def keep_templates(tower: Tower) -> None:
    """Enrol whoever is expected and agreed to it; erase whoever is no longer expected."""
    if not tower.identity.available:
        return
    for reservation in list(tower.book.reservations.values()):
        if _wants_template(tower, reservation):
            await _enrol(tower, reservation)
    for reservation_id in sorted(tower.enrolled - tower.book.reservations.keys()):
        await _erase(tower, reservation_id)


def _wants_template(tower: Tower, reservation: Reservation) -> bool:
    return (
        reservation.face_consent
        and reservation.sealed_portrait is not None
        and reservation.reservation_id not in tower.enrolled
        and reservation.reservation_id not in tower.not_enrollable
    )


async def _enrol(tower: Tower, reservation: Reservation) -> None:
    sealed = reservation.sealed_portrait
    if sealed is None:
        return
    result = await tower.identity.enrol(reservation.reservation_id, sealed)
    match result:
        case Enrolled():
            tower.enrolled.add(reservation.reservation_id)
            tower.bell.ring()
        case EnrolmentFailed(why=why):
            if not tower.identity.available:
                return
            tower.not_enrollable.add(reservation.reservation_id)
            await _note(tower, reservation.reservation_id, "EnrolmentFailed", {"why": why})


async def _erase(tower: Tower, reservation_id: str) -> None:
    erased = await tower.identity.forget(reservation_id)
    tower.enrolled.discard(reservation_id)
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
