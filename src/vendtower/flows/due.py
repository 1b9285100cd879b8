"""Whose customers may come now."""

from vendtower.domain.reservation import Reservation
from vendtower.flows.code_desk import waiting
from vendtower.flows.tower import Tower
from vendtower.flows.windows import closes_at, opens_at


def recognisable(tower: Tower) -> list[str]:
    """Reservations that a face alone may name; none where a photograph could pass for one."""
    if not tower.site.identity.liveness:
        return []
    return [r.reservation_id for r in due_reservations(tower) if tower.has_template(r)]


def due_reservations(tower: Tower) -> list[Reservation]:
    """Reservations whose customer may come now, the site's grace before and after included."""
    now = tower.clock.utc()
    return [
        r
        for r in waiting(tower)
        if opens_at(tower, r) <= now
        if (closes := closes_at(tower, r)) is not None and now <= closes
    ]
