"""Which of the PLC's alarms hold now: a pure reading of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_bridge.meanings import (
    AlarmCode,
    AlarmSource,
    JobError,
    JobState,
    LoadState,
    PcLink,
    Ups,
)
from hardware_sim.plant.axis import AxisName
from hardware_sim.plc.alarms import AlarmKey
from hardware_sim.plc.machine import Machine

DRIVE_C_MAX = 80.0
"""A drive this hot stops, and takes no job before it has cooled down and been reset."""

Conditions = Iterator[tuple[AlarmKey, int]]


def conditions(machine: Machine) -> dict[AlarmKey, int]:
    """Every alarm that holds, each with its parameter."""
    found: dict[AlarmKey, int] = {}
    for told in (_safety(machine), _supply(machine), _lifts(machine), _bays(machine)):
        found.update(told)
    return found


def drive_hot(machine: Machine, lift: int) -> bool:
    """Whether a drive of this lift is too hot to go on."""
    return _hottest_c(machine, lift) >= DRIVE_C_MAX


def _hottest_c(machine: Machine, lift: int) -> float:
    return max(machine.field.drive_temperature_c(lift, axis) for axis in AxisName)


def _safety(machine: Machine) -> Conditions:
    for code in machine.safety_alarms():
        if code is not AlarmCode.ESTOP:
            yield AlarmKey(code), 0
    for key in machine.estops_pressed():
        yield key, 0
    if machine.link.state is PcLink.LOST:
        yield AlarmKey(AlarmCode.PC_SILENT), 0


def _supply(machine: Machine) -> Conditions:
    source = machine.field.power_source
    if source != Ups.MAINS:
        yield AlarmKey(AlarmCode.MAINS_LOST), 0
    if source == Ups.BATTERY_LOW:
        yield AlarmKey(AlarmCode.BATTERY_LOW), 0


def _lifts(machine: Machine) -> Conditions:
    for number, lift in machine.lifts.items():
        if lift.job_state in {JobState.FAILED, JobState.ABORTED}:
            key = AlarmKey(AlarmCode.JOB_FAILED, AlarmSource.LIFT, number)
            yield key, int(lift.job_error)
        if lift.fault is JobError.DRIVE_FAULT:
            yield AlarmKey(AlarmCode.DRIVE_FAULT, AlarmSource.LIFT, number), 0
        if lift.fault is JobError.POSITION_LOST:
            yield AlarmKey(AlarmCode.POSITION_LOST, AlarmSource.LIFT, number), 0
        if lift.job is None and lift.load_state() is LoadState.UNKNOWN:
            yield AlarmKey(AlarmCode.LOAD_UNCERTAIN, AlarmSource.LIFT, number), 0
        if drive_hot(machine, number):
            key = AlarmKey(AlarmCode.DRIVE_HOT, AlarmSource.LIFT, number)
            yield key, round(10 * _hottest_c(machine, number))


def _bays(machine: Machine) -> Conditions:
    for number, bay in machine.bays.items():
        for which in bay.stuck:
            key = AlarmKey(AlarmCode.DOOR_STUCK, AlarmSource.BAY, number)
            yield key, 1 if which == "inner" else 2
        if not bay.shut("inner") and bay.sees("person_inside"):
            yield AlarmKey(AlarmCode.PERSON_INSIDE, AlarmSource.BAY, number), 0
