"""Whose customers may come now."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff, DropoffState
from vendtower.domain.reservation import Reservation
from vendtower.flows.code_desk import waiting
from vendtower.flows.tower import Tower
from vendtower.flows.windows import closes_at, opens_at

SWAP_S_MAX = 900.0
"""Between parking the first car of a swap and being led on to the second; later the customer checks
in anew, for nobody knows who stands there. They have as long for that, from when the first car was
stored, where the second one's window has closed meanwhile."""


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
        if (closes := closes_at(tower, r)) is not None and not is_over(tower, r, closes)
    ]


def is_over(tower: Tower, reservation: Reservation, closes: datetime) -> bool:
    """Whether nobody is expected any more for a window that closes then.

    Whoever came in time with the car that is exchanged for this one is at it for a while.
    """
    now = tower.clock.utc()
    at_it = (_is_at_it(each, now) for each in exchanged(tower, reservation, closes))
    return now > closes and not any(at_it)


def exchanged(tower: Tower, reservation: Reservation, closes: datetime) -> Iterator[Dropoff]:
    """What the customer brought back within the window, to take this car for it."""
    opens = opens_at(tower, reservation)
    for each in tower.book.dropoffs.values():
        ours = reservation.swap_for is not None and each.vin == reservation.swap_for
        if ours and not each.put_back and opens <= each.announced_utc <= closes:
            yield each


def _is_at_it(dropoff: Dropoff, now: datetime) -> bool:
    if dropoff.state not in DROPOFF_ENDED:
        return True
    # From when it was stored, however long that took: until then nobody lets them check in anew.
    since_utc = dropoff.stored_utc or dropoff.parked_utc
    stored = dropoff.state is DropoffState.STORED and since_utc is not None
    return stored and since_utc is not None and now - since_utc <= timedelta(seconds=SWAP_S_MAX)
