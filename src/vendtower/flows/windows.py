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
    now = tower.clock.utc()
    opens, closes = opens_at(tower, reservation), reservation.ends_at
    closes += timedelta(seconds=tower.site.policies.late_s)
    sessions = sorted(tower.book.facts(MaintenanceSession), key=lambda each: each.began_utc)
    for session in sessions:
        # A window that was given back may have been taken again by the next session.
        closes += session.within(opens, closes, now)
    return closes
