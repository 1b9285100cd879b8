"""One kiosk: waits for somebody, finds their reservation or their car that is out, and walks
the visit or the return with them.
"""

from vendtower.domain.dropoff import Dropoff, DropoffState, EntryRefusal
from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    FaceRecognised,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
)
from vendtower.domain.modes import Request
from vendtower.domain.pickup import CustomerArrived, Visit, VisitState
from vendtower.domain.reservation import Reservation
from vendtower.flows import dropoff_flow
from vendtower.flows.intake import announce_return, loans_out
from vendtower.flows.pickup_flow import STEP_FOR, advance
from vendtower.flows.service import hindrances
from vendtower.flows.telling import tell
from vendtower.flows.tower import Kiosk, Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.flows.windows import closes_at, opens_at
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
        begun = _begun(tower, kiosk) or await _check_in(tower, kiosk)
        match begun:
            case Visit():
                await _walk(tower, kiosk, begun)
            case Dropoff():
                await _walk_in(tower, kiosk, begun)
            case None:
                continue


def _begun(tower: Tower, kiosk: Kiosk) -> Visit | Dropoff | None:
    """What the journal has at this kiosk: begun before a restart, or announced by staff."""
    return _begun_visit(tower, kiosk) or tower.book.dropoff_at(kiosk.bay)


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


async def _walk_in(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> None:
    """A car's way in, from its announcement to the slot; a case in between is waited for."""
    kiosk.dropoff_id = dropoff.dropoff_id
    kiosk.language = _language(tower, kiosk, dropoff)
    while dropoff.state in dropoff_flow.STEP_FOR or _referred(dropoff):
        if _referred(dropoff):
            dropoff = await _settled(tower, kiosk, dropoff.dropoff_id)
        else:
            dropoff = await dropoff_flow.advance(dropoff, tower)
    if dropoff.state is DropoffState.STORED:
        tower.show(kiosk, KioskPhase.RETURNED)
        await _notice(tower, kiosk)
    elif dropoff.reason in {refusal.value for refusal in EntryRefusal}:
        tower.show(kiosk, KioskPhase.REFUSED, dropoff.reason)
        await _notice(tower, kiosk)
    kiosk.dropoff_id = None
    kiosk.language = tower.site.tower.languages[0]


def _language(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> str:
    known = dropoff.language in tower.site.tower.languages
    return dropoff.language if known and dropoff.language is not None else kiosk.language


def _referred(dropoff: Dropoff) -> bool:
    return dropoff.state is DropoffState.REFERRED_TO_STAFF


async def _settled(tower: Tower, kiosk: Kiosk, dropoff_id: str) -> Dropoff:
    """The drop-off once a person has settled its case; the bay stays the case's until then."""
    tower.show(kiosk, KioskPhase.REFERRED)
    await tower.until(lambda: None if _referred(tower.book.dropoffs[dropoff_id]) else True)
    return tower.book.dropoffs[dropoff_id]


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


async def _check_in(tower: Tower, kiosk: Kiosk) -> Visit | Dropoff | None:
    """Wait for a touch and find out whose reservation or car this is; None when it is nobody's."""
    tower.show(kiosk, KioskPhase.FREE)
    kiosk.touched.clear()
    await kiosk.touched.wait()
    kiosk.touched.clear()
    if tower.book.dropoff_at(kiosk.bay) is not None:
        return None
    if hindrances(tower, Request.CHECK_IN):
        tower.show(kiosk, KioskPhase.REFUSED, OUT_OF_SERVICE)
        await _notice(tower, kiosk)
        return None
    tower.show(kiosk, KioskPhase.CHECKING_IN)
    due = recognisable(tower)

    def hint(seen: CaptureHint) -> None:
        kiosk.hint = seen
        tower.bell.ring()

    arrival = await tower.identity.await_arrival(
        kiosk.number, due, tower.site.policies.identity_timeout_s, hint
    )
    return await _admit(tower, kiosk, arrival)


async def _admit(tower: Tower, kiosk: Kiosk, arrival: Arrival) -> Visit | Dropoff | None:
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
            loan = next((each for each in loans_out(tower) if each.accepts_code(code)), None)
            if reservation is None and loan is not None:
                return await announce_return(tower, kiosk, loan)
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
        if tower.book.dropoff_at(kiosk.bay) is not None:
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
