"""The question that comes before every lift job with a returned car: is nobody left inside?"""

from vendtower.domain.clearance import (
    Confirmation,
    Doubt,
    Stillness,
    doubt_about,
    evidence_of,
)
from vendtower.domain.dropoff import (
    BayCleared,
    BayReopened,
    Dropoff,
    DropoffEvent,
    DropoffStalled,
)
from vendtower.domain.machine import BayReport
from vendtower.flows.patience import Patience
from vendtower.flows.storing import report_of
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.screens import KioskPhase

STEADY_S = 1.0
"""The sensors have to agree for this long before a person is asked."""
DISAGREE_S = 5.0
"""Unlike sensors that contradict each other for this long are a question for staff."""


async def await_clearance(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """Two unlike sensors agree and a person outside says so; asked anew whenever one changes."""
    kiosk = tower.kiosk_at(dropoff.bay)
    kiosk.reopen_asked = False
    patience = Patience.begin(tower, kiosk, tower.site.policies.park_timeout_s)
    if kiosk.phase is not KioskPhase.MEASURING:
        tower.show(kiosk, KioskPhase.MEASURING)
    while not patience.over:
        bay = await patience.until(lambda: report_of(tower, dropoff.bay))
        if bay is None:
            break
        doubt = doubt_about(bay, dropoff.known_kg)
        if doubt is None:
            event = await _ask(dropoff, tower, patience, Stillness(bay))
        else:
            event = await _doubted(dropoff, tower, bay, *doubt)
        if event is not None:
            return event
    minutes = patience.limit_s / 60
    return DropoffStalled(f"nobody confirmed within {minutes:.0f} min that everybody is out")


async def _doubted(
    dropoff: Dropoff, tower: Tower, seen: BayReport, doubt: Doubt, why: str
) -> DropoffEvent | None:
    """Let out whoever is inside; give contradicting sensors a moment."""
    if doubt is Doubt.PERSON_INSIDE:
        return BayReopened(why)

    def look() -> bool | None:
        bay = report_of(tower, dropoff.bay)
        found = None if bay is None else doubt_about(bay, dropoff.known_kg)
        return None if found is not None and found[0] is doubt else True

    if await tower.until(look, DISAGREE_S) is not None:
        return None
    return DropoffStalled(why, seen.weight_kg if doubt is Doubt.WEIGHT_DIFFERS else None)


async def _ask(
    dropoff: Dropoff, tower: Tower, patience: Patience, stillness: Stillness
) -> DropoffEvent | None:
    """One question; None when the sensors have changed before it was answered."""
    kiosk = patience.kiosk

    def broken() -> str | None:
        return stillness.broken_by(report_of(tower, dropoff.bay), dropoff.known_kg)

    if await tower.until(broken, STEADY_S) is not None:
        return None
    kiosk.question += 1
    tower.show(kiosk, KioskPhase.CONFIRM_CLEAR)
    kiosk.reminders = patience.due
    answer = await patience.until(lambda: _answer(kiosk, broken()))
    kiosk.confirmed = None
    if answer == REOPEN:
        kiosk.reopen_asked = False
        return BayReopened(f"asked for at kiosk {kiosk.number}")
    if answer != CONFIRMED:
        tower.show(kiosk, KioskPhase.MEASURING)
        return None
    return _confirmed(dropoff, tower, kiosk, stillness)


REOPEN, CONFIRMED, CHANGED = "reopen", "confirmed", "changed"


def _answer(kiosk: Kiosk, change: str | None) -> str | None:
    if kiosk.reopen_asked:
        return REOPEN
    if change is not None:
        return CHANGED
    return CONFIRMED if kiosk.confirmed == kiosk.question else None


def _confirmed(
    dropoff: Dropoff, tower: Tower, kiosk: Kiosk, stillness: Stillness
) -> DropoffEvent | None:
    bay: BayReport | None = report_of(tower, dropoff.bay)
    if bay is None or stillness.broken_by(bay, dropoff.known_kg) is not None:
        return None
    by = kiosk.confirmed_by
    if dropoff.put_back and not by:
        return None
    vouched = f"{dropoff.vouched_by} says that the car weighs {dropoff.known_kg} kg"
    evidence = (
        *evidence_of(bay, dropoff.known_kg),
        *((vouched,) if dropoff.vouched_by else ()),
        f"{by or 'a person'} at kiosk {kiosk.number} says that everybody is out",
    )
    tower.confirmations[dropoff.dropoff_id] = Confirmation(
        stillness, dropoff.known_kg, tower.clock.monotonic_s(), evidence
    )
    return BayCleared(evidence, kiosk.number, by)
