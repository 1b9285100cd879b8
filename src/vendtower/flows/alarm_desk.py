"""What a named person may do with an alarm."""

from datetime import timedelta
from typing import assert_never

from vendtower.domain.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmEvent,
    AlarmKey,
    AlarmReturnedToService,
    AlarmShelved,
    AlarmTakenOutOfService,
    AlarmUnshelved,
)
from vendtower.domain.errors import IllegalEvent
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.flows.alarm_changes import AlarmChange
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    AlarmRequest,
    ControlAnswer,
    Done,
    NotDone,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

SHELVE_MINUTES_MAX = 24 * 60
"""Longer than a day is not for shelving: take the alarm out of service, and have it mended."""


async def ask(tower: Tower, request: AlarmRequest, by: str) -> ControlAnswer:
    """Do as asked, in one transaction with its event.

    Raises:
        CatalogueError: when no alarm has this code.
        CannotMask: when a fatal alarm would be hidden.
        JournalFault: when it could not be written; nothing has changed.
    """
    refusal = _refusal(request, by) or _stranger(tower, request.key)
    if refusal:
        return NotDone(refusal)
    severity = alarm_catalogue().entry(request.key.code).severity

    def decide() -> Change:
        standing = tower.book.alarms.get(request.key)
        change = AlarmChange(
            tower, standing or Alarm(request.key.code, request.key.source, severity)
        )
        change.apply(_event(tower, request, by))
        if isinstance(request, UnshelveAlarm | ReturnAlarmToService):
            change.raise_again()
        return change.change

    try:
        await tower.book.record(decide)
    except IllegalEvent as error:
        return NotDone(f"alarm {request.key} is {error.state.lower().replace('_', ' ')} now")
    return Done(f"alarm {request.key}: {_done(request)}, by {by}")


def _refusal(request: AlarmRequest, by: str) -> str:
    if not by.strip():
        return "alarms are answered by a named person: no name was given"
    if isinstance(request, ShelveAlarm | TakeAlarmOutOfService) and not request.reason.strip():
        return f"alarm {request.key}: a reason is wanted, none was given"
    if isinstance(request, ShelveAlarm) and not 1 <= request.minutes <= SHELVE_MINUTES_MAX:
        return (
            f"alarm {request.key}: found {request.minutes} minutes, "
            f"expected 1 to {SHELVE_MINUTES_MAX}"
        )
    return ""


def _stranger(tower: Tower, key: AlarmKey) -> str:
    """A mistyped place would be shelved for nothing, and the alarm heard all the same."""
    site = tower.site
    places = {
        "tower",
        *(f"lift {lift.number}" for lift in site.lifts),
        *(f"bay {bay.number}" for bay in site.bays),
        *(f"kiosk {kiosk.number}" for kiosk in site.kiosks),
        *(f"slot {number}" for number in site.slots),
        *(f"socket {slot.socket}" for slot in site.slots.values() if slot.socket is not None),
    }
    if key in tower.book.alarms or key.source in places:
        return ""
    return f"alarm {key}: no such alarm stands, and {key.source!r} is no place of this tower"


def _event(tower: Tower, request: AlarmRequest, by: str) -> AlarmEvent:
    utc = tower.clock.utc()
    match request:
        case AcknowledgeAlarm(note=note):
            return AlarmAcknowledged(by, utc, note)
        case ShelveAlarm(minutes=minutes, reason=reason):
            return AlarmShelved(by, reason, utc + timedelta(minutes=minutes))
        case UnshelveAlarm():
            return AlarmUnshelved(by)
        case TakeAlarmOutOfService(reason=reason):
            return AlarmTakenOutOfService(by, reason)
        case ReturnAlarmToService():
            return AlarmReturnedToService(by)
        case _:
            assert_never(request)


def _done(request: AlarmRequest) -> str:
    match request:
        case AcknowledgeAlarm():
            return "acknowledged"
        case ShelveAlarm(minutes=minutes):
            return f"shelved for {minutes} min"
        case UnshelveAlarm():
            return "no longer shelved"
        case TakeAlarmOutOfService():
            return "out of service"
        case ReturnAlarmToService():
            return "in service again"
        case _:
            assert_never(request)
