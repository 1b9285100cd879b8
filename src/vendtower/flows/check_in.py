"""The first minute at a kiosk: a code, a face or a card becomes a visit or a return."""

import asyncio
from collections.abc import Sequence
from typing import assert_never

from vendtower.domain.card import CardHeld
from vendtower.domain.code_guard import reader_place
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    FaceRecognised,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
)
from vendtower.domain.loan import Loan
from vendtower.domain.modes import Request
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.pickup_events import CustomerArrived
from vendtower.domain.reservation import Reservation
from vendtower.domain.spent_code import SpentCode
from vendtower.flows.bay_service import bays_elsewhere, why_closed, why_not_here
from vendtower.flows.camera_wait import CameraWait
from vendtower.flows.code_desk import (
    code_places,
    codes_paused_s,
    holder_of,
    nobodys_code,
)
from vendtower.flows.due import due_reservations, recognisable
from vendtower.flows.intake import announce_return, to_be_returned
from vendtower.flows.list_admission import NOT_PROVEN, call_for_unproven
from vendtower.flows.notice import notice
from vendtower.flows.patience import Patience
from vendtower.flows.reservation_list import why_doubtful, why_not_proven
from vendtower.flows.return_by_card import CardRefusal, loan_of_card
from vendtower.flows.service import hindrances
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

UNKNOWN_CODE = "unknown_code"
CODE_USED = "code_used"
"""The car of this code was collected and is back, or was never to come back."""
CODES_PAUSED = "codes_paused"
"""Too many codes have failed; for a while none lets anybody in."""
TOO_EARLY = "too_early"
TRY_SOON = "try_soon"
"""The face was refused a moment ago."""
OUT_OF_SERVICE = "out_of_service"
OTHER_KIOSK = "other_kiosk"
"""The visit of this code is under way at another kiosk."""
ASK_STAFF = "ask_staff"
"""A case about this reservation is open."""
CANNOT_SEE = {IdentityRefusal.CAMERA_UNAVAILABLE, IdentityRefusal.FACE_UNAVAILABLE}
"""Nobody can be seen here now, which the person has to be told; codes can be typed."""
BACK_OFF_FIRST_S = 5.0
"""After a refused face the same reservation waits so long; doubled by each further refusal."""

Begun = Visit | Dropoff | None
Presented = Arrival | CardHeld


async def check_in(tower: Tower, kiosk: Kiosk) -> Begun:
    """Wait for a touch, a key or a card and find out whose reservation or car this is.

    None when it is nobody's.
    """
    begun = kiosk.again or kiosk.typed.digits or kiosk.card is not None
    tower.show(kiosk, KioskPhase.FREE)
    kiosk.touched.clear()
    if not begun:
        await kiosk.touched.wait()
    kiosk.touched.clear()
    if _car_expected(tower, kiosk):
        kiosk.forget_keys()
        return None
    if hindrances(tower, Request.CHECK_IN):
        kiosk.forget_keys()
        tower.turned_away_utc = tower.clock.utc()
        tower.show(kiosk, KioskPhase.REFUSED, OUT_OF_SERVICE)
        await notice(tower, kiosk)
        return None
    if (closed := why_closed(tower, kiosk.bay)) is not None:
        kiosk.forget_keys()
        tower.turned_away_utc = tower.clock.utc()
        await _tell_refusal(tower, kiosk, closed.value)
        return None
    kiosk.other_way.clear()
    kiosk.without_face = False
    tower.show(kiosk, KioskPhase.CHECKING_IN)
    try:
        arrival = await _arrival(tower, kiosk)
    finally:
        kiosk.forget_keys()
    return None if arrival is None else await _admit(tower, kiosk, arrival)


async def _arrival(tower: Tower, kiosk: Kiosk) -> Presented | None:
    """A code, a face or a card; a camera that sees nothing leaves the keypad.

    None when a car is expected at this bay meanwhile, named by its plate.
    """
    patience = Patience.begin(tower, kiosk, tower.site.policies.identity_timeout_s)
    blind: IdentityRefusal | None = None
    while not patience.over:
        found = await _look(tower, kiosk, patience, blind)
        if _car_expected(tower, kiosk):
            return None
        if kiosk.other_way.is_set():
            kiosk.other_way.clear()
            kiosk.without_face = True
            tower.show(kiosk, KioskPhase.CHECKING_IN)
            if isinstance(found, CodePresented | CardHeld):
                return found
        elif isinstance(found, NobodyIdentified) and found.reason in CANNOT_SEE:
            blind = found.reason
            dark = blind is IdentityRefusal.CAMERA_UNAVAILABLE
            _hint(tower, kiosk, CaptureHint.CAMERA_UNAVAILABLE if dark else CaptureHint.TYPE_CODE)
        elif found is not None:
            return found
    return NobodyIdentified(blind or IdentityRefusal.TIMED_OUT)


async def _look(
    tower: Tower, kiosk: Kiosk, patience: Patience, blind: IdentityRefusal | None
) -> Presented | None:
    """Until there is an answer; None when the time is over or no face is wanted any more.

    A camera without a usable picture is soon given up: typing is what is left, and staff.
    """
    if blind is not None:
        await tower.until(lambda: _ended_by_hand(tower, kiosk), patience.left_s())
        return _by_hand(kiosk)
    looking = asyncio.ensure_future(
        tower.identity.await_arrival(
            kiosk.number,
            [] if kiosk.without_face else recognisable(tower),
            patience.left_s(),
            lambda seen: _hint(tower, kiosk, seen),
        )
    )
    looking.add_done_callback(lambda _done: tower.bell.ring())

    camera = CameraWait(tower, kiosk)

    def ended() -> bool | None:
        if looking.done() or kiosk.other_way.is_set() or camera.given_up():
            return True
        return _ended_by_hand(tower, kiosk)

    try:
        await tower.until(ended)
        if (by_hand := _by_hand(kiosk)) is not None or looking.done():
            return by_hand or _seen(tower, kiosk, looking.result())
        if kiosk.other_way.is_set() or _car_expected(tower, kiosk):
            return None
        return NobodyIdentified(IdentityRefusal.CAMERA_UNAVAILABLE)
    finally:
        looking.cancel()


def _seen(tower: Tower, kiosk: Kiosk, arrival: Arrival) -> Arrival:
    """What the camera says; whom it has found proves that it sees."""
    if not isinstance(arrival, NobodyIdentified):
        tower.alarm_facts.cameras_seen.add(kiosk.number)
    return arrival


def _ended_by_hand(tower: Tower, kiosk: Kiosk) -> bool | None:
    return True if _by_hand(kiosk) is not None or _car_expected(tower, kiosk) else None


def _car_expected(tower: Tower, kiosk: Kiosk) -> bool:
    """A car that is brought back was named by its plate."""
    return tower.book.dropoff_at(kiosk.bay) is not None


def _by_hand(kiosk: Kiosk) -> CodePresented | CardHeld | None:
    """What no camera is needed for; a code that is complete goes before a card."""
    return CodePresented(kiosk.typed.digits) if kiosk.typed.complete else kiosk.card


def _hint(tower: Tower, kiosk: Kiosk, seen: CaptureHint) -> None:
    kiosk.hint = seen
    tower.bell.ring()


async def _admit(tower: Tower, kiosk: Kiosk, arrival: Presented) -> Begun:
    match arrival:
        case NobodyIdentified(reason=reason) if reason in CANNOT_SEE:
            tower.turned_away_utc = tower.clock.utc()
            await _tell_refusal(tower, kiosk, reason.value)
            return None
        case NobodyIdentified():
            kiosk.language = tower.site.tower.languages[0]
            return None
        case CodePresented(code=code):
            return await _admit_code(tower, kiosk, code)
        case CardHeld(number=number):
            return await _admit_card(tower, kiosk, number)
        case FaceRecognised(reservation_id=reservation_id, record=record):
            reservation = tower.book.reservations.get(reservation_id)
            if reservation is None:
                await _tell_refusal(tower, kiosk, UNKNOWN_CODE)
                return None
            return await _admit_customer(tower, kiosk, reservation, record)
        case _:
            assert_never(arrival)


async def _admit_code(tower: Tower, kiosk: Kiosk, code: str) -> Begun:
    if codes_paused_s(tower, kiosk):
        if isinstance(holder_of(tower, code), Reservation):
            # Whoever has guessed codes here, the customer of this one came in time.
            tower.turned_away_utc = tower.clock.utc()
        # Also a code that is right: else the pause would only slow down, and not stop, guessing.
        await _tell_refusal(tower, kiosk, CODES_PAUSED)
        return None
    match holder_of(tower, code):
        case None:
            await _tell_refusal(tower, kiosk, UNKNOWN_CODE, counted_at=code_places(kiosk))
            return None
        case SpentCode(reservation_id=reservation_id):
            await _tell_refusal(tower, kiosk, CODE_USED, reservation_id)
            return None
        case Loan() as loan:
            return await announce_return(tower, kiosk, loan)
        case Reservation() as reservation:
            return await _admit_customer(tower, kiosk, reservation, None)


async def _admit_card(tower: Tower, kiosk: Kiosk, number: str) -> Begun:
    """A card names the car that is brought back with it, as a plate does, and nothing else."""
    named = loan_of_card(tower, kiosk, number)
    if isinstance(named, Loan):
        return await announce_return(tower, kiosk, named)
    await _tell_refusal(
        tower,
        kiosk,
        named.value,
        counted_at=[reader_place(kiosk.number)] if named is CardRefusal.UNKNOWN else [],
    )
    return None


async def _admit_customer(
    tower: Tower, kiosk: Kiosk, reservation: Reservation, record: MatchRecord | None
) -> Begun:
    """The reservation is known, by a face when there is a ``record``: may it be served now?"""
    refusal = _why_not_now(tower, reservation)
    closed = why_not_here(tower, reservation.vehicle.vin, kiosk.bay)
    if not refusal and closed is not None:
        refusal = closed.value
    if refusal == NOT_PROVEN:
        await call_for_unproven(tower, kiosk, reservation)
    if refusal:
        await _tell_refusal(tower, kiosk, refusal, reservation.reservation_id)
        return None
    if (first := to_be_returned(tower, reservation)) is not None:
        # A swap: the car that the customer has comes in before the other one goes out.
        return await announce_return(tower, kiosk, first)
    kiosk.recognised = record
    return await _arrive(tower, kiosk, reservation, by_code=record is None)


def _why_not_now(tower: Tower, reservation: Reservation) -> str:
    """Why this customer is not served at this kiosk now; empty when they are."""
    visit = tower.book.visit_of(reservation.reservation_id)
    if visit is None:
        return UNKNOWN_CODE
    if visit.state is VisitState.REFERRED_TO_STAFF:
        return ASK_STAFF
    if visit.state is not VisitState.EXPECTED:
        return OTHER_KIOSK
    if _backs_off(tower, visit):
        return TRY_SOON
    if why_not_proven(tower, reservation):
        return NOT_PROVEN
    return "" if reservation in due_reservations(tower) else TOO_EARLY


def _backs_off(tower: Tower, visit: Visit) -> bool:
    """Whether a face was refused for this reservation a moment ago."""
    refused_s = tower.face_refused_s.get(visit.reservation_id)
    if refused_s is None or not visit.refusals:
        return False
    pause_s = BACK_OFF_FIRST_S * 2.0 ** (visit.refusals - 1)
    return tower.clock.monotonic_s() - refused_s < pause_s


async def _tell_refusal(
    tower: Tower,
    kiosk: Kiosk,
    reason: str,
    reservation_id: str = "",
    *,
    counted_at: Sequence[str] = (),
) -> None:
    """A refused code or card is worth a line in the history, but never the code itself.

    ``counted_at`` has the places at which it counts as a guess.
    """
    data: dict[str, object] = {"kiosk": kiosk.number, "reason": reason}
    visit = tower.book.visit_of(reservation_id) if reservation_id else None
    if reservation_id:
        data["reservation_id"] = reservation_id
    if visit is not None and reason == OTHER_KIOSK:
        data["in_use_at_bay"] = visit.bay
    event = tell(
        tower,
        "kiosk",
        "CheckInRefused",
        subject=f"kiosk/{kiosk.number}",
        correlation_id=visit.visit_id if visit else tower.chance.new_id(),
        data=data,
    )
    await tower.book.record(lambda: nobodys_code(tower, kiosk, event, counted_at))
    tower.show(kiosk, KioskPhase.REFUSED, reason)
    kiosk.elsewhere = bays_elsewhere(tower, kiosk.bay, visit.vin if visit else None)
    await notice(tower, kiosk)


async def _arrive(
    tower: Tower, kiosk: Kiosk, reservation: Reservation, *, by_code: bool
) -> Visit | None:
    """The first touch that names a car: from here on the lift may be on its way."""

    def decide() -> Change | None:
        visit = tower.book.visit_of(reservation.reservation_id)
        if visit is None or visit.state is not VisitState.EXPECTED:
            return None
        if tower.book.dropoff_at(kiosk.bay) is not None:
            return None
        now = tower.clock
        event = CustomerArrived(
            kiosk.bay,
            now.utc(),
            now.monotonic_s(),
            by_code,
            kiosk.without_face,
            why_doubtful(tower),
        )
        return visit_change(tower, visit, event)

    change = await tower.book.record(decide)
    return tower.book.visit_of(reservation.reservation_id) if change is not None else None
