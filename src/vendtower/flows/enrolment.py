"""Customers who are expected and agreed to it are known by face: from a template or a picture."""

from dataclasses import replace

from vendtower.domain.erasure import ErasureReason, SealedTemplate
from vendtower.domain.identity import Enrolled, EnrolmentFailed
from vendtower.domain.reservation import Reservation
from vendtower.flows.erasure import PICTURE
from vendtower.flows.reservation_list import why_not_proven
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, NewEvent

UNJUDGED_MAX = 3
"""A picture at which the identity process ended this often is not shown to it again."""


async def keep_templates(tower: Tower) -> None:
    """Enrol whoever is expected and agreed to it, one after the other."""
    for reservation_id in tower.not_enrollable.keys() - tower.book.reservations.keys():
        del tower.not_enrollable[reservation_id]
    for reservation_id in tower.unjudged.keys() - tower.book.reservations.keys():
        del tower.unjudged[reservation_id]
    for reservation in list(tower.book.reservations.values()):
        if not tower.identity.available:
            return
        if _wants_template(tower, reservation):
            await _enrol(tower, reservation)


def templates_wanted(tower: Tower) -> bool:
    """Whether somebody's is still to be made, by an identity process that can be asked."""
    reservations = tower.book.reservations.values()
    return tower.identity.available and any(_wants_template(tower, each) for each in reservations)


def _wants_template(tower: Tower, reservation: Reservation) -> bool:
    reservation_id = reservation.reservation_id
    owed = any(each.reservation_id == reservation_id for each in tower.book.erasures.values())
    return (
        reservation.face_consent
        and (reservation.sealed_portrait is not None or _kept(tower, reservation) is not None)
        and not tower.has_template(reservation)
        and reservation_id not in tower.list_memory.unproven
        and tower.not_enrollable.get(reservation_id) != reservation.revision
        # What is to be forgotten first must not be forgotten afterwards.
        and not owed
    )


def _kept(tower: Tower, reservation: Reservation) -> SealedTemplate | None:
    """The kept template, when it is of this revision's picture."""
    kept = tower.book.templates.get(reservation.reservation_id)
    return kept if kept is not None and kept.revision == reservation.revision else None


async def _enrol(tower: Tower, reservation: Reservation) -> None:
    if why_not_proven(tower, reservation):
        # Anybody can seal a picture to this tower; only the cloud can say whose it is.
        return
    kept, picture = _kept(tower, reservation), reservation.sealed_portrait
    if kept is not None:
        result = await tower.identity.restore(reservation.reservation_id, kept.sealed)
        if isinstance(result, EnrolmentFailed) and result.judged:
            await _tell_unusable(tower, reservation, result.why)
            if picture is None:
                tower.not_enrollable[reservation.reservation_id] = reservation.revision
                return
            result = await tower.identity.enrol(reservation.reservation_id, picture)
    elif picture is not None:
        result = await tower.identity.enrol(reservation.reservation_id, picture)
    else:
        return
    match result:
        case Enrolled():
            await _enrolled(tower, reservation, result)
        case EnrolmentFailed(judged=False) if not _hopeless(tower, reservation):
            return
        case EnrolmentFailed(why=why):
            event = _event(tower, reservation, "EnrolmentFailed", {"why": why})
            given_up = {reservation.reservation_id: reservation.revision}
            await tower.book.record(
                lambda: Change(events=(event,)), lambda: tower.not_enrollable.update(given_up)
            )


def _hopeless(tower: Tower, reservation: Reservation) -> bool:
    """Whether the identity process has ended at this reservation again and again."""
    times = tower.unjudged.get(reservation.reservation_id, 0) + 1
    tower.unjudged[reservation.reservation_id] = times
    return times >= UNJUDGED_MAX


async def _enrolled(tower: Tower, reservation: Reservation, result: Enrolled) -> None:
    """Keep what is to be kept; one that changed meanwhile is seen to in the next round."""

    def decide() -> Change | None:
        held = tower.book.reservations.get(reservation.reservation_id)
        if held is None or held.revision != reservation.revision or not held.face_consent:
            return None
        change = _with_template(tower, held, result)
        if change is None:
            known()
        return change

    def known() -> None:
        # In this moment nobody else decides, so memory and journal say the same.
        tower.enrolled[reservation.reservation_id] = reservation.revision

    tower.unjudged.pop(reservation.reservation_id, None)
    await tower.book.record(decide, known)
    tower.bell.ring()


def _with_template(tower: Tower, held: Reservation, result: Enrolled) -> Change | None:
    """The template goes to the journal, and the picture that it was made of goes from it."""
    if result.sealed_template is None:
        return None
    kept = SealedTemplate(held.reservation_id, held.revision, result.sealed_template)
    if held.sealed_portrait is None or tower.site.identity.keep_pictures:
        return Change(templates=(kept,))
    receipt = _event(
        tower,
        held,
        "PictureErased",
        {"what": [PICTURE], "why": ErasureReason.ENROLLED.value, "by": ""},
    )
    return Change(
        templates=(kept,),
        reservations=(replace(held, sealed_portrait=None),),
        events=(receipt,),
    )


async def _tell_unusable(tower: Tower, reservation: Reservation, why: str) -> None:
    """Without a picture the cloud is asked for one.

    What does not open stays until the visit ends, in case its key was only mislaid.
    """
    wanted = reservation.sealed_portrait is None
    event = _event(tower, reservation, "TemplateUnusable", {"why": why, "picture_wanted": wanted})
    await tower.book.record(lambda: Change(events=(event,)))


def _event(tower: Tower, reservation: Reservation, name: str, data: dict[str, object]) -> NewEvent:
    visit = tower.book.visit_of(reservation.reservation_id)
    return tell(
        tower,
        "identity",
        name,
        subject=f"reservation/{reservation.reservation_id}",
        correlation_id=visit.visit_id if visit else tower.chance.new_id(),
        data={"reservation_id": reservation.reservation_id, **data},
    )
