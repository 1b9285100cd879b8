"""Alarm conditions about people at the machine: maintenance that lasts, stops not led on."""

from collections.abc import Iterator

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.flows.modes import maintenance_session, stop_seen
from vendtower.flows.tower import Tower


def working_conditions(tower: Tower) -> Iterator[tuple[AlarmKey, str]]:
    """Everything of that kind that holds now, each with a sentence."""
    session = maintenance_session(tower)
    if session is not None and session.overdue(tower.clock.utc()):
        text = f"maintenance by {session.holder} ({session.reason}) should be over"
        yield AlarmKey(OwnAlarm.MAINTENANCE_OVERDUE.value), text
    stop = stop_seen(tower)
    if stop is not None:
        yield AlarmKey(OwnAlarm.STOP_NOT_LED_ON.value), f"{stop}, and nobody has led it on"
