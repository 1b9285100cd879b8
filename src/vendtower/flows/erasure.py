"""Erasing what is kept of a customer's face, and the receipt that it is gone.

On disk it goes in the transaction that ends the need for it. What the identity process holds is
erased by a message; while that process cannot be asked, the erasure stays owed in the journal,
and the receipt comes when it has answered.
"""

from dataclasses import replace

from vendtower.domain.erasure import ErasureOwed, ErasureReason
from vendtower.domain.pickup_events import (
    CarDeparted,
    ReservationCancelled,
    StaffClosedVisit,
    VisitEvent,
    WindowClosed,
)
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault, NewEvent

PICTURE = "enrolment picture"
TEMPLATE = "template"
_BY_EVENT: dict[type, ErasureReason] = {
    CarDeparted: ErasureReason.HANDED_OVER,
    WindowClosed: ErasureReason.EXPIRED,
    ReservationCancelled: ErasureReason.CANCELLED,
    StaffClosedVisit: ErasureReason.CLOSED_BY_STAFF,
}


def reason_of(event: VisitEvent) -> ErasureReason:
    """Why the end of a visit by this event erases."""
    return _BY_EVENT[type(event)]


def with_face_gone(
    tower: Tower, change: Change, reservation_id: str, why: ErasureReason, by: str = ""
) -> Change:
    """The change that also erases template and picture; call it inside the book's ``decide``.

    The reservation itself, with the picture in it, is left to the caller.
    """
    what = _kept(tower, reservation_id)
    if not what:
        return change
    owed = ErasureOwed(
        erasure_id=tower.chance.new_id(),
        reservation_id=reservation_id,
        what=what,
        why=why,
        by=by,
        owed_utc=tower.clock.utc(),
    )
    return replace(
        change,
        templates_gone=(*change.templates_gone, reservation_id),
        erasures=(*change.erasures, owed),
    )


def _kept(tower: Tower, reservation_id: str) -> tuple[str, ...]:
    """What there may be of this customer's face, on disk or with the identity process."""
    reservation = tower.book.reservations.get(reservation_id)
    picture = reservation is not None and reservation.sealed_portrait is not None
    template = reservation_id in tower.book.templates or reservation_id in tower.enrolled
    # An enrolment may be at work at this moment.
    return (*((PICTURE,) if picture else ()), *((TEMPLATE,) if picture or template else ()))


async def work_off(tower: Tower) -> None:
    """Have the identity process erase what is owed, oldest first, and write the receipts.

    Stops at the first one that it cannot be asked for.
    """
    for owed in list(tower.book.erasures.values()):
        held = await tower.identity.forget(owed.reservation_id)
        if held is None:
            return
        await _written(tower, owed, held)


async def _written(tower: Tower, owed: ErasureOwed, held: bool) -> None:
    def gone() -> None:
        tower.enrolled.pop(owed.reservation_id, None)

    # It may have gone before, by an answer that could not be written.
    receipt = _receipt(tower, owed, held or owed.reservation_id in tower.enrolled)
    change = Change(erasures_done=(owed.erasure_id,), events=(receipt,))
    await tower.book.record(lambda: change, gone)


def _receipt(tower: Tower, owed: ErasureOwed, held: bool) -> NewEvent:
    visit = tower.book.visit_of(owed.reservation_id)
    return tell(
        tower,
        "identity",
        "TemplateErased",
        subject=f"reservation/{owed.reservation_id}",
        correlation_id=visit.visit_id if visit else owed.erasure_id,
        data={
            "reservation_id": owed.reservation_id,
            "what": list(owed.what),
            "why": owed.why.value,
            "by": owed.by,
            "owed_utc": owed.owed_utc.isoformat(),
            "was_held": held,
        },
    )


async def erase_on_request(tower: Tower, reservation_id: str, by: str) -> ControlAnswer:
    """A named person passes on that a customer wants their face forgotten.

    The reservation stays, without consent: code and staff are the way from now on.
    """
    if not by.strip():
        return NotDone("a face is erased by a named person: no name was given")
    if reservation_id not in tower.book.reservations:
        return NotDone(
            f"reservation {reservation_id} is not held here: nothing of its customer's face is kept"
        )

    def decide() -> Change | None:
        reservation = tower.book.reservations.get(reservation_id)
        if reservation is None:
            return None
        without = replace(reservation, face_consent=False, sealed_portrait=None)
        change = Change(reservations=(without,))
        return with_face_gone(tower, change, reservation_id, ErasureReason.REQUESTED, by)

    try:
        change = await tower.book.record(decide)
    except JournalFault as fault:
        return NotDone(str(fault))
    if change is None or not change.erasures:
        return Done(f"reservation {reservation_id}: nothing of a face is kept")
    (owed,) = change.erasures
    return Done(
        f"reservation {reservation_id}: {' and '.join(owed.what)} erased on disk; the receipt "
        "comes when the identity process has forgotten it as well. The customer goes on with the "
        "code and staff"
    )
