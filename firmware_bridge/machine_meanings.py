"""What the numbers of the system and lift blocks mean: states, modes, safety words, axes."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class MachineState(IntEnum):
    """``state_current``: the PackML states of ISA-TR88.00.02, in its numbering.

    OPC UA 30060 gives the same names other numbers; translate by name.
    """

    CLEARING = 1
    """Faults are being cleared after ``clear``; leads to STOPPED."""
    STOPPED = 2
    """At rest, takes no job; ``reset`` leads on."""
    STARTING = 3
    IDLE = 4
    """Ready, no job runs; a job may be taken."""
    SUSPENDED = 5
    """Waits for something outside: the PLC goes on by itself when it is there."""
    EXECUTE = 6
    """A job runs; on the system block, production runs on at least one lift."""
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    """After a fault, e-stop, or silence of the PC; ``clear`` and ``reset`` by a person lead on."""
    HOLDING = 10
    HELD = 11
    """Paused on request; ``unhold`` goes on with the same job."""
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETE = 17


class UnitMode(IntEnum):
    """``unit_mode`` as reported, ``mode_req`` as asked for."""

    NO_REQUEST = 0
    """Only in ``mode_req``: the controller asks for no change. The PLC never reports it."""
    PRODUCTION = 1
    MAINTENANCE = 2
    """Raw axis targets and jog are possible, with key switch and enabling device."""
    MANUAL = 3
    """Single jobs by a person; no jobs of the dispatcher."""
    COMMISSIONING = 4


class SafetyA(IntFlag):
    """``safety_a``: copies of the safety PLC's words, for display. 1 = healthy, 0 = tripped."""

    ESTOP_CHAIN = 1 << 0
    BAY_CURTAINS = 1 << 1
    DOOR_LOCKS = 1 << 2
    SLACK_ROPE = 1 << 3
    OVERSPEED = 1 << 4
    OVERLOAD = 1 << 5
    END_STOPS = 1 << 6
    STO_FEEDBACK = 1 << 7
    """Safe torque off answers as it was asked."""


class SafetyB(IntFlag):
    """``safety_b``: the same convention as :class:`SafetyA`, 1 = healthy."""

    FIRE = 1 << 0
    """1 = no fire stop."""
    PIT = 1 << 1
    """1 = pit closed and empty."""
    INSPECTION_HATCH = 1 << 2
    """1 = closed."""
    BRAKE_TEST = 1 << 3
    """1 = no brake test is due. 0 does not stop a running job; it inhibits the next one."""
    SAFETY_COMMS = 1 << 4


class KeySwitch(IntEnum):
    """``key_switch``: position of the mode selector in the control cabinet."""

    OFF = 0
    AUTO = 1
    MAINTENANCE = 2


class Enabling(IntFlag):
    """``enabling``: the technician's pendant."""

    DEVICE_HELD = 1 << 0
    """The three-position enabling device is in its middle position."""
    PENDANT_PLUGGED = 1 << 1


class PcLink(IntEnum):
    """``pc_link``: what the PLC thinks of the controller's heartbeat."""

    NEVER = 0
    """No heartbeat since the PLC started."""
    OK = 1
    LOST = 2
    """Was silent for 600 ms. Latched: stays until ``cntrl_cmd`` reset arrives with a beating
    heartbeat."""


class Ups(IntEnum):
    """``ups``: where the controls get their power from."""

    NONE = 0
    MAINS = 1
    BATTERY = 2
    BATTERY_LOW = 3
    """Little time is left: running jobs end, new ones are inhibited."""
    FAULT = 4


class LiftStatus(IntFlag):
    """``status`` of a lift block."""

    READY = 1 << 0
    """Would take a job now: equal to ``inhibit`` being zero."""
    ENABLED = 1 << 1
    """Drives have torque or may have it."""
    HOMED = 1 << 2
    STANDSTILL = 1 << 3
    LOADED = 1 << 4
    """The load sensor sees a car, on the platform or partly on it."""
    BRAKES = 1 << 5
    """1 = the brakes hold."""
    PC_PERMIT = 1 << 6
    """The permit of the controller is there and its heartbeat beats."""
    JOG = 1 << 7
    """Jogging is possible: mode, key switch and enabling device agree."""


class Inhibit(IntFlag):
    """``inhibit`` of a lift block: every reason why no job is taken now. Zero: a job is taken.

    Also the explanation of result INTERLOCK, MODE_OR_PERMIT, BUSY and FAULTED.
    """

    SAFETY = 1 << 0
    """A bit of ``safety_a`` or ``safety_b`` is not healthy."""
    PC_SILENT = 1 << 1
    """No controller heartbeat for 600 ms, or none yet."""
    LATCHED = 1 << 2
    """A stop is latched; wants ``reset``."""
    NO_PERMIT = 1 << 3
    MODE = 1 << 4
    """Unit mode or key switch does not allow jobs of the controller."""
    NOT_IDLE = 1 << 5
    """PackML state is neither IDLE nor EXECUTE."""
    BUSY = 1 << 6
    NOT_HOMED = 1 << 7
    DRIVE_FAULT = 1 << 8
    LOAD_UNCERTAIN = 1 << 9
    """``load_state`` is shifted or unknown."""
    DOOR_OPEN = 1 << 10
    """An inner door towards this lift's way is not closed and locked."""
    PERSON_IN_BAY = 1 << 11
    OTHER_LIFT = 1 << 12
    """Another lift stands in the way."""
    POWER = 1 << 13
    """Mains lost or battery low."""
    WIND = 1 << 14
    HATCH_OR_PIT = 1 << 15


class AxisFlags(IntFlag):
    """``hoist_flags``, ``turn_flags``, ``shuttle_flags``."""

    ENABLED = 1 << 0
    HOMED = 1 << 1
    MOVING = 1 << 2
    IN_POSITION = 1 << 3
    LIMIT_PLUS = 1 << 4
    LIMIT_MINUS = 1 << 5
    FAULT = 1 << 6


class Axis(IntEnum):
    """Axis part of ``jog_sel``, which is ``lift * 16 + axis``; and ``arg_b`` of a raw target."""

    NONE = 0
    HOIST = 1
    """mm, mm/s."""
    TURNTABLE = 2
    """0.01 degree, 0.01 degree/s."""
    SHUTTLE = 3
    """mm, mm/s; 0 is retracted, positive is out."""


class LoadState(IntEnum):
    """``load_state``: what the lift carries."""

    EMPTY = 0
    CAR = 1
    """A car, wholly on the platform, shuttle retracted."""
    SHIFTED = 2
    """A car, not wholly on the platform: a transfer was interrupted, or it moved."""
    UNKNOWN = 3
    """The sensors contradict each other."""


class Permit(IntFlag):
    """``permit`` of the control block: a lease that dies with the controller's heartbeat."""

    LIFT_1 = 1 << 0
    LIFT_2 = 1 << 1
    LIFT_3 = 1 << 2
    LIFT_4 = 1 << 3
    CHARGING = 1 << 4


class ControlCommand(IntEnum):
    """``cntrl_cmd``: a PackML command for the whole tower.

    Carried out once, in the scan in which ``cntrl_seq`` is seen to differ from the one before,
    and only while the heartbeat beats. What the PLC finds in ``cntrl_seq`` at its own start, and
    at the first heartbeat of a new session, is taken over without being carried out.
    """

    NONE = 0
    RESET = 1
    """Ends the latch of a lost PC, and leads STOPPED to IDLE; never resets a safety function."""
    START = 2
    STOP = 3
    """Controlled stop of everything; running jobs fail."""
    HOLD = 4
    UNHOLD = 5
    SUSPEND = 6
    UNSUSPEND = 7
    ABORT = 8
    CLEAR = 9
    """Leads ABORTED to STOPPED when the cause is gone."""
