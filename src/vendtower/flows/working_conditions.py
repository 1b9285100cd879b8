"""Alarm conditions about people at the machine: maintenance that lasts, stops not led on."""

from collections.abc import Iterator

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.interruption import CABINET, InterruptionKind
from vendtower.domain.override import Override
from vendtower.flows.modes import maintenance_session, open_interruptions, stop_seen
from vendtower.flows.tower import Tower

_CODES = {
    InterruptionKind.ESTOP: OwnAlarm.ESTOP_DEVICE,
    InterruptionKind.DOOR: OwnAlarm.DOOR_INTERRUPTS,
    InterruptionKind.FIRE: OwnAlarm.FIRE_NOT_CONFIRMED,
}


def working_conditions(tower: Tower) -> Iterator[tuple[AlarmKey, str]]:
    """Everything of that kind that holds now, each with a sentence."""
    session = maintenance_session(tower)
    if session is not None and session.overdue(tower.clock.utc()):
        text = f"maintenance by {session.holder} ({session.reason}) should be over"
        yield AlarmKey(OwnAlarm.MAINTENANCE_OVERDUE.value), text
    for each in open_interruptions(tower):
        bay = each.device.bay
        source = "tower" if bay is None else f"bay {bay}"
        if each.device.kind is InterruptionKind.ESTOP and each.device.place != CABINET:
            source = each.device.place
        yield AlarmKey(_CODES[each.device.kind].value, source), str(each)
    now = tower.clock.utc()
    for override in tower.book.facts(Override):
        if override.lifts(override.hindrance, now):
            yield AlarmKey(OwnAlarm.OVERRIDE_IN_FORCE.value), str(override)
    stop = stop_seen(tower)
    if stop is not None:
        yield AlarmKey(OwnAlarm.STOP_NOT_LED_ON.value), f"{stop}, and nobody has led it on"
