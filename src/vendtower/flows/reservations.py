"""What the cloud says of reservations, examined and written down."""

import logging
from dataclasses import fields, replace
from functools import partial

from vendtower.domain.erasure import ErasureReason
from vendtower.domain.pickup import ENDED, Visit, VisitState
from vendtower.domain.pickup_events import ReservationCancelled
from vendtower.domain.reservation import (
    Reservation,
    ReservationChange,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.domain.reservation_check import problem_with
from vendtower.domain.withdrawal import AFTER_THE_DOOR
from vendtower.flows.erasure import with_face_gone
from vendtower.flows.reservation_list import why_not_proven
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import car_facts, visit_change
from vendtower.ports.journal import Change, NewEvent

_log = logging.getLogger(__name__)

_APART = {"sealed_portrait", "face_consent", "proof"}
"""What the tower itself forgets of a reservation that it holds, and the signature over it."""
_SAID = tuple(each.name for each in fields(Reservation) if each.name not in _APART)


async def take_changes(tower: Tower, changes: tuple[ReservationChange, ...], cursor: str) -> None:
    """Write every change down, in order; the cursor moves last, together with the refusals.

    A page that comes twice (the power went before the cursor was kept) alters nothing twice:
    what is taken is told apart by its revision, and refusals are told with the cursor or not
    at all.

    Raises:
        JournalFault: the cursor has not moved; the same changes come again.
    """
    refusals: list[NewEvent] = []
    for change in changes:
        await tower.book.record(partial(_change, tower, change, refusals))
    await tower.book.record(lambda: Change(cursor=cursor, events=tuple(refusals)))


def _change(tower: Tower, change: ReservationChange, refusals: list[NewEvent]) -> Change | None:
    match change:
        case ReservationSet(reservation=reservation):
            refused = _reason_to_refuse(tower, reservation)
            if refused is None:
                return _taken(tower, reservation)
            refusals.append(_refusal(tower, reservation.reservation_id, *refused))
            return None
        case ReservationWithdrawn(reservation_id=reservation_id):
            return _withdrawn(tower, reservation_id)
        case ReservationUnreadable(reservation_id=reservation_id, why=why, unproven=unproven):
            problem = "not_proven" if unproven else "unreadable"
            _log.warning("reservation %s: refused: %s", reservation_id or "?", why)
            refusals.append(_refusal(tower, reservation_id or "?", problem, why))
            return None


def _reason_to_refuse(tower: Tower, reservation: Reservation) -> tuple[str, str] | None:
    """Name of the problem and a sentence; what is held already, word for word, has none."""
    held = _proven(tower, reservation)
    if held is not None and held.revision == reservation.revision:
        changed = [name for name in _SAID if getattr(held, name) != getattr(reservation, name)]
        if changed:
            why = f"revision {held.revision} is held with other content ({', '.join(changed)})"
            return "revision_reused", f"{why}; a change carries a higher revision"
    if _is_held(tower, reservation) or _renewed(tower, reservation) is not None:
        return None
    visit = tower.book.visit_of(reservation.reservation_id)
    if visit is not None and visit.state in ENDED:
        return "visit_over", f"the visit is over: {visit.state.value}"
    if visit is not None and visit.state is not VisitState.EXPECTED:
        return (
            "visit_under_way",
            f"the visit is {visit.state.value} and goes on as it was booked",
        )
    spent = tower.book.spent_codes.get(reservation.code_sha256.lower())
    if spent is not None:
        why = f"its code has collected the car of reservation {spent.reservation_id} already"
        return "code_used", why
    problem = problem_with(
        reservation,
        ledger=tower.book.ledger,
        slots=tower.site.slots,
        others=tower.book.reservations.values(),
        now=tower.clock.utc(),
    )
    return None if problem is None else (problem[0].value, problem[1])


def _proven(tower: Tower, reservation: Reservation) -> Reservation | None:
    """The record of this reservation that is held; one that is not proven counts as none."""
    held = tower.book.reservations.get(reservation.reservation_id)
    return None if held is None or why_not_proven(tower, held) else held


def _is_held(tower: Tower, reservation: Reservation) -> bool:
    held = _proven(tower, reservation)
    return held is not None and held.revision >= reservation.revision


def _renewed(tower: Tower, reservation: Reservation) -> Reservation | None:
    """The record with a proof that holds, where it lacks nothing else; else None.

    What the tower has forgotten of the customer's face stays forgotten.
    """
    held = tower.book.reservations.get(reservation.reservation_id)
    if held is None or not reservation.proof or not why_not_proven(tower, held):
        return None
    if any(getattr(held, name) != getattr(reservation, name) for name in _SAID):
        return None
    consent = held.face_consent and reservation.face_consent
    picture = consent and held.sealed_portrait is not None
    return replace(
        reservation,
        face_consent=consent,
        sealed_portrait=reservation.sealed_portrait if picture else None,
    )


def _taken(tower: Tower, reservation: Reservation) -> Change | None:
    if _is_held(tower, reservation):
        return None
    if (renewed := _renewed(tower, reservation)) is not None:
        return Change(reservations=(renewed,))
    fresh = tower.book.visit_of(reservation.reservation_id) or Visit(
        visit_id=tower.chance.new_id(),
        reservation_id=reservation.reservation_id,
        vin=reservation.vehicle.vin,
    )
    taken = Change(
        visits=(replace(fresh, vin=reservation.vehicle.vin),),
        reservations=(reservation,),
        events=(
            tell(
                tower,
                "reservation",
                "Accepted",
                subject=f"reservation/{reservation.reservation_id}",
                correlation_id=fresh.visit_id,
                data={
                    "reservation_id": reservation.reservation_id,
                    "revision": reservation.revision,
                    "vin": reservation.vehicle.vin,
                    "place": str(tower.book.ledger.where(reservation.vehicle.vin)),
                },
            ),
            *_consent(tower, reservation, fresh.visit_id),
        ),
    )
    why = ErasureReason.REPLACED if reservation.face_consent else ErasureReason.CONSENT_WITHDRAWN
    return with_face_gone(tower, taken, reservation.reservation_id, why)


def _consent(tower: Tower, reservation: Reservation, visit_id: str) -> tuple[NewEvent, ...]:
    """For the history: how the customer decided about their face, when it is not known already."""
    held, decision = tower.book.reservations.get(reservation.reservation_id), reservation.consent
    known = held is not None and (held.face_consent, held.consent) == (
        reservation.face_consent,
        decision,
    )
    if known:
        return ()
    said: dict[str, object] = {
        "reservation_id": reservation.reservation_id,
        "revision": reservation.revision,
        "consent": reservation.face_consent,
        "text_version": None if decision is None else decision.text_version,
        "decided_at": None if decision is None else decision.decided_at.isoformat(),
        "channel": None if decision is None else decision.channel,
    }
    subject = f"reservation/{reservation.reservation_id}"
    event = tell(
        tower, "identity", "ConsentRecorded", subject=subject, correlation_id=visit_id, data=said
    )
    return (event,)


def _withdrawn(tower: Tower, reservation_id: str) -> Change | None:
    """Erase the record; a visit under way notices by itself that it is gone."""
    if reservation_id not in tower.book.reservations:
        return None
    gone = with_face_gone(
        tower,
        Change(reservations_gone=(reservation_id,)),
        reservation_id,
        ErasureReason.CANCELLED,
    )
    visit = tower.book.visit_of(reservation_id)
    if visit is not None and _is_too_late(visit):
        # Nothing is done behind the customer's back; the cloud hears both facts.
        told = tell(
            tower,
            "reservation",
            "WithdrawnTooLate",
            subject=f"reservation/{reservation_id}",
            correlation_id=visit.visit_id,
            data={"reservation_id": reservation_id, "vin": visit.vin, **car_facts(tower, visit)},
        )
        return replace(gone, events=(*gone.events, told))
    if visit is None or visit.state is not VisitState.EXPECTED:
        return gone
    return visit_change(tower, visit, ReservationCancelled())


def _is_too_late(visit: Visit) -> bool:
    """The outer door has been asked to open for the customer, or staff have the visit."""
    referred = visit.state is VisitState.REFERRED_TO_STAFF and visit.bay is not None
    return visit.state in AFTER_THE_DOOR or referred


def _refusal(tower: Tower, reservation_id: str, problem: str, why: str) -> NewEvent:
    visit = tower.book.visit_of(reservation_id)
    under_way = visit is not None and visit.state not in {VisitState.EXPECTED, *ENDED}
    return tell(
        tower,
        "reservation",
        "Refused",
        subject=f"reservation/{reservation_id}",
        correlation_id=tower.chance.new_id(),
        data={
            "reservation_id": reservation_id,
            "problem": problem,
            "why": why,
            **(car_facts(tower, visit) if visit is not None and under_way else {}),
        },
    )
