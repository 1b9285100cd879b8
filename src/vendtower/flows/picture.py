"""The picture of the tower for screens and people, drawn anew when something has changed."""

import asyncio

from vendtower.domain.hindrance import ImposedBy
from vendtower.domain.modes import Request
from vendtower.domain.override import Override
from vendtower.domain.places import OnLift
from vendtower.flows.bay_service import bays_elsewhere, why_closed
from vendtower.flows.leasing import moving_lifts_max, power_profile, seen_leases
from vendtower.flows.lift_service import unable_lifts
from vendtower.flows.modes import maintenance_session, open_interruptions, operating_mode
from vendtower.flows.reservation_list import list_age
from vendtower.flows.service import hindrances, standing_hindrances
from vendtower.flows.time_to_car import time_to_car_s
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.screens import (
    KioskPhase,
    KioskStatus,
    ListStatus,
    PowerStatus,
    Screens,
    TowerPicture,
)

REDRAW_S = 0.2
"""Screens are drawn at most this often: the machine is read no faster."""


async def keep_picture(tower: Tower, screens: Screens) -> None:
    """For ever, while anybody looks: show what is, at most every ``REDRAW_S`` seconds and at
    least every second.
    """
    while True:
        heard = tower.bell.rings
        screens.show(draw(tower))
        await asyncio.sleep(REDRAW_S)
        await tower.bell.wait_beyond(heard, 1.0)
        await screens.wanted()


def draw(tower: Tower) -> TowerPicture:
    """Everything as it is now."""
    why = hindrances(tower, Request.CHECK_IN)
    return TowerPicture(
        utc=tower.clock.utc(),
        in_service=not why,
        out_of_service_why=why,
        plc_link=tower.plc.link,
        machine=tower.plc.snapshot,
        machine_fresh=tower.machine() is not None,
        cloud_reachable=tower.cloud_reachable,
        cloud_note=tower.cloud_note,
        face_available=tower.identity.available,
        kiosks=tuple(_kiosk(tower, kiosk) for kiosk in tower.kiosks.values()),
        visits=tuple(tower.book.visits.values()),
        carriages=tuple(tower.book.carriages.values()),
        ledger=tuple(tower.book.ledger),
        jobs=tuple(tower.book.jobs.values()),
        cases=tuple(tower.book.cases.values()),
        outbox=tower.book.outbox,
        liveness=tower.site.identity.liveness,
        face_note=tower.identity.why_unavailable or "",
        alarms=tower.alarms,
        dropoffs=tuple(tower.book.dropoffs.values()),
        mode=operating_mode(tower),
        maintenance=maintenance_session(tower),
        interruptions=open_interruptions(tower),
        overrides=tuple(each for each in tower.book.facts(Override) if not each.ended),
        liftable=tuple(
            each
            for each in standing_hindrances(tower, Request.CAR_MOVE)
            if each.imposed_by is ImposedBy.SOFTWARE
        ),
        notes=tuple(tower.book.notes.values()),
        leases=seen_leases(tower),
        power=_power(tower),
        left=dict(tower.left),
        unable_lifts=unable_lifts(tower),
        reservation_list=_list(tower),
    )


def _list(tower: Tower) -> ListStatus:
    return ListStatus(
        age=list_age(tower),
        signature_required=tower.site.cloud.list_signature == "required",
        refusal=tower.list_memory.refusal,
        unproven=dict(tower.list_memory.unproven),
    )


def _power(tower: Tower) -> PowerStatus:
    profile, why = power_profile(tower)
    return PowerStatus(profile, why, moving_lifts_max(tower))


def _kiosk(tower: Tower, kiosk: Kiosk) -> KioskStatus:
    visit = tower.book.visits.get(kiosk.visit_id or "")
    reservation = tower.book.reservations.get(visit.reservation_id) if visit else None
    phase, case_id = kiosk.phase, _case_id(tower, kiosk)
    if phase in {KioskPhase.BRINGING_CAR, KioskPhase.STORING} and case_id is not None:
        phase = KioskPhase.REFERRED
    closed = why_closed(tower, kiosk.bay)
    nobody = phase is KioskPhase.FREE and closed is not None
    return KioskStatus(
        number=kiosk.number,
        bay=kiosk.bay,
        phase=phase,
        language=kiosk.language,
        greeting=reservation.greeting if reservation else "",
        hint=kiosk.hint,
        visit_id=kiosk.visit_id,
        case_id=case_id,
        reason=kiosk.reason,
        face_available=tower.identity.available,
        car_eta_s=time_to_car_s(tower, visit.vin, kiosk.bay) if visit else None,
        reminding=kiosk.reminding,
        reminders=kiosk.reminders,
        sounding=kiosk.sounding,
        question=kiosk.question,
        closed=closed,
        elsewhere=bays_elsewhere(tower, kiosk.bay) if nobody else kiosk.elsewhere,
        typed=len(kiosk.typed.digits),
        without_face=kiosk.without_face,
        wants_name=_wants_name(tower, kiosk),
    )


def _wants_name(tower: Tower, kiosk: Kiosk) -> bool:
    dropoff = tower.book.dropoffs.get(kiosk.dropoff_id or "")
    asking = kiosk.phase is KioskPhase.CONFIRM_CLEAR
    return asking and dropoff is not None and dropoff.put_back


def _case_id(tower: Tower, kiosk: Kiosk) -> int | None:
    visit = tower.book.visits.get(kiosk.visit_id or "")
    dropoff = tower.book.dropoffs.get(kiosk.dropoff_id or "")
    for case in tower.book.open_cases():
        if dropoff and dropoff.vin == case.vin:
            return case.case_id
        if visit and (case.visit_id == visit.visit_id or case.vin == visit.vin):
            return case.case_id
        if (
            case.vin is None
            and case.lift is not None
            and visit
            and visit.vin == _car_on(tower, case.lift)
        ):
            return case.case_id
    return None


def _car_on(tower: Tower, lift: int) -> str | None:
    return tower.book.ledger.car_at(OnLift(lift))
