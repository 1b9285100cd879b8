"""What the PLC link is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from firmware_bridge.modbus_wire import Endpoint
from firmware_bridge.plc_identity import ExpectedPlc

HEARTBEAT_S = 0.2
"""How often the contract wants the control block written."""


class LinkState(Enum):
    """The state of the line to the PLC. They exclude each other."""

    CONNECTING = "connecting"
    """Not yet known, shortly after the start."""
    UP = "up"
    READ_ONLY = "read_only"
    """The device answers and is not acceptable: nothing is written to it."""
    DOWN = "down"
    """Silent for longer than the limit, unreachable, or its program stands still."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The state and, when it is not UP, the reason in words."""

    state: LinkState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """Where the PLC is and how it is spoken to. Times in seconds."""

    endpoint: Endpoint
    device_id: int = 1
    request_timeout_s: float = 0.3
    expected: ExpectedPlc = field(default_factory=ExpectedPlc)
    heartbeat_s: float = HEARTBEAT_S
    """Period of the control block, and of the system block."""
    fast_poll_s: float = 0.2
    """Lifts and bays while something moves or a job is open."""
    idle_poll_s: float = 0.4
    """Lifts and bays otherwise. Together with a missed answer it must stay below the age at which
    a snapshot no longer counts, one second on the example site."""
    slots_poll_s: float = 0.4
    """Slot bitmaps."""
    acknowledge_poll_s: float = 0.04
    """The block that carries the acknowledgement of a job just written."""
    silence_s: float = 0.6
    """The line is down when nothing useful has come for longer than this."""
    reconnect_delay_s_max: float = 1.0
    examine_again_s: float = 1.0
    """How often the identity of a refused device is looked at again."""


@dataclass
class LinkCounters:
    """Counts since the start, for diagnostics."""

    reads: int = 0
    writes: int = 0
    no_answers: int = 0
    wrong_answers: int = 0
    torn_or_damaged_blocks: int = 0
    connections: int = 0
    losses: int = 0
    jobs_written: int = 0


@dataclass(frozen=True, slots=True)
class NotSent:
    """The job was not put on the wire, so the PLC cannot have it."""

    reason: str
