"""Every enum and bit layout of the register map, and which field it belongs to.

The definitions stand in :mod:`~firmware_bridge.machine_meanings`,
:mod:`~firmware_bridge.job_meanings` and :mod:`~firmware_bridge.bay_meanings`; import them from
here.
"""

from __future__ import annotations

import re
from enum import IntEnum, IntFlag

from firmware_bridge.bay_meanings import (
    AlarmCode,
    AlarmFlags,
    AlarmSeverity,
    AlarmSource,
    BayInhibit,
    BayState,
    BayStatus,
    DoorState,
    Profile,
    Signal,
    SocketState,
    alarm_flags,
    alarm_severity,
    alarm_source,
)
from firmware_bridge.job_meanings import (
    AUXILIARY_VERBS,
    FULL_SPEED_PERMILLE,
    LIFT_VERBS,
    DoneResult,
    JobError,
    JobFlag,
    JobState,
    JobStep,
    PlaceKind,
    Result,
    Verb,
)
from firmware_bridge.machine_meanings import (
    Axis,
    AxisFlags,
    ControlCommand,
    Enabling,
    Inhibit,
    KeySwitch,
    LiftStatus,
    LoadState,
    MachineState,
    PcLink,
    Permit,
    SafetyA,
    SafetyB,
    UnitMode,
    Ups,
)
from firmware_bridge.register_map import Field

__all__ = [
    "AUXILIARY_VERBS",
    "FULL_SPEED_PERMILLE",
    "LIFT_VERBS",
    "AlarmCode",
    "AlarmFlags",
    "AlarmSeverity",
    "AlarmSource",
    "Axis",
    "AxisFlags",
    "BayInhibit",
    "BayState",
    "BayStatus",
    "ControlCommand",
    "DoneResult",
    "DoorState",
    "Enabling",
    "Inhibit",
    "JobError",
    "JobFlag",
    "JobState",
    "JobStep",
    "KeySwitch",
    "LiftStatus",
    "LoadState",
    "MachineState",
    "PcLink",
    "Permit",
    "PlaceKind",
    "Profile",
    "Result",
    "SafetyA",
    "SafetyB",
    "Signal",
    "SocketState",
    "UnitMode",
    "Ups",
    "Verb",
    "alarm_flags",
    "alarm_severity",
    "alarm_source",
    "meaning_of",
]

Meaning = type[IntEnum] | type[IntFlag]

# By block letter and field name; members of repeated groups without their number.
_MEANINGS: dict[tuple[str, str], Meaning] = {
    ("S", "state_current"): MachineState,
    ("S", "unit_mode"): UnitMode,
    ("S", "safety_a"): SafetyA,
    ("S", "safety_b"): SafetyB,
    ("S", "key_switch"): KeySwitch,
    ("S", "enabling"): Enabling,
    ("S", "pc_link"): PcLink,
    ("S", "alarm_top_sev"): AlarmSeverity,
    ("S", "aux_ack_result"): Result,
    ("S", "aux_state"): JobState,
    ("S", "aux_done_result"): DoneResult,
    ("S", "ups"): Ups,
    ("L", "state_current"): MachineState,
    ("L", "unit_mode"): UnitMode,
    ("L", "status"): LiftStatus,
    ("L", "inhibit"): Inhibit,
    ("L", "hoist_flags"): AxisFlags,
    ("L", "turn_flags"): AxisFlags,
    ("L", "shuttle_flags"): AxisFlags,
    ("L", "load_state"): LoadState,
    ("L", "ack_result"): Result,
    ("L", "job_state"): JobState,
    ("L", "job_step"): JobStep,
    ("L", "job_error"): JobError,
    ("L", "done_result"): DoneResult,
    ("B", "status"): BayStatus,
    ("B", "state"): BayState,
    ("B", "inner"): DoorState,
    ("B", "outer"): DoorState,
    ("B", "profile"): Profile,
    ("B", "signal"): Signal,
    ("B", "inhibit"): BayInhibit,
    ("P", "state"): SocketState,
    ("A", "code"): AlarmCode,
    ("A", "flags"): AlarmFlags,
    ("C", "permit"): Permit,
    ("C", "mode_req"): UnitMode,
    ("C", "cntrl_cmd"): ControlCommand,
    ("M", "verb"): Verb,
    ("M", "flags"): JobFlag,
    ("M", "src_kind"): PlaceKind,
    ("M", "dst_kind"): PlaceKind,
}

_GROUP_PREFIX = re.compile(r"^(?:bay|s|a)\d+_")


def meaning_of(field: Field) -> Meaning | None:
    """The enum or flag class of a field; ``None`` for plain numbers and bitmaps over words."""
    return _MEANINGS.get((field.block[0], _GROUP_PREFIX.sub("", field.name)))
