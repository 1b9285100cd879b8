"""Why a lift would take no job now, bit by bit. The PLC's own rules, whatever the PC thinks."""

from __future__ import annotations

from firmware_bridge.meanings import (
    Inhibit,
    JobError,
    KeySwitch,
    LoadState,
    MachineState,
    PcLink,
    UnitMode,
    Ups,
)
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import Machine

FAULT_BITS = (
    Inhibit.SAFETY
    | Inhibit.LATCHED
    | Inhibit.NOT_IDLE
    | Inhibit.DRIVE_FAULT
    | Inhibit.HATCH_OR_PIT
    | Inhibit.POWER
)
PERMISSION_BITS = Inhibit.MODE | Inhibit.NO_PERMIT
WHOLE_BITS = Inhibit.LOAD_UNCERTAIN | Inhibit.NOT_HOMED
"""What home, or a job that begins on the lift, puts in order by itself."""

JOB_MODES = frozenset({UnitMode.PRODUCTION, UnitMode.MANUAL, UnitMode.COMMISSIONING})
JOB_STATES = frozenset({MachineState.IDLE, MachineState.EXECUTE})


def lift_inhibit(machine: Machine, lift: LiftControl) -> Inhibit:
    """Every reason why this lift takes no job now; zero: it takes one."""
    field, link = machine.field, machine.link
    bays = [machine.bays[number] for number in lift.view.lift.serves_bays]
    reasons = {
        Inhibit.SAFETY: not machine.safe() or not machine.brake_tested(),
        Inhibit.PC_SILENT: not link.fresh(field.now_s),
        Inhibit.LATCHED: link.state is PcLink.LOST,
        Inhibit.NO_PERMIT: not machine.permitted(lift.number),
        Inhibit.MODE: machine.mode not in JOB_MODES or field.key_switch != KeySwitch.AUTO,
        Inhibit.NOT_IDLE: machine.packml.state not in JOB_STATES,
        Inhibit.BUSY: lift.job is not None,
        Inhibit.NOT_HOMED: not field.shuttle_in(lift.number),
        Inhibit.DRIVE_FAULT: lift.fault is not JobError.NONE,
        Inhibit.LOAD_UNCERTAIN: lift.load_state() in {LoadState.SHIFTED, LoadState.UNKNOWN},
        Inhibit.DOOR_OPEN: not lift.view.doors_shut(),
        Inhibit.PERSON_IN_BAY: any(
            bay.sees("person_inside") and not bay.shut("inner") for bay in bays
        ),
        Inhibit.POWER: field.power_source == Ups.BATTERY_LOW,
        Inhibit.OTHER_LIFT: machine.shaft_taken(lift.number),
    }
    return Inhibit(sum(bit for bit, holds in reasons.items() if holds))
