"""One kiosk: waits for somebody, finds their reservation, and walks their visit with them."""

from datetime import timedelta

from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    FaceRecognised,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
)
from vendtower.domain.pickup import CustomerArrived, Visit, VisitState
from vendtower.domain.reservation import Reservation
from vendtower.flows.pickup_flow import STEP_FOR, advance
from vendtower.flows.service import hindrances
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

NOTICE_S = 6.0
"""How long a refusal or a farewell stays on the screen, unless somebody touches it."""
UNKNOWN_CODE = "unknown_code"
TOO_EARLY = "too_early"
OUT_OF_SERVICE = "out_of_service"
OTHER_KIOSK = "other_kiosk"
"""The visit of this code is under way at another kiosk."""
ASK_STAFF = "ask_staff"
"""A case about this reservation is open."""
CANNOT_SEE = {IdentityRefusal.CAMERA_UNAVAILABLE, IdentityRefusal.FACE_UNAVAILABLE}
"""Nobody can be identified here now, which the person has to be told."""


async def attend(tower: Tower, kiosk: Kiosk) -> None:
    """Serve one customer after the other at this kiosk, for ever."""
    while True:
        visit = _begun_visit(tower, kiosk) or await _check_in(tower, kiosk)
        if visit is not None:
            await _walk(tower, kiosk, visit)


def _begun_visit(tower: Tower, kiosk: Kiosk) -> Visit | None:
    """The visit that the journal has at this kiosk: the one that a restart interrupted."""
    for visit in tower.book.open_visits():
        if visit.bay == kiosk.bay and visit.state is not VisitState.EXPECTED:
            return visit
    return None


async def _walk(tower: Tower, kiosk: Kiosk, visit: Visit) -> None:
    kiosk.visit_id = visit.visit_id
    reservation = tower.book.reservations.get(visit.reservation_id)
    if reservation is not None:
        kiosk.language = reservation.language
    while visit.state in STEP_FOR:
        visit = await advance(visit, tower)
    await _farewell(tower, kiosk, visit)
    kiosk.visit_id = None
    kiosk.language = tower.site.tower.languages[0]


async def _farewell(tower: Tower, kiosk: Kiosk, visit: Visit) -> None:
    match visit.state:
        case VisitState.DEPARTED:
            tower.show(kiosk, KioskPhase.GOODBYE)
        case VisitState.REFERRED_TO_STAFF if visit.bay is not None:
            tower.show(kiosk, KioskPhase.REFERRED, visit.reason)
            await tower.until(lambda: _no_longer_referred(tower, visit.visit_id))
            return
        case VisitState.EXPECTED if not visit.reason:
            return
        case _:
            tower.show(kiosk, KioskPhase.REFUSED, visit.reason or visit.state.value)
    await _notice(tower, kiosk)


def _no_longer_referred(tower: Tower, visit_id: str) -> bool | None:
    """The bay stays the case's until a person has settled it."""
    visit = tower.book.visits.get(visit_id)
    referred = visit is not None and visit.state is VisitState.REFERRED_TO_STAFF
    return None if referred else True


async def _notice(tower: Tower, kiosk: Kiosk) -> None:
    kiosk.touched.clear()
    await tower.until(lambda: True if kiosk.touched.is_set() else None, NOTICE_S)


async def _check_in(tower: Tower, kiosk: Kiosk) -> Visit | None:
    """Wait for a touch and find out whose reservation this is; None when it is nobody's."""
    tower.show(kiosk, KioskPhase.FREE)
    kiosk.touched.clear()
    await kiosk.touched.wait()
    kiosk.touched.clear()
    if hindrances(tower):
        tower.show(kiosk, KioskPhase.REFUSED, OUT_OF_SERVICE)
        await _notice(tower, kiosk)
        return None
    tower.show(kiosk, KioskPhase.CHECKING_IN)
    due = [r.reservation_id for r in due_reservations(tower) if tower.has_template(r)]

    def hint(seen: CaptureHint) -> None:
        kiosk.hint = seen
        tower.bell.ring()

    arrival = await tower.identity.await_arrival(
        kiosk.number, due, tower.site.policies.identity_timeout_s, hint
    )
    return await _admit(tower, kiosk, arrival)


async def _admit(tower: Tower, kiosk: Kiosk, arrival: Arrival) -> Visit | None:
    record: MatchRecord | None = None
    match arrival:
        case NobodyIdentified(reason=reason) if reason in CANNOT_SEE:
            await _tell_refusal(tower, kiosk, reason.value)
            return None
        case NobodyIdentified():
            kiosk.language = tower.site.tower.languages[0]
            return None
        case CodePresented(code=code):
            reservation = _reservation_of(tower, code)
        case FaceRecognised(reservation_id=reservation_id, record=record):
            reservation = tower.book.reservations.get(reservation_id)
    refusal = UNKNOWN_CODE if reservation is None else _why_not_now(tower, reservation)
    if reservation is None or refusal:
        await _tell_refusal(tower, kiosk, refusal)
        return None
    kiosk.recognised = record
    return await _arrive(tower, kiosk, reservation, by_code=record is None)


def _reservation_of(tower: Tower, code: str) -> Reservation | None:
    """Whose code this is; somebody who is still expected goes before somebody who has come."""
    expected = waiting(tower)
    come = [r for r in tower.book.reservations.values() if r not in expected]
    return next((r for r in (*expected, *come) if r.accepts_code(code)), None)


def _why_not_now(tower: Tower, reservation: Reservation) -> str:
    """Why this customer is not served at this kiosk now; empty when they are."""
    visit = tower.book.visit_of(reservation.reservation_id)
    if visit is None:
        return UNKNOWN_CODE
    if visit.state is VisitState.REFERRED_TO_STAFF:
        return ASK_STAFF
    if visit.state is not VisitState.EXPECTED:
        return OTHER_KIOSK
    return "" if reservation in due_reservations(tower) else TOO_EARLY


async def _tell_refusal(tower: Tower, kiosk: Kiosk, reason: str) -> None:
    """A refused code is worth a line in the history, but never the code itself."""
    event = tell(
        tower,
        "kiosk",
        "CheckInRefused",
        subject=f"kiosk/{kiosk.number}",
        correlation_id=tower.chance.new_id(),
        data={"kiosk": kiosk.number, "reason": reason},
    )
    await tower.book.record(lambda: Change(events=(event,)))
    tower.show(kiosk, KioskPhase.REFUSED, reason)
    await _notice(tower, kiosk)


async def _arrive(
    tower: Tower, kiosk: Kiosk, reservation: Reservation, *, by_code: bool
) -> Visit | None:
    """The first touch that names a car: from here on the lift may be on its way."""

    def decide() -> Change | None:
        visit = tower.book.visit_of(reservation.reservation_id)
        if visit is None or visit.state is not VisitState.EXPECTED:
            return None
        now = tower.clock
        event = CustomerArrived(kiosk.bay, now.utc(), now.monotonic_s(), by_code)
        return visit_change(tower, visit, event)

    change = await tower.book.record(decide)
    return tower.book.visit_of(reservation.reservation_id) if change is not None else None


def waiting(tower: Tower) -> list[Reservation]:
    """Reservations whose customer has not come yet, in the order of their windows."""
    expected = {
        visit.reservation_id
        for visit in tower.book.open_visits()
        if visit.state is VisitState.EXPECTED
    }
    held = [r for r in tower.book.reservations.values() if r.reservation_id in expected]
    return sorted(held, key=lambda r: (r.starts_at, r.reservation_id))


def due_reservations(tower: Tower) -> list[Reservation]:
    """Reservations whose customer may come now, the site's grace before and after included."""
    policies = tower.site.policies
    now = tower.clock.utc()
    return [
        r
        for r in waiting(tower)
        if r.starts_at - timedelta(seconds=policies.early_s)
        <= now
        <= r.ends_at + timedelta(seconds=policies.late_s)
    ]
