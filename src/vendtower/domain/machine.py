"""What the PLC says of the machine, as one snapshot with an age."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from vendtower.domain.alarm import Severity
from vendtower.domain.job import JobWord, PlcJobState


class LinkState(Enum):
    """The state of the line to the PLC."""

    CONNECTING = "connecting"
    UP = "up"
    READ_ONLY = "read_only"
    """The PLC answers, but its map, word order or site is not ours: nothing is asked of it."""
    DOWN = "down"


class MachineState(Enum):
    """PackML state (ISA-TR88.00.02), by name."""

    CLEARING = "clearing"
    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    SUSPENDED = "suspended"
    EXECUTE = "execute"
    STOPPING = "stopping"
    ABORTING = "aborting"
    ABORTED = "aborted"
    HOLDING = "holding"
    HELD = "held"
    UNHOLDING = "unholding"
    SUSPENDING = "suspending"
    UNSUSPENDING = "unsuspending"
    RESETTING = "resetting"
    COMPLETING = "completing"
    COMPLETE = "complete"


class MachineCommand(Enum):
    """PackML commands that the controller gives; none of them resets a safety function."""

    CLEAR = "clear"
    """Lead ABORTED to STOPPED when the cause is gone."""
    RESET = "reset"
    """End the latch of a lost PC link, and lead STOPPED to IDLE."""
    START = "start"
    """Lead IDLE to EXECUTE; jobs are taken in both."""
    STOP = "stop"
    """Controlled stop of everything; running jobs fail."""
    HOLD = "hold"
    """Pause: the running job stays and goes on with ``UNHOLD``."""
    UNHOLD = "unhold"
    ABORT = "abort"
    """Stop as for a fault; wants clear and reset."""


class ControlMode(Enum):
    """PackML unit mode, as the PLC reports it."""

    PRODUCTION = "production"
    MAINTENANCE = "maintenance"
    MANUAL = "manual"
    COMMISSIONING = "commissioning"


class KeySwitch(Enum):
    """Position of the mode selector in the control cabinet."""

    OFF = "off"
    AUTO = "auto"
    MAINTENANCE = "maintenance"


class PcLink(Enum):
    """What the PLC thinks of us."""

    NEVER = "never"
    OK = "ok"
    LOST = "lost"
    """Latched: no job is taken until a reset was commanded."""


class PowerSource(Enum):
    """Where the machine's controls get their power from, as the PLC reports it."""

    NONE = "none"
    """There is no supply that could tell."""
    MAINS = "mains"
    BATTERY = "battery"
    """A battery or a generator: less power than usual."""
    BATTERY_LOW = "battery_low"
    FAULT = "fault"
    """The supply does not know."""


class DoorState(Enum):
    """A bay door, from its two end switches."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    STUCK = "stuck"
    UNKNOWN = "unknown"


class BayActivity(Enum):
    """What the PLC thinks is going on in a bay, by name."""

    FREE = "free"
    ENTERING = "entering"
    MEASURING = "measuring"
    """Both doors closed; the profile is not valid yet."""
    READY = "ready"
    """A measured or a presented car stands there, both doors closed, nobody inside."""
    TRANSFER = "transfer"
    EXIT = "exit"
    BLOCKED = "blocked"


SHUTTLE_HOME_MM_MAX = 50
"""A shuttle nearer to the lift's middle than this is in: sensors have tolerances."""


class LoadState(Enum):
    """What the lift's own sensors say it carries."""

    EMPTY = "empty"
    CAR = "car"
    SHIFTED = "shifted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class LiftReport:
    """One lift's status block."""

    number: int
    state: MachineState
    ready: bool
    homed: bool
    standstill: bool
    inhibits: frozenset[str]
    """Why no job is taken now; names from the PLC contract, for display and logs."""
    hoist_position_mm: int
    turn_position_deg: float
    shuttle_position_mm: int
    load: LoadState
    load_kg: int
    job: JobWord
    exec_count: int
    """Jobs started since commissioning; retained by the PLC."""
    cycles: int = 0
    """Jobs completed since commissioning."""
    run_time_h: float = 0.0
    """Hours in which its drives ran."""
    energy_kwh: float = 0.0
    """What its drives have taken."""
    may_jog: bool = False
    """The PLC lets an axis be jogged: mode, key switch and enabling device agree."""

    @property
    def rests(self) -> bool:
        """Whether it stands and no job of its makes it go on by itself; a held one does not."""
        return self.standstill and self.job.state not in {PlcJobState.ACCEPTED, PlcJobState.ACTIVE}


@dataclass(frozen=True)
class BayReport:
    """One bay's part of the status block."""

    number: int
    inner_door: DoorState
    inner_locked: bool
    outer_door: DoorState
    outer_locked: bool
    curtain_clear: bool
    presence: bool
    """The floor loop or distance sensor sees a car."""
    person_inside: bool
    estop_pressed: bool
    call_pressed: bool
    weight_kg: int
    """The bay floor's scale: the sensor unlike the presence sensor."""
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    axle1_kg: int = 0
    """What the front axle presses on the scale."""
    offset_mm: int = 0
    """How far off the bay's middle the car stands."""
    profile: frozenset[str] = frozenset()
    """What is wrong with the car as measured, by names from the PLC contract; empty: it fits."""
    activity: BayActivity = BayActivity.FREE

    @property
    def sealed(self) -> bool:
        """Both doors closed and locked."""
        return (
            self.inner_door is DoorState.CLOSED
            and self.inner_locked
            and self.outer_door is DoorState.CLOSED
            and self.outer_locked
        )


@dataclass(frozen=True)
class PlcAlarm:
    """One line of the PLC's alarm list: what came, and whether it still holds."""

    seq: int
    """The PLC's running number of the line; 0 for one that its list no longer has."""
    code: int
    """The contract's ``AlarmCode``, 0..127."""
    source: str
    """``tower``, ``lift 1``, ``bay 2``, ``slot 31``, ``socket 4``."""
    severity: Severity
    """As the PLC has it; the catalogue's own word counts where it knows the code."""
    active: bool
    parameter: int
    """Its meaning belongs to the code; see the contract."""


BRAKE_TEST_DUE = "brake_test"
"""A safety word that stops nothing: by the PLC's contract what runs goes on, may be led on, and the
next job waits until the test has passed."""


@dataclass(frozen=True)
class MachineSnapshot:
    """Everything the tower knows of the machine at one moment; the port says at which."""

    boot_id: int
    state: MachineState
    mode: ControlMode
    pc_link: PcLink
    session_accepted: bool
    """The PLC echoes our session."""
    safety_faults: frozenset[str]
    """Names of the safety words' bits that are not healthy; display only, never reset from here."""
    lifts: Mapping[int, LiftReport]
    bays: Mapping[int, BayReport]
    occupied_slots: frozenset[int]
    doubtful_slots: frozenset[int]
    blocked_slots: frozenset[int]
    auxiliary: JobWord
    power_source: PowerSource = PowerSource.MAINS
    alarm_count: int = 0
    alarms: tuple[PlcAlarm, ...] = ()
    """Oldest first: the PLC's list, and what is active without standing in it any more."""
    key_switch: KeySwitch = KeySwitch.AUTO
    enabling_held: bool = False
    """The enabling device stands in its middle position; a copy for display."""

    @property
    def tripped(self) -> frozenset[str]:
        """Safety functions that stop the machine until they are reset on the spot."""
        return self.safety_faults - {BRAKE_TEST_DUE}


def has_stopped(machine: MachineSnapshot) -> bool:
    """Whether the machine or one of its lifts waits to be led on after a stop."""
    states = {machine.state, *(lift.state for lift in machine.lifts.values())}
    return not states.isdisjoint({MachineState.STOPPED, MachineState.ABORTED})


PAUSED = frozenset(
    {
        MachineState.HOLDING,
        MachineState.HELD,
        MachineState.UNHOLDING,
        MachineState.SUSPENDING,
        MachineState.SUSPENDED,
        MachineState.UNSUSPENDING,
    }
)


def is_paused(machine: MachineSnapshot) -> bool:
    """Whether running jobs are kept and wait: their time stands still."""
    return machine.state in PAUSED


@dataclass(frozen=True)
class PlcLink:
    """The line to the PLC and, when it is not usable, why."""

    state: LinkState
    reason: str = ""
