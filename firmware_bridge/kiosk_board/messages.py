"""Every message of the contract as a fixed struct, with its meaning, limits and units."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Annotated

from firmware_bridge.kiosk_board.fields import Body, i16, tail, u8, u16, u32

LOCK_CHANNELS = 4
LOCK_PULSE_MS_MAX = 5000
"""No message keeps a coil powered for longer."""
BUZZER_MS_MAX = 5000
CABINET_COMPARTMENTS = 16
KEYS = "0123456789*#"
"""What the pad has; a KEY event carries the key's ASCII code."""


class Status(IntEnum):
    """How a request ended; the first byte of every response."""

    OK = 0
    PENDING = 1
    """Being done; send the identical frame again to learn the outcome."""
    NO_SESSION = 2
    """The board was started again or was left in silence: a HELLO has to come first."""
    WRONG_MAJOR = 3
    UNKNOWN_MESSAGE = 4
    BAD_PAYLOAD = 5
    BUSY = 6
    """Not executed: the same output or cabinet is at work."""
    NOT_OPENED = 7
    """The cabinet's compartment was released, and its door stayed closed."""


class Inputs(IntFlag):
    """What the board senses; a set bit means what the name says."""

    SOMEBODY_NEAR = 1 << 0
    HOUSING_OPEN = 1 << 1
    """Door of the kiosk's housing."""
    CABINET_OPEN = 1 << 2
    """At least one compartment of the key cabinet."""
    TAMPER_LATCHED = 1 << 3
    """Stays until the TAMPER event was acknowledged."""
    ESTOP_SENSED = 1 << 4
    """For the display only; the safety PLC decides about the e-stop."""
    MAINS_MISSING = 1 << 5


class RingMotion(IntEnum):
    """How the LED ring moves."""

    OFF = 0
    STEADY = 1
    BLINK = 2
    BREATHE = 3
    SPIN = 4
    OUT_OF_SERVICE = 5
    """The board's own picture in the safe state; colour and period do not matter."""


class TrafficAspect(IntEnum):
    """The light at the bay's door. It is never dark while the board has power."""

    RED = 0
    GREEN = 1


class Lamps(IntFlag):
    """Lamps that are simply on or off."""

    KEYPAD = 1 << 0
    CAMERA_FILL = 1 << 1
    CABINET = 1 << 2
    SERVICE = 1 << 3


class SelfTest(IntFlag):
    """What the board found wrong with itself."""

    FLASH_CHECKSUM = 1 << 0
    RAM = 1 << 1
    OUTPUT_DRIVER = 1 << 2
    CLOCK = 1 << 3


@dataclass(frozen=True, slots=True)
class Empty(Body):
    """No payload."""


@dataclass(frozen=True, slots=True)
class Hello(Body):
    """Opens a session; the layout of HELLO and its response is the same in every major."""

    major: Annotated[int, u8()]
    minor: Annotated[int, u8()]
    nonce: Annotated[int, u32()]
    """New for every session; a repeated nonce is a repeated frame, not a new session."""


@dataclass(frozen=True, slots=True)
class HelloAnswer(Body):
    """Who the board is. A new ``boot_id`` means that it forgot everything it was told."""

    major: Annotated[int, u8()]
    minor: Annotated[int, u8()]
    nonce: Annotated[int, u32()]
    boot_id: Annotated[int, u32()]
    firmware_major: Annotated[int, u8()]
    firmware_minor: Annotated[int, u8()]
    firmware_patch: Annotated[int, u8()]
    map_crc: Annotated[int, u16()]
    last_event_seq: Annotated[int, u8()]
    """The session's first event carries the next number."""


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer(Body):
    """Proof of life."""

    uptime_s: Annotated[int, u32(unit="s")]


@dataclass(frozen=True, slots=True)
class Echo(Body):
    """Comes back as it went, for line tests."""

    data: Annotated[bytes, tail(0, 199)]


@dataclass(frozen=True, slots=True)
class InputsAnswer(Body):
    """All inputs after debouncing."""

    inputs: Annotated[Inputs, u16()]
    drawers_open: Annotated[int, u16()]
    """Bit n: compartment n of the key cabinet."""


@dataclass(frozen=True, slots=True)
class AnalogAnswer(Body):
    """Temperature in the housing and the board's supply."""

    temperature_decidegc: Annotated[int, i16(-550, 1250, "0.1 degC")]
    supply_mv: Annotated[int, u16(unit="mV")]


@dataclass(frozen=True, slots=True)
class SetLamps(Body):
    """Lamps in the mask become what the value says, the others stay."""

    mask: Annotated[Lamps, u16()]
    value: Annotated[Lamps, u16()]


@dataclass(frozen=True, slots=True)
class LedRing(Body):
    """What the ring shows from now on."""

    motion: Annotated[RingMotion, u8()]
    red: Annotated[int, u8()]
    green: Annotated[int, u8()]
    blue: Annotated[int, u8()]
    period_ms: Annotated[int, u16(100, 10_000, "ms")]


@dataclass(frozen=True, slots=True)
class Traffic(Body):
    """The traffic light."""

    aspect: Annotated[TrafficAspect, u8()]


@dataclass(frozen=True, slots=True)
class Buzzer(Body):
    """Sounds for this long from now, 0 is silence; whoever wants more asks again."""

    duration_ms: Annotated[int, u16(0, BUZZER_MS_MAX, "ms")]


@dataclass(frozen=True, slots=True)
class LockPulse(Body):
    """Power one solenoid for this long, timed by the board; BUSY while it is powered."""

    channel: Annotated[int, u8(0, LOCK_CHANNELS - 1)]
    duration_ms: Annotated[int, u16(1, LOCK_PULSE_MS_MAX, "ms")]


@dataclass(frozen=True, slots=True)
class KeyCabinetRelease(Body):
    """Release a compartment; answered when its door sensor has opened, PENDING until then.

    The board remembers the last transaction and answers a repeat of it without releasing.
    """

    compartment: Annotated[int, u8(0, CABINET_COMPARTMENTS - 1)]
    transaction_id: Annotated[int, u32(1)]


@dataclass(frozen=True, slots=True)
class Cabinet(Body):
    """The key cabinet's sensors after debouncing; bit n is compartment n."""

    drawers_open: Annotated[int, u16()]
    keys_present: Annotated[int, u16()]
    """A key lies in the compartment, by a sensor of its own."""


@dataclass(frozen=True, slots=True)
class CountersAnswer(Body):
    """Counted since the board's start."""

    frames_good: Annotated[int, u32()]
    frames_bad: Annotated[int, u32()]
    requests_executed: Annotated[int, u32()]
    requests_repeated: Annotated[int, u32()]
    events_sent: Annotated[int, u32()]
    events_repeated: Annotated[int, u32()]
    events_dropped: Annotated[int, u32()]
    watchdog_trips: Annotated[int, u32()]
    lock_pulses: Annotated[int, u32()]


@dataclass(frozen=True, slots=True)
class SelfTestAnswer(Body):
    """0: nothing found wrong."""

    faults: Annotated[SelfTest, u16()]


@dataclass(frozen=True, slots=True)
class Config(Body):
    """Settings until the board's next start; the response repeats what is in force."""

    watchdog_ms: Annotated[int, u16(200, 5000, "ms")]
    debounce_ms: Annotated[int, u16(1, 500, "ms")]


@dataclass(frozen=True, slots=True)
class Key(Body):
    """One key of the pad; secret, hence not in ``repr``."""

    code: Annotated[int, u8(0x20, 0x7E)] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nfc(Body):
    """A card's number, which anybody can copy: no credential by itself. Not in ``repr``."""

    uid: Annotated[bytes, tail(4, 10)] = field(repr=False)


@dataclass(frozen=True, slots=True)
class InputChange(Body):
    """The inputs now, and which of them changed since the last report."""

    inputs: Annotated[Inputs, u16()]
    changed: Annotated[Inputs, u16()]


@dataclass(frozen=True, slots=True)
class Tamper(Body):
    """Somebody worked on the housing. Sent again in every session until acknowledged."""

    inputs: Annotated[Inputs, u16()]
