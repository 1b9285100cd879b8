"""One kiosk: waits for somebody, finds their reservation or their car that is out, and walks
the visit or the return with them.
"""

from vendtower.domain.dropoff import Dropoff, DropoffState, EntryRefusal
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.pickup import Visit, VisitState
from vendtower.flows import dropoff_flow
from vendtower.flows.bay_service import bays_elsewhere
from vendtower.flows.check_in import check_in
from vendtower.flows.code_desk import forgive
from vendtower.flows.notice import notice
from vendtower.flows.pickup_flow import STEP_FOR, advance
from vendtower.flows.swap import lead_on
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.screens import KioskPhase

BACKED_OFF = {
    IdentityRefusal.DIFFERENT_PERSON.value,
    IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED.value,
}
"""Refusals after which the same reservation waits for its next try. Not where the face fitted and
a movement was missed: the screen asks that customer to try again, and the tries are counted."""


async def attend(tower: Tower, kiosk: Kiosk) -> None:
    """Serve one customer after the other at this kiosk, for ever."""
    while True:
        begun = _begun(tower, kiosk) or await check_in(tower, kiosk)
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
    refusals = visit.refusals
    while visit.state in STEP_FOR:
        visit = await advance(visit, tower)
        if visit.state is VisitState.VERIFIED:
            await forgive(tower, kiosk)
    if visit.refusals > refusals and visit.reason in BACKED_OFF:
        _note_refusal(tower, visit)
    await _farewell(tower, kiosk, visit)
    kiosk.visit_id = None
    kiosk.language = tower.site.tower.languages[0]


async def _walk_in(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> None:
    """A car's way in, from its announcement to the slot; a case in between is waited for.

    A car that people have carried to another bay goes on at that bay's kiosk.
    """
    kiosk.dropoff_id = dropoff.dropoff_id
    kiosk.language = _language(tower, kiosk, dropoff)
    while _goes_on_at(kiosk, dropoff):
        if _referred(dropoff):
            dropoff = await _settled(tower, kiosk, dropoff.dropoff_id)
        else:
            dropoff = await dropoff_flow.advance(dropoff, tower)
    if await lead_on(tower, kiosk, dropoff):
        pass
    elif dropoff.state is DropoffState.STORED:
        tower.show(kiosk, KioskPhase.RETURNED)
        await notice(tower, kiosk)
    elif dropoff.reason in {refusal.value for refusal in EntryRefusal}:
        tower.show(kiosk, KioskPhase.REFUSED, dropoff.reason)
        await notice(tower, kiosk)
    kiosk.dropoff_id = None
    kiosk.language = tower.site.tower.languages[0]


def _language(tower: Tower, kiosk: Kiosk, dropoff: Dropoff) -> str:
    known = dropoff.language in tower.site.tower.languages
    return dropoff.language if known and dropoff.language is not None else kiosk.language


def _goes_on_at(kiosk: Kiosk, dropoff: Dropoff) -> bool:
    goes_on = dropoff.state in dropoff_flow.STEP_FOR or _referred(dropoff)
    return goes_on and dropoff.bay == kiosk.bay


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
            kiosk.elsewhere = bays_elsewhere(tower, kiosk.bay, visit.vin)
    await notice(tower, kiosk)


def _no_longer_referred(tower: Tower, visit_id: str) -> bool | None:
    """The bay stays the case's until a person has settled it."""
    visit = tower.book.visits.get(visit_id)
    referred = visit is not None and visit.state is VisitState.REFERRED_TO_STAFF
    return None if referred else True


def _note_refusal(tower: Tower, visit: Visit) -> None:
    """From when on the same reservation has to wait for its next try."""
    known = tower.book.reservations
    for gone in tower.face_refused_s.keys() - known.keys():
        del tower.face_refused_s[gone]
    tower.face_refused_s[visit.reservation_id] = tower.clock.monotonic_s()
