"""What is wrong with the list of reservations, as alarms."""

from collections.abc import Iterator
from datetime import timedelta

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.reservation_list import ListState
from vendtower.flows.reservation_list import list_age
from vendtower.flows.tower import Tower

TEXT_CHARACTERS_MAX = 400


def list_conditions(tower: Tower) -> Iterator[tuple[AlarmKey, str]]:
    """Pages and reservations that are not proven, and the list's age."""
    memory = tower.list_memory
    if memory.refusal:
        yield AlarmKey(OwnAlarm.LIST_NOT_PROVEN.value, "tower"), memory.refusal
    if memory.unproven:
        told = [f"reservation {each}: {why}" for each, why in memory.unproven.items()]
        text = f"{len(told)} in the journal; {'; '.join(told)}"[:TEXT_CHARACTERS_MAX]
        yield AlarmKey(OwnAlarm.LIST_NOT_PROVEN.value, "journal"), text
    age = list_age(tower)
    limit_h = age.age_max_s / 3600.0
    if age.state is ListState.AGES:
        until = tower.clock.utc() + timedelta(seconds=age.left_s)
        text = f"staff decide about every customer from {until:%Y-%m-%d %H:%M} UTC on"
        yield AlarmKey(OwnAlarm.LIST_AGES.value, "tower"), text
    elif age.too_old and tower.book.boot_accepted:
        text = f"the cloud has not confirmed the list for more than {limit_h:g} h"
        if age.age_s is None:
            text = "the cloud has never confirmed the list"
        yield AlarmKey(OwnAlarm.LIST_TOO_OLD.value, "tower"), text
