"""What the numbers of bays, sockets and the alarm list mean."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class BayStatus(IntFlag):
    """``bayN_status``. Closed and locked are two facts: a door may be closed and not yet locked."""

    INNER_CLOSED = 1 << 0
    INNER_LOCKED = 1 << 1
    OUTER_CLOSED = 1 << 2
    OUTER_LOCKED = 1 << 3
    CURTAIN_CLEAR = 1 << 4
    """The light curtain at the outer door is unbroken."""
    PRESENCE = 1 << 5
    """A car stands in the bay, by the floor sensors."""
    PERSON_INSIDE = 1 << 6
    """The person detection sees somebody."""
    ESTOP_PRESSED = 1 << 7
    """The e-stop of this bay. A copy for display."""
    CALL = 1 << 8
    """The call button is pressed."""


class BayState(IntEnum):
    """``bayN_state``: what the PLC thinks is going on in the bay."""

    FREE = 0
    """Empty: no car, no person."""
    ENTERING = 1
    """Outer door open, or a car or person is coming in."""
    MEASURING = 2
    """Both doors closed, the car is being measured until its length is read: no profile yet."""
    READY = 3
    """A measured or a presented car stands in it with both doors closed, nobody inside."""
    TRANSFER = 4
    """A lift is taking or giving a car; the inner door may be open."""
    EXIT = 5
    """The car may leave: outer door open or opening for a presented car."""
    BLOCKED = 6
    """Taken out of service, or faulted; see ``bayN_inhibit``."""


class DoorState(IntEnum):
    """``bayN_inner`` and ``bayN_outer``."""

    UNKNOWN = 0
    CLOSED = 1
    OPENING = 2
    OPEN = 3
    CLOSING = 4
    STUCK = 5
    """Did not arrive in its time; wants RESET_FAULT and a new order."""


class Profile(IntFlag):
    """``bayN_profile``: what is wrong with the car as measured. Zero: it fits."""

    TOO_LONG = 1 << 0
    TOO_WIDE = 1 << 1
    TOO_HIGH = 1 << 2
    TOO_HEAVY = 1 << 3
    OFF_CENTRE = 1 << 4
    OVERHANG = 1 << 5
    DOOR_OPEN = 1 << 6
    """A door, the bonnet or the boot of the car is open."""


class Signal(IntEnum):
    """``bayN_signal`` as shown, ``arg_a`` of the SIGNAL verb as wanted."""

    DARK = 0
    RED = 1
    YELLOW = 2
    GREEN = 3
    RED_FLASHING = 4
    YELLOW_FLASHING = 5
    GREEN_FLASHING = 6


class BayInhibit(IntFlag):
    """``bayN_inhibit``: every reason why a door or a transfer of this bay is refused now."""

    SAFETY = 1 << 0
    PERSON_INSIDE = 1 << 1
    CURTAIN_BROKEN = 1 << 2
    INNER_DOOR = 1 << 3
    """Inner door not closed and locked: the outer one stays shut."""
    OUTER_DOOR = 1 << 4
    """Outer door not closed and locked: no transfer."""
    TRANSFER = 1 << 5
    """A lift is giving or taking a car."""
    PRESENCE = 1 << 6
    """A car stands where the job wants none, or the other way round."""
    PROFILE = 1 << 7
    """The car does not fit, or has not been measured."""
    DOOR_FAULT = 1 << 8
    OUT_OF_SERVICE = 1 << 9


class SocketState(IntEnum):
    """``sN_state``: IEC 61851-1 states A to F."""

    UNKNOWN = 0
    """No such socket, or it does not answer."""
    A_FREE = 1
    B_CONNECTED = 2
    C_CHARGING = 3
    D_CHARGING_VENTILATED = 4
    E_NO_POWER = 5
    F_FAULT = 6


class AlarmSeverity(IntEnum):
    """Bits 0-1 of ``aN_flags``, and ``alarm_top_sev`` (of the active ones; 0 when none is)."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class AlarmSource(IntEnum):
    """Bits 4-7 of ``aN_flags``: what ``aN_source`` counts."""

    TOWER = 0
    LIFT = 1
    BAY = 2
    SLOT = 3
    SOCKET = 4


class AlarmFlags(IntFlag):
    """``aN_flags``. Severity and source are small numbers inside; see the functions below."""

    SEVERITY_MASK = 0b11
    ACTIVE = 1 << 2
    ACKNOWLEDGED = 1 << 3
    SOURCE_MASK = 0b1111 << 4


def alarm_flags(
    severity: AlarmSeverity, source: AlarmSource, *, active: bool, acknowledged: bool
) -> int:
    """The word ``aN_flags``."""
    word = int(severity) | int(source) << 4
    if active:
        word |= AlarmFlags.ACTIVE
    if acknowledged:
        word |= AlarmFlags.ACKNOWLEDGED
    return word


def alarm_severity(flags: int) -> AlarmSeverity:
    """The severity inside ``aN_flags``."""
    return AlarmSeverity(flags & AlarmFlags.SEVERITY_MASK)


def alarm_source(flags: int) -> AlarmSource:
    """The kind of source inside ``aN_flags``; :class:`ValueError` for a kind the map lacks."""
    return AlarmSource((flags & AlarmFlags.SOURCE_MASK) >> 4)


class AlarmCode(IntEnum):
    """``aN_code``; alarm ``n`` is bit ``n`` of ``alarm_words`` while active. ``aN_param`` beside.

    Codes 64 to 127 are free for the tower's builder.
    """

    ESTOP = 0
    SAFETY_CURTAIN = 1
    SAFETY_DOOR_LOCK = 2
    SLACK_ROPE = 3
    OVERSPEED = 4
    OVERLOAD = 5
    """Parameter: weight in 10 kg."""
    END_STOP = 6
    """Parameter: axis."""
    STO_FEEDBACK = 7
    FIRE = 8
    PIT = 9
    INSPECTION_HATCH = 10
    BRAKE_TEST_DUE = 11
    SAFETY_COMMS = 12
    PC_SILENT = 13
    PLC_STARTED = 14
    """A note: the PLC has started; retained values were found."""
    RETAINED_LOST = 15
    """Counters and jobs of before are gone."""
    JOB_FAILED = 16
    """Parameter: the JobError."""
    DRIVE_FAULT = 17
    """Parameter: axis."""
    POSITION_LOST = 18
    """Parameter: axis."""
    LOAD_UNCERTAIN = 19
    DOOR_STUCK = 20
    """Parameter: 1 inner, 2 outer."""
    PERSON_INSIDE = 21
    SENSOR_CONFLICT = 22
    BAY_NOT_CLEARED = 23
    MAINS_LOST = 24
    BATTERY_LOW = 25
    CABINET_HOT = 26
    """Parameter: 0.1 degree C."""
    DRIVE_HOT = 27
    """Parameter: 0.1 degree C."""
    WIND = 28
    """Parameter: 0.1 m/s."""
    SOCKET_FAULT = 29
    CHARGE_LIMIT = 30
    SCAN_OVERRUN = 31
    """Parameter: milliseconds."""
