"""What has to happen without anybody asking: windows close, templates come and go."""

from datetime import datetime

from vendtower.domain.case import Case
from vendtower.domain.modes import Request
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.pickup_events import ReservationCancelled, WindowClosed
from vendtower.flows.due import exchanged, is_over
from vendtower.flows.enrolment import keep_templates, templates_wanted
from vendtower.flows.erasure import work_off
from vendtower.flows.service import hindrances
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import apply_to_visit
from vendtower.flows.windows import closes_at, opens_at

OWED_S = 1.0
"""What the identity process owes is asked for again after this long."""


async def keep_house(tower: Tower) -> None:
    """For ever: when something has changed, and when the next window closes."""
    while True:
        heard = tower.bell.rings
        # Looked at each time round: a clock that is set and set back has leapt all the same.
        tower.lived_since_utc()
        for visit in _overdue(tower):
            await apply_to_visit(tower, visit, WindowClosed(_turned_away(tower, visit)))
        for visit in _without_reservation(tower):
            await apply_to_visit(tower, visit, ReservationCancelled())
        await work_off(tower)
        await keep_templates(tower)
        await tower.changed(heard, _next_s(tower))


def _next_s(tower: Tower) -> float | None:
    """When the next window closes, or what could not be done is tried again."""
    closing = [
        tower.monotonic_at(closes)
        for visit in tower.book.open_visits()
        if visit.state is VisitState.EXPECTED
        and (held := tower.book.reservations.get(visit.reservation_id)) is not None
        and (closes := closes_at(tower, held)) is not None
    ]
    if tower.book.erasures or templates_wanted(tower):
        closing.append(tower.clock.monotonic_s() + OWED_S)
    return min(closing, default=None)


def _turned_away(tower: Tower, visit: Visit) -> bool:
    """Whether the customer may have come and was not served for a reason of the tower's."""
    reservation = tower.book.reservations[visit.reservation_id]
    opens = opens_at(tower, reservation)
    return bool(
        hindrances(tower, Request.CHECK_IN)
        # The customer was here, and lost the bay, or the car could not be reached from it.
        or visit.reason
        # Of the time before this start, or before the clock was set, nobody can say that a kiosk
        # sent nobody away.
        or opens < tower.lived_since_utc()
        or (tower.turned_away_utc is not None and opens <= tower.turned_away_utc)
        # They came, with the car that was to be exchanged.
        or any(exchanged(tower, reservation, tower.clock.utc()))
        or any(_held_up(case, opens) for case in tower.book.cases.values())
    )


def _held_up(case: Case, since: datetime) -> bool:
    """Whether something has waited for a person since then, and a kiosk perhaps with it."""
    return case.settled_utc is None or case.settled_utc >= since


def _overdue(tower: Tower) -> list[Visit]:
    """Visits whose customer has not come within the window and its grace."""
    found = []
    for visit in tower.book.open_visits():
        reservation = tower.book.reservations.get(visit.reservation_id)
        if visit.state is not VisitState.EXPECTED or reservation is None:
            continue
        closes = closes_at(tower, reservation)
        if closes is not None and is_over(tower, reservation, closes):
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
