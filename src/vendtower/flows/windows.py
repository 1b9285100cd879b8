"""Until when a reservation counts: its window, the site's grace, and what maintenance took."""

from datetime import datetime, timedelta

from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.reservation import Reservation
from vendtower.flows.modes import maintenance_session
from vendtower.flows.tower import Tower


def opens_at(tower: Tower, reservation: Reservation) -> datetime:
    """From when on its customer is served."""
    return reservation.starts_at - timedelta(seconds=tower.site.policies.early_s)


def closes_at(tower: Tower, reservation: Reservation) -> datetime | None:
    """When nobody is expected any more; None while maintenance keeps customers away.

    The time that maintenance has taken of the window is given back after it.
    """
    if maintenance_session(tower) is not None:
        return None
    closes = reservation.ends_at + timedelta(seconds=tower.site.policies.late_s)
    sessions = tower.book.facts(MaintenanceSession)
    if not sessions:
        return closes
    now, opens = tower.clock.utc(), opens_at(tower, reservation)
    for session in sorted(sessions, key=lambda each: each.began_utc):
        # A window that was given back may have been taken again by the next session.
        closes += session.within(opens, closes, now)
    return closes
