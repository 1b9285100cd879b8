"""Whether the list of reservations can be believed: its signatures, and its age."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vendtower.domain.reservation import Reservation
from vendtower.domain.reservation_list import (
    ListAge,
    ListStanding,
    heard,
    page_problem,
    resumed_age_s,
)
from vendtower.domain.reservation_proof import differences
from vendtower.flows.tower import Tower
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change, JournalFault
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudUnproven,
    CloudUnreachable,
    EventReceipt,
    OutboxEvent,
    ReservationCloud,
)
from vendtower.ports.reservation_proof import NotProven

NOTES_PER_AGE = 72.0
"""The age is noted on disk this often while it grows to its largest: each hour of three days."""
SECONDS_PER_HOUR = 3600.0

_log = logging.getLogger(__name__)


class ProvenCloud:
    """Fulfils ``ReservationCloud`` by passing every call on; takes no page of another time."""

    def __init__(self, cloud: ReservationCloud, tower: Tower) -> None:
        self._cloud = cloud
        self._tower = tower

    async def boot(self, report: BootReport) -> BootAnswer:
        """Pass on."""
        return await self._cloud.boot(report)

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        """Pass on."""
        return await self._cloud.deliver(events)

    async def changes_since(self, cursor: str | None) -> ChangePage:
        """Pass on; raises ``CloudUnproven`` for a page that the cloud has not made now."""
        memory = self._tower.list_memory
        try:
            page = await self._cloud.changes_since(cursor)
            self._check_time(page)
        except CloudUnreachable:
            memory.unheard = True
            raise
        except CloudUnproven as error:
            memory.unheard = False
            if memory.refusal != str(error):
                memory.refusal = str(error)
                _log.warning("%s", error)
                self._tower.bell.ring()
            raise
        memory.unheard = False
        if memory.refusal:
            memory.refusal = ""
            self._tower.bell.ring()
        return page

    def _check_time(self, page: ChangePage) -> None:
        if page.issued_utc is None:
            return
        tower = self._tower
        problem = page_problem(tower.list_memory.standing, page.issued_utc, _known_utc(tower))
        if problem:
            raise CloudUnproven(f"cloud: reservations page: {problem}")


def list_age(tower: Tower) -> ListAge:
    """How old the list is now."""
    age_max_s = tower.site.cloud.list_age_max_h * SECONDS_PER_HOUR
    return ListAge(tower.list_memory.age_at(tower.clock.monotonic_s()), age_max_s)


def resume(tower: Tower) -> None:
    """Go on counting from what the journal has, and look at every proof once.

    What is not proven (an older journal has no proofs, a key was taken out of the site file, a
    row was changed) is asked for again, with the whole list.
    """
    standing = tower.list_memory.standing = tower.book.list_standing
    if standing is not None and standing.confirmed_utc is not None:
        age_s = resumed_age_s(standing, tower.clock.utc())
        tower.list_memory.confirmed(age_s, tower.clock.monotonic_s())
    for reservation in tower.book.reservations.values():
        why_not_proven(tower, reservation)


def why_not_proven(tower: Tower, reservation: Reservation) -> str:
    """How the record differs from what the cloud has signed; empty when it does not.

    Also empty where the site file asks for no signature. A difference makes the tower ask for
    the whole list again.
    """
    why = "" if tower.proofs is None else _difference(tower, reservation)
    known = tower.list_memory.unproven
    if not why:
        if known.pop(reservation.reservation_id, None) is not None:
            tower.bell.ring()
    elif known.get(reservation.reservation_id) != why:
        known[reservation.reservation_id] = why
        tower.list_memory.ask_anew = True
        _log.warning("reservation %s: not served: %s", reservation.reservation_id, why)
        tower.bell.ring()
    return why


def _difference(tower: Tower, reservation: Reservation) -> str:
    if tower.proofs is None:
        return ""
    if not reservation.proof:
        return "its record carries no signature of the cloud"
    try:
        proven = tower.proofs.proven(reservation.proof)
    except NotProven as error:
        return str(error)
    found = differences(reservation, proven)
    return f"its record is not as the cloud signed it: {', '.join(found)}" if found else ""


def why_doubtful(tower: Tower) -> str:
    """Why no customer is let in on the list alone, for staff; empty when they are."""
    age = list_age(tower)
    if not age.too_old:
        return ""
    if age.age_s is None:
        return (
            "is in a list of reservations that the cloud has never confirmed: the reservation may "
            "have been changed or withdrawn"
        )
    age_h, limit_h = age.age_s / SECONDS_PER_HOUR, age.age_max_s / SECONDS_PER_HOUR
    return (
        f"is in a list of reservations that the cloud confirmed {age_h:.1f} h ago, which counts "
        f"for {limit_h:g} h: the reservation may have been changed or withdrawn since"
    )


def begins_anew(tower: Tower) -> bool:
    """Whether the whole list is wanted once more; each wish is answered once."""
    wanted, tower.list_memory.ask_anew = tower.list_memory.ask_anew, False
    return wanted


def _standing_with(tower: Tower, page: ChangePage) -> ListStanding | None:
    """What this page says about the list; None for nothing newer."""
    now, known = tower.clock.utc(), tower.list_memory.standing
    if page.issued_utc is not None:
        return heard(
            known,
            page.issued_utc,
            now,
            complete=not page.more,
            clock_trusted=clock_trusted(tower),
        )
    if page.more:
        return None
    # Nobody signs: the page counts from the moment in which it came.
    return ListStanding(now, now, 0.0, now)


async def note_page(tower: Tower, page: ChangePage) -> None:
    """A page was taken: what it ends is confirmed.

    On disk goes the word of a page with changes, so that no older one undoes them after a
    restart; the others are noted by ``keep_list_age``.

    Raises:
        JournalFault: it could not be noted; the next page will be.
    """
    for reservation_id in list(tower.list_memory.unproven):
        held = tower.book.reservations.get(reservation_id)
        if held is None:
            del tower.list_memory.unproven[reservation_id]
        else:
            why_not_proven(tower, held)
    standing = _standing_with(tower, page)
    if standing is None:
        return
    known, tower.list_memory.standing = tower.list_memory.standing, standing
    tower.list_memory.heard_s = tower.clock.monotonic_s()
    if standing.confirmed_utc is not None and (
        known is None or standing.confirmed_utc != known.confirmed_utc
    ):
        tower.list_memory.confirmed(standing.age_s, tower.clock.monotonic_s())
    first = tower.book.list_standing is None or tower.book.list_standing.confirmed_utc is None
    if page.changes or (first and not page.more):
        await tower.book.record(lambda: Change(list_standing=standing))


async def keep_list_age(tower: Tower) -> None:
    """For ever: note how old the list is, so that a restart with a clock set back knows it."""
    while True:
        await asyncio.sleep(tower.site.cloud.list_age_max_h * SECONDS_PER_HOUR / NOTES_PER_AGE)
        await note_age(tower)


async def note_age(tower: Tower) -> None:
    """Write down how old the list is at this moment."""
    standing, age_s = tower.list_memory.standing, list_age(tower).age_s
    if standing is None or age_s is None:
        return
    noted = replace(standing, age_s=age_s, noted_utc=tower.clock.utc())
    try:
        await tower.book.record(lambda: Change(list_standing=noted))
    except JournalFault as error:
        _log.warning("age of the list of reservations: %s", error)


def _known_utc(tower: Tower) -> datetime | None:
    """The latest that it may be, by the cloud's pages of this run and by a clock that is right."""
    by_cloud = tower.list_memory.cloud_utc(tower.clock.monotonic_s())
    by_clock = tower.clock.utc() if clock_trusted(tower) else None
    return max((each for each in (by_cloud, by_clock) if each is not None), default=None)


def clock_trusted(tower: Tower) -> bool:
    """Whether this computer's wall clock counts; not while it is known to follow no time server."""
    return tower.clock.quality() is not ClockQuality.UNSYNCHRONIZED
