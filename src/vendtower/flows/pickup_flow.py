"""One customer's way from the first touch of the kiosk to driving out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from vendtower.domain.bay_rules import departure_evidence, opening_hindrance
from vendtower.domain.delivery import CarriageState
from vendtower.domain.identity import (
    CaptureHint,
    FaceMatched,
    FaceRefused,
    IdentityMethod,
    IdentityRefusal,
    Verification,
    attempt_text,
)
from vendtower.domain.machine import BayReport
from vendtower.domain.modes import Request
from vendtower.domain.pickup import LAPSED, Visit, VisitState
from vendtower.domain.pickup_events import (
    AttemptsExhausted,
    BayNotCleared,
    CarDeparted,
    CarPresented,
    CustomerLeft,
    DeliveryFailed,
    FaceDeclined,
    HandOverStarted,
    IdentityRefused,
    ReservationCancelled,
    VerificationLapsed,
    VisitEvent,
)
from vendtower.domain.places import Bay
from vendtower.domain.reservation import Reservation
from vendtower.domain.verification_age import nobody_within
from vendtower.domain.visit_failure import FailureCause
from vendtower.flows import staff_route
from vendtower.flows.bay_service import sent_elsewhere
from vendtower.flows.camera_wait import CameraWait
from vendtower.flows.condition import note_hand_over
from vendtower.flows.doors import Errand
from vendtower.flows.hand_over import drive_out
from vendtower.flows.key_exchange import give_key, key_owed
from vendtower.flows.modes import open_interruptions, refusal
from vendtower.flows.reservation_list import why_not_proven
from vendtower.flows.service import fatal_alarms
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.verification import lapsed, verified_now
from vendtower.flows.visit_car import (
    asked_about,
    door_hindrance,
    out_with_another,
    stands_in_its_bay,
    why_not_departed,
)
from vendtower.flows.visit_changes import apply_to_visit
from vendtower.ports.screens import KioskPhase

TEMPLATE_WAIT_S = 15.0
"""How long a customer waits for the identity process to start and learn their face."""
NEEDS_STAFF = {
    IdentityRefusal.TOO_DARK,
    IdentityRefusal.CAMERA_UNAVAILABLE,
    IdentityRefusal.FACE_UNAVAILABLE,
}
"""The machine could not judge, which is no fault of the customer's: the other route is offered."""
COUNTED = {
    IdentityRefusal.DIFFERENT_PERSON,
    IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED,
    IdentityRefusal.CHALLENGE_NOT_FOLLOWED,
}
"""Refusals that may be somebody's attempt at another's car: after a few, staff have to look."""


async def advance(visit: Visit, tower: Tower) -> Visit:
    """Await what the visit waits for, and journal it."""
    event = await STEP_FOR[visit.state](visit, tower)
    if isinstance(event, CustomerLeft) and visit.reason == LAPSED:
        # They were here in time, and the tower let them wait for so long.
        tower.turned_away_utc = tower.clock.utc()
    return await apply_to_visit(tower, visit, event)


async def verify_identity(visit: Visit, tower: Tower) -> VisitEvent | None:
    """Is the person at the kiosk the reserved customer? The car is on its way meanwhile."""
    kiosk = _kiosk(visit, tower)
    recognised, kiosk.recognised = kiosk.recognised, None
    reservation = tower.book.reservations.get(visit.reservation_id)
    if reservation is None:
        return ReservationCancelled()
    if why := why_not_proven(tower, reservation):
        return CustomerLeft(why)
    # With liveness on, having been recognised only names the customer: a picture can be, too.
    if recognised is not None and not tower.site.identity.liveness and not visit.doubt:
        return verified_now(tower, IdentityMethod.FACE_AMONG_DUE, recognised)
    if (closed := sent_elsewhere(tower, visit)) is not None:
        return closed
    without = _why_without_face(visit, tower, reservation)
    if without:
        return await staff_route.verify(visit, tower, kiosk, without)
    kiosk.other_way.clear()
    tower.show(kiosk, KioskPhase.VERIFYING, visit.reason)
    if not await _has_template(visit, tower):
        return await staff_route.verify(visit, tower, kiosk, staff_route.NO_TEMPLATE)
    result = await _compare(visit, tower, kiosk)
    if _withdrawn(visit, tower):
        return ReservationCancelled()
    counted = isinstance(result, FaceRefused) and result.reason in COUNTED
    if not counted and (closed := sent_elsewhere(tower, visit)) is not None:
        return closed
    if result is None:
        return FaceDeclined()
    return _verdict(result, visit, tower) or await staff_route.verify(
        visit, tower, kiosk, _could_not_judge(result)
    )


def _why_without_face(visit: Visit, tower: Tower, reservation: Reservation) -> str:
    """Why no camera looks at this customer, for staff; empty when one does."""
    if visit.doubt:
        return visit.doubt
    if not reservation.face_consent:
        return staff_route.NO_CONSENT
    if visit.without_face or staff_route.is_waiting(visit, tower):
        return staff_route.CHOSEN
    return ""


def _could_not_judge(result: Verification) -> str:
    why = attempt_text(result.reason, result.record) if isinstance(result, FaceRefused) else ""
    return f"could not be judged by the machine: {why}"


def _verdict(result: Verification, visit: Visit, tower: Tower) -> VisitEvent | None:
    """What the camera's answer means; None where staff have to look."""
    match result:
        case FaceMatched(record=record):
            method = IdentityMethod.FACE_WITH_CODE
            if not visit.by_code:
                method = IdentityMethod.FACE_AMONG_DUE
            return verified_now(tower, method, record)
        case FaceRefused(reason=reason, record=record) if reason in COUNTED:
            if visit.refusals + 1 >= tower.site.policies.identity_attempts_max:
                return AttemptsExhausted(reason, record)
            return IdentityRefused(reason, record)
        case FaceRefused(reason=reason, record=record) if reason not in NEEDS_STAFF:
            return CustomerLeft(attempt_text(reason, record))
        case _:
            return None


def _withdrawn(visit: Visit, tower: Tower) -> bool:
    return visit.reservation_id not in tower.book.reservations


async def _compare(visit: Visit, tower: Tower, kiosk: Kiosk) -> Verification | None:
    """Compare the face with the reserved customer's; None when that is not wanted any more.

    The reservation was withdrawn, the bay was closed, or the customer chose the way without a
    face.
    """
    camera = CameraWait(tower, kiosk)
    blind = False

    def look() -> bool | None:
        nonlocal blind
        ended = comparing.done() or kiosk.other_way.is_set() or _withdrawn(visit, tower)
        blind = not ended and camera.given_up()
        return True if ended or blind or sent_elsewhere(tower, visit) is not None else None

    comparing = asyncio.ensure_future(
        tower.identity.verify(
            kiosk.number,
            visit.reservation_id,
            tower.site.policies.identity_timeout_s,
            lambda hint: _hint(tower, kiosk, hint),
        )
    )
    comparing.add_done_callback(lambda _done: tower.bell.ring())
    try:
        await tower.until(look)
        if blind:
            return FaceRefused(IdentityRefusal.CAMERA_UNAVAILABLE)
        return comparing.result() if comparing.done() else None
    finally:
        comparing.cancel()


async def _has_template(visit: Visit, tower: Tower) -> bool:
    """Whether there is a face to compare with; right after a start it may be in the making."""

    def look() -> bool | None:
        reservation = tower.book.reservations.get(visit.reservation_id)
        if reservation is None:
            return False
        if tower.has_template(reservation):
            return True
        hopeless = tower.not_enrollable.get(visit.reservation_id) == reservation.revision
        return False if hopeless else None

    return bool(await tower.until(look, TEMPLATE_WAIT_S))


def _hint(tower: Tower, kiosk: Kiosk, hint: CaptureHint) -> None:
    kiosk.hint = hint
    tower.bell.ring()


async def await_car(visit: Visit, tower: Tower) -> VisitEvent | None:
    """Wait until the customer's own car stands in their bay with the inner door locked."""
    tower.show(_kiosk(visit, tower), KioskPhase.BRINGING_CAR)
    return await _while_so(visit, tower, lambda: _car_arrived(visit, tower))


def _car_arrived(visit: Visit, tower: Tower) -> VisitEvent | None:
    if _withdrawn(visit, tower):
        return ReservationCancelled()
    if (closed := sent_elsewhere(tower, visit)) is not None:
        return closed
    carriage = tower.book.carriage(visit.vin)
    if carriage.state is CarriageState.GONE:
        return _not_delivered(visit, tower)
    here = (
        carriage.state is CarriageState.IN_BAY
        and tower.book.ledger.car_at(Bay(_bay_of(visit))) == visit.vin
    )
    bay = _bay_report(visit, tower)
    if not here or asked_about(tower, visit) or bay is None or not bay.sealed:
        return None
    return VerificationLapsed() if lapsed(tower, visit) else CarPresented(_bay_of(visit))


def _not_delivered(visit: Visit, tower: Tower) -> DeliveryFailed:
    """In a swap the first car is in the tower already, which staff and cloud have to know."""
    other = out_with_another(tower, visit)
    why = f"it is out with reservation {other}" if other else "staff found it outside the tower"
    reservation = tower.book.reservations.get(visit.reservation_id)
    if reservation is None or reservation.swap_for is None:
        return DeliveryFailed(why)
    why = f"{why}; car {reservation.swap_for}, for which it was to be exchanged, is returned"
    return DeliveryFailed(why, FailureCause.SWAP_CAR_NOT_DELIVERED)


async def start_hand_over(visit: Visit, tower: Tower) -> VisitEvent | None:
    """The last moment at which the cloud's withdrawal still keeps the car inside."""
    await note_hand_over(visit, tower)
    await give_key(visit, tower)
    tower.show(_kiosk(visit, tower), KioskPhase.HAND_OVER)
    return await _while_so(visit, tower, lambda: _nobody_inside(visit, tower))


def _nobody_inside(visit: Visit, tower: Tower) -> VisitEvent | None:
    if _withdrawn(visit, tower):
        return ReservationCancelled()
    if lapsed(tower, visit):
        # Also while nothing is known of the bay: nobody is to hand them the key any more.
        return VerificationLapsed()
    if refusal(tower, Request.HAND_OVER) is not None or _interrupted(visit, tower):
        return None
    bay = _bay_report(visit, tower)
    if bay is None or bay.person_inside or asked_about(tower, visit):
        return None
    # A clock that was wrong for a while may have ended the wait for the key; people may have
    # carried the car off meanwhile.
    anew = key_owed(visit, tower) or not stands_in_its_bay(tower, visit)
    return VerificationLapsed() if anew else HandOverStarted()


def _interrupted(visit: Visit, tower: Tower) -> bool:
    """Whether a stop, fire or a door is not confirmed to be over, for the tower or this bay."""
    return any(each.device.bay in {None, visit.bay} for each in open_interruptions(tower))


async def hand_over(visit: Visit, tower: Tower) -> VisitEvent:
    """Open the outer door, let the customer drive out, close it again."""
    tower.show(_kiosk(visit, tower), KioskPhase.HAND_OVER)
    if await _nobody_known_there(visit, tower):
        why = "the street door stays shut: the customer was verified too long ago"
        return BayNotCleared(why, FailureCause.DOOR_NOT_OPENED)
    errand = Errand(visit.vin, visit.visit_id)
    problem = await drive_out(
        tower, _bay_of(visit), errand, lambda bay: _why_shut(visit, tower, bay)
    )
    bay = _bay_report(visit, tower)
    evidence = departure_evidence(bay) if bay is not None else None
    if problem is not None:
        return BayNotCleared(problem.why, problem.cause)
    if evidence is None:
        return BayNotCleared("the bay's sensors changed their mind", FailureCause.BAY_IN_DOUBT)
    if (elsewhere := why_not_departed(tower, visit)) is not None:
        return BayNotCleared(elsewhere.why, elsewhere.cause)
    return CarDeparted((*evidence, "outer door closed and locked"))


async def _nobody_known_there(visit: Visit, tower: Tower) -> bool:
    """Whether a hand-over goes on so late, behind closed doors, that staff have to look who waits.

    A power cut may have come between the customer's look and the door.
    """
    clear_s = tower.site.policies.bay_clear_timeout_s
    if not lapsed(tower, visit, clear_s):
        return False
    bay = await tower.until(lambda: _bay_report(visit, tower), clear_s)
    return bay is None or (nobody_within(bay) and departure_evidence(bay) is None)


def _why_shut(visit: Visit, tower: Tower, bay: BayReport) -> str | None:
    current = tower.book.visits[visit.visit_id]
    why = "; ".join(fatal_alarms(tower)) or door_hindrance(tower, current, bay)
    return why or opening_hindrance(current, tower.book.ledger, bay)


async def _while_so(
    visit: Visit, tower: Tower, look: Callable[[], VisitEvent | None]
) -> VisitEvent | None:
    """What ``look`` sees; None when somebody else has changed the visit meanwhile."""

    def changed_or_seen() -> tuple[VisitEvent | None] | None:
        if tower.book.visits[visit.visit_id].state is not visit.state:
            return (None,)
        event = look()
        return None if event is None else (event,)

    seen = await tower.until(changed_or_seen)
    return None if seen is None else seen[0]


def _bay_of(visit: Visit) -> int:
    if visit.bay is None:
        raise ValueError(f"visit {visit.visit_id} in state {visit.state.value} has no bay")
    return visit.bay


def _kiosk(visit: Visit, tower: Tower) -> Kiosk:
    return tower.kiosk_at(_bay_of(visit))


def _bay_report(visit: Visit, tower: Tower) -> BayReport | None:
    machine = tower.machine()
    return None if machine is None else machine.bays.get(_bay_of(visit))


STEP_FOR: Mapping[VisitState, Callable[[Visit, Tower], Awaitable[VisitEvent | None]]] = {
    VisitState.AT_KIOSK: verify_identity,
    VisitState.VERIFIED: await_car,
    VisitState.PRESENTED: start_hand_over,
    VisitState.HANDING_OVER: hand_over,
}
"""The states in which a visit waits at a kiosk; what they wait for is the step."""
