"""What has to happen without anybody asking: windows close, templates come and go."""

from vendtower.domain.pickup import ReservationCancelled, Visit, VisitState, WindowClosed
from vendtower.flows.enrolment import keep_templates
from vendtower.flows.erasure import work_off
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import apply_to_visit
from vendtower.flows.windows import closes_at

ROUND_S = 1.0


async def keep_house(tower: Tower) -> None:
    """For ever: one round a second, and at once when something has changed."""
    while True:
        heard = tower.bell.rings
        for visit in _overdue(tower):
            await apply_to_visit(tower, visit, WindowClosed())
        for visit in _without_reservation(tower):
            await apply_to_visit(tower, visit, ReservationCancelled())
        await work_off(tower)
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
