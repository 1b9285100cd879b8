"""What the JSON interface says of a picture; pure functions, one per resource.

The shapes are stable: fields may be added, none is renamed or dropped within schema 1. Times are
RFC 3339 in UTC, units stand last in the names, and enums appear by their value. Portraits,
templates, check-in codes and keys are in no picture and so in no answer.
"""

from collections.abc import Sequence
from typing import TypeAlias

from vendtower.domain.case import Case
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import DROPOFF_ENDED
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import BayReport, LiftReport, MachineSnapshot
from vendtower.domain.pickup import ENDED, Visit
from vendtower.domain.places import Place
from vendtower.ports.journal import HistoryEvent, OutboxCounts
from vendtower.ports.screens import KioskStatus, TowerPicture
from vendtower.web import machine_views
from vendtower.web.alarm_views import alarm_list
from vendtower.web.dropoff_views import dropoff_list
from vendtower.web.job_views import job_list
from vendtower.web.list_view import list_view
from vendtower.web.operating_views import operating_lists, power_view
from vendtower.web.override_views import override_view
from vendtower.web.settlements import answers_of

SCHEMA = 1
JsonObject: TypeAlias = dict[str, object]


def status_view(picture: TowerPicture) -> JsonObject:
    """``/api/status``: the tower as a whole.

    ``in_service`` with ``out_of_service_why`` (list of sentences); ``mode`` and ``maintenance``
    (see ``machine_views.state_of``); ``plc`` (``state``,
    ``reason``); ``machine`` (see ``machine_view``, null before the first snapshot) with
    ``machine_fresh``; ``cloud`` (``reachable``, ``note``);
    ``reservation_list`` (see ``list_view``); ``face_available``, ``face_note``;
    ``liveness`` (whether faces have to follow challenges); ``kiosks``; ``outbox`` (``owed``,
    ``delivered``, ``waiting``, ``dead``); ``power`` (``profile``, ``why``, ``source``,
    ``moving_lifts_max``); ``lifts_not_in_service`` (``lift``, ``reason``: an open case about it or
    a latched fault; what people have taken out is in ``/api/out-of-service``); ``counts`` of what
    is open.
    """
    return {
        "schema": SCHEMA,
        "utc": picture.utc.isoformat(),
        "in_service": picture.in_service,
        "out_of_service_why": list(picture.out_of_service_why),
        **machine_views.state_of(picture),
        "overrides": [override_view(each) for each in picture.overrides],
        "plc": {"state": picture.plc_link.state.value, "reason": picture.plc_link.reason},
        "machine": None if picture.machine is None else machine_view(picture.machine),
        "machine_fresh": picture.machine_fresh,
        "cloud": {"reachable": picture.cloud_reachable, "note": picture.cloud_note},
        "reservation_list": list_view(picture),
        "face_available": picture.face_available,
        "liveness": picture.liveness,
        "face_note": picture.face_note,
        "kiosks": [_kiosk(kiosk) for kiosk in picture.kiosks],
        "outbox": _outbox(picture.outbox),
        "power": power_view(picture),
        "lifts_not_in_service": [
            {"lift": lift, "reason": why} for lift, why in sorted(picture.unable_lifts.items())
        ],
        "counts": {
            "cars": len(picture.ledger),
            "visits_open": sum(visit.state not in ENDED for visit in picture.visits),
            "dropoffs_open": sum(each.state not in DROPOFF_ENDED for each in picture.dropoffs),
            "jobs_open": sum(job.state in OPEN_JOB_STATES for job in picture.jobs),
            "cases_open": sum(case.is_open for case in picture.cases),
        },
    }


def machine_view(machine: MachineSnapshot) -> JsonObject:
    """The PLC's snapshot: ``state``, ``mode``, ``pc_link``, safety faults, lifts, bays, slots."""
    return {
        "state": machine.state.value,
        "mode": machine.mode.value,
        "pc_link": machine.pc_link.value,
        "session_accepted": machine.session_accepted,
        "safety_faults": sorted(machine.safety_faults),
        "key_switch": machine.key_switch.value,
        "enabling_held": machine.enabling_held,
        "alarm_count": machine.alarm_count,
        "lifts": [_lift(machine.lifts[number]) for number in sorted(machine.lifts)],
        "bays": [_bay(machine.bays[number]) for number in sorted(machine.bays)],
        "slots": {
            "occupied": sorted(machine.occupied_slots),
            "doubtful": sorted(machine.doubtful_slots),
            "blocked": sorted(machine.blocked_slots),
        },
    }


def visits_view(picture: TowerPicture) -> JsonObject:
    """``/api/visits``: every customer's way, with where their car is and ``car_eta_s``."""
    ways = {carriage.vin: carriage for carriage in picture.carriages}
    lines = {line.vehicle.vin: line for line in picture.ledger}
    etas = {kiosk.visit_id: kiosk.car_eta_s for kiosk in picture.kiosks if kiosk.visit_id}
    return {
        "schema": SCHEMA,
        "visits": [
            _visit(visit, ways.get(visit.vin), lines.get(visit.vin), etas.get(visit.visit_id))
            | {"car_left_because": _left(picture, visit)}
            for visit in picture.visits
        ],
    }


def cars_view(picture: TowerPicture) -> JsonObject:
    """``/api/cars``: the ledger; ``where`` is ``slot N``, ``bay N``, ``lift N``, ..."""
    ways = {carriage.vin: carriage for carriage in picture.carriages}
    return {
        "schema": SCHEMA,
        "cars": [_car(line, ways.get(line.vehicle.vin)) for line in picture.ledger],
    }


def cases_view(picture: TowerPicture) -> JsonObject:
    """``/api/cases``: questions for a named person, with the ``choices`` each one takes.

    ``answers`` explains each choice: ``settlement``, ``meaning``, ``consequences`` (sentences),
    ``may_move`` (whether something may move because of it), ``wants_slot``, ``wants_bay`` and
    ``wants_car`` (VIN or plate): what has to be given beside it.
    """
    machine = picture.machine if picture.machine_fresh else None
    return {"schema": SCHEMA, "cases": [_case(case, machine) for case in picture.cases]}


def events_view(events: Sequence[HistoryEvent]) -> JsonObject:
    """``/api/events``: the history, newest first; ``delivery`` tells what became of each."""
    return {
        "schema": SCHEMA,
        "events": [
            {
                "sequence": event.sequence,
                "event_id": event.event_id,
                "event_type": event.event_type,
                "subject": event.subject,
                "utc": event.utc.isoformat(),
                "correlation_id": event.correlation_id,
                "data": dict(event.data),
                "delivery": event.delivery,
            }
            for event in events
        ],
    }


def picture_view(picture: TowerPicture) -> JsonObject:
    """``/api/stream``: all of the above (without the history) as one object."""
    return {
        "schema": SCHEMA,
        "status": status_view(picture),
        "visits": visits_view(picture)["visits"],
        "cars": cars_view(picture)["cars"],
        "jobs": job_list(picture),
        "cases": cases_view(picture)["cases"],
        "alarms": alarm_list(picture),
        "dropoffs": dropoff_list(picture),
        **operating_lists(picture),
    }


def _kiosk(kiosk: KioskStatus) -> JsonObject:
    return {
        "number": kiosk.number,
        "bay": kiosk.bay,
        "phase": kiosk.phase.value,
        "language": kiosk.language,
        "hint": None if kiosk.hint is None else kiosk.hint.value,
        "visit_id": kiosk.visit_id,
        "case_id": kiosk.case_id,
        "reason": kiosk.reason,
        "face_available": kiosk.face_available,
        "car_eta_s": kiosk.car_eta_s,
        "reminding": kiosk.reminding,
        "reminders": kiosk.reminders,
        "wants_name": kiosk.wants_name,
        "question": kiosk.question,
        "closed": None if kiosk.closed is None else kiosk.closed.value,
        "elsewhere": list(kiosk.elsewhere),
    }


def _outbox(counts: OutboxCounts) -> JsonObject:
    return {
        "owed": counts.owed,
        "delivered": counts.delivered,
        "waiting": counts.waiting,
        "dead": counts.dead,
    }


def _lift(lift: LiftReport) -> JsonObject:
    return {
        "number": lift.number,
        "state": lift.state.value,
        "ready": lift.ready,
        "homed": lift.homed,
        "standstill": lift.standstill,
        "inhibits": sorted(lift.inhibits),
        "hoist_position_mm": lift.hoist_position_mm,
        "turn_position_deg": lift.turn_position_deg,
        "shuttle_position_mm": lift.shuttle_position_mm,
        "load": lift.load.value,
        "load_kg": lift.load_kg,
        "job_state": lift.job.state.value,
        "job_step": lift.job.step,
        "job_error": lift.job.error,
    }


def _bay(bay: BayReport) -> JsonObject:
    return {
        "number": bay.number,
        "inner_door": bay.inner_door.value,
        "inner_locked": bay.inner_locked,
        "outer_door": bay.outer_door.value,
        "outer_locked": bay.outer_locked,
        "curtain_clear": bay.curtain_clear,
        "presence": bay.presence,
        "person_inside": bay.person_inside,
        "estop_pressed": bay.estop_pressed,
        "call_pressed": bay.call_pressed,
        "weight_kg": bay.weight_kg,
        "sealed": bay.sealed,
    }


def _visit(
    visit: Visit, way: Carriage | None, line: LedgerLine | None, eta_s: float | None
) -> JsonObject:
    return {
        "visit_id": visit.visit_id,
        "reservation_id": visit.reservation_id,
        "vin": visit.vin,
        "state": visit.state.value,
        "ended": visit.state in ENDED,
        "bay": visit.bay,
        "arrivals": visit.arrivals,
        "refusals": visit.refusals,
        "by_code": visit.by_code,
        "arrived_utc": None if visit.arrived_utc is None else visit.arrived_utc.isoformat(),
        "method": None if visit.method is None else visit.method.value,
        "reason": visit.reason,
        "car_state": None if way is None else way.state.value,
        "car_where": None if line is None else str(line.where),
        "car_eta_s": eta_s,
    }


def _left(picture: TowerPicture, visit: Visit) -> str | None:
    """Why no lift goes for the car now; null when one does, or nobody waits for it."""
    left = None if visit.state in ENDED else picture.left.get(visit.vin)
    return None if left is None else left.value


def _car(line: LedgerLine, way: Carriage | None) -> JsonObject:
    vehicle = line.vehicle
    return {
        "vin": vehicle.vin,
        "plate": vehicle.plate,
        "model": vehicle.model,
        "length_mm": vehicle.length_mm,
        "width_mm": vehicle.width_mm,
        "height_mm": vehicle.height_mm,
        "weight_kg": vehicle.weight_kg,
        "where": str(line.where),
        "state": None if way is None else way.state.value,
        "job_id": None if way is None else way.job_id,
        "case_id": None if way is None else way.case_id,
    }


def _case(case: Case, machine: MachineSnapshot | None) -> JsonObject:
    return {
        "case_id": case.case_id,
        "kind": case.kind.value,
        "question": case.question,
        "choices": [choice.value for choice in case.choices],
        "answers": [
            {
                "settlement": answer.settlement.value,
                "meaning": answer.meaning,
                "consequences": list(answer.consequences),
                "may_move": answer.may_move,
                "wants_slot": answer.wants_slot,
                "wants_bay": answer.wants_bay,
                "wants_car": answer.wants_car,
            }
            for answer in answers_of(case, machine)
        ],
        "opened_utc": case.opened_utc.isoformat(),
        "correlation_id": case.correlation_id,
        "vin": case.vin,
        "visit_id": case.visit_id,
        "lift": case.lift,
        "bay": case.bay,
        "job_id": case.job_id,
        "place": _place(case.place),
        "places": [str(place) for place in case.places],
        "open": case.is_open,
        "settlement": None if case.settlement is None else case.settlement.value,
        "settled_by": case.settled_by,
        "note": case.note,
        "settled_utc": None if case.settled_utc is None else case.settled_utc.isoformat(),
    }


def _place(place: Place | None) -> str | None:
    return None if place is None else str(place)
