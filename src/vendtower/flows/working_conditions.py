"""Alarm conditions about people at the machine: maintenance that lasts, stops not led on."""

from collections.abc import Iterator
from datetime import timedelta

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.interruption import CABINET, InterruptionKind, InterruptionState
from vendtower.domain.machine import DoorState, KeySwitch, MachineSnapshot
from vendtower.domain.machine_stop import STANDING_STILL
from vendtower.domain.modes import PLC_MODES, ModeChoice, OperatingMode
from vendtower.domain.override import Override
from vendtower.flows.modes import (
    maintenance_session,
    open_interruptions,
    operating_mode,
    stop_seen,
)
from vendtower.flows.service import MOVING_STATES
from vendtower.flows.tower import Tower

_CODES = {
    InterruptionKind.ESTOP: OwnAlarm.ESTOP_DEVICE,
    InterruptionKind.DOOR: OwnAlarm.DOOR_INTERRUPTS,
    InterruptionKind.FIRE: OwnAlarm.FIRE_NOT_CONFIRMED,
    InterruptionKind.PAUSE: OwnAlarm.DOOR_INTERRUPTS,
}

MODE_FORGOTTEN = timedelta(minutes=30)
"""A technician who orders single movements is done with them, or says so with a session."""
FIRE_LEVEL_TOLERANCE_MM = 20
"""A lift this near to its fire level stands there; doors of towers open within it."""


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
    yield from _fire_places(tower)
    stop = stop_seen(tower)
    if stop is not None:
        yield AlarmKey(OwnAlarm.STOP_NOT_LED_ON.value), f"{stop}, and nobody has led it on"
    if left := "; ".join(_left_standing(tower)):
        yield AlarmKey(OwnAlarm.LEFT_STANDING.value), left


def _left_standing(tower: Tower) -> Iterator[str]:
    """Why customers are not served where no other alarm says so, and nothing ends it by itself."""
    mode, machine = operating_mode(tower), tower.machine()
    if mode is OperatingMode.AUTOMATIC and machine is not None:
        yield from _not_followed(tower, machine)
    for choice in tower.book.facts(ModeChoice):
        forgotten = tower.clock.utc() - choice.utc > MODE_FORGOTTEN
        serves = choice.mode is OperatingMode.AUTOMATIC or choice.mode is not mode
        if forgotten and not serves and maintenance_session(tower) is None:
            yield f"mode is {mode.value} since {choice.utc:%Y-%m-%d %H:%M} UTC, by {choice.by}"


def _not_followed(tower: Tower, machine: MachineSnapshot) -> Iterator[str]:
    wanted = PLC_MODES[OperatingMode.AUTOMATIC]
    if wanted is not None and machine.mode is not wanted:
        yield f"machine mode is {machine.mode.value}, expected {wanted.value}"
    if machine.key_switch is not KeySwitch.AUTO:
        yield f"key switch stands at {machine.key_switch.value}, expected {KeySwitch.AUTO.value}"
    told = machine.state in MOVING_STATES | STANDING_STILL or open_interruptions(tower)
    if not told:
        yield f"machine state is {machine.state.value}"


def _fire_places(tower: Tower) -> Iterator[tuple[AlarmKey, str]]:
    """During a fire alarm: lifts that are not at their fire level, exits that are not open.

    The PLC brings them there by itself; this only tells people that it did not.
    """
    machine = tower.machine()
    burning = any(
        each.device.kind is InterruptionKind.FIRE and each.state is InterruptionState.ACTIVE
        for each in open_interruptions(tower)
    )
    if not burning or machine is None:
        return
    yield from _lifts_elsewhere(tower, machine)
    for bay in machine.bays.values():
        if bay.outer_door is not DoorState.OPEN:
            text = f"the street door of bay {bay.number} is {bay.outer_door.value}, expected open"
            yield AlarmKey(OwnAlarm.FIRE_PLACE_NOT_TAKEN.value, f"bay {bay.number}"), text


def _lifts_elsewhere(tower: Tower, machine: MachineSnapshot) -> Iterator[tuple[AlarmKey, str]]:
    heights_mm = {level.number: level.height_mm for level in tower.site.levels}
    for lift in tower.site.lifts:
        report = machine.lifts.get(lift.number)
        if report is None:
            continue
        level = lift.park_level if lift.fire_level is None else lift.fire_level
        wanted_mm = heights_mm[level]
        if abs(report.hoist_position_mm - wanted_mm) > FIRE_LEVEL_TOLERANCE_MM:
            text = (
                f"lift {lift.number} is at {report.hoist_position_mm} mm, expected level "
                f"{level} at {wanted_mm} mm"
            )
            yield AlarmKey(OwnAlarm.FIRE_PLACE_NOT_TAKEN.value, f"lift {lift.number}"), text
