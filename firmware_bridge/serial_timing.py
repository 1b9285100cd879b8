"""How long things take on a Modbus RTU line, and the times that follow from it.

Sources: "Modbus over serial line, specification and implementation guide V1.02", 2.5.1 (a
character is 11 bits; frames are 3.5 characters apart, above 19,200 baud fixed 1.75 ms), and the
contract of the PLC (docs/plc_map.md): it answers within :data:`ANSWER_S_MAX`.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.register_map import (
    BAYS,
    CONTROL,
    IDENTITY,
    LIFTS,
    READ_WORDS_MAX,
    SLOTS,
    SYSTEM,
)

BITS_PER_CHARACTER = 11
"""Start, eight data bits, parity and stop; without parity there are two stop bits."""

FAST_LINE_BAUD = 19_200
"""Above it the gap between frames is a fixed time, because interrupts come too often else."""

FAST_LINE_GAP_S = 0.00175

ANSWER_S_MAX = 0.05
"""From the last character of a request to the first of its answer, as the contract allows."""

HOST_S_MAX = 0.05
"""What the controller's computer may be late in sending or reading."""

PLC_PATIENCE_S = 0.6
"""The PLC stops the tower when no new heartbeat has come for so long."""

SHARE_MAX = 0.8
"""Share of the line that regular polling may take; the rest is for jobs and repeated reads."""

_READ_REQUEST_BYTES = 8
_READ_ANSWER_BYTES = 5  # and two for each word
_WRITE_REQUEST_BYTES = 9  # and two for each word
_WRITE_ANSWER_BYTES = 8
_TYPICAL_ANSWER_S = 0.01
"""One scan of a PLC; plans of the load assume it, time-outs the most that is allowed."""


def character_s(baud: int) -> float:
    """Time of one character."""
    return BITS_PER_CHARACTER / baud


def gap_s(baud: int) -> float:
    """Silence that ends a frame: 3.5 characters, 1.75 ms above 19,200 baud."""
    return 3.5 * character_s(baud) if baud <= FAST_LINE_BAUD else FAST_LINE_GAP_S


def read_bytes(words: int) -> int:
    """Bytes of a request for ``words`` registers and of its answer."""
    return _READ_REQUEST_BYTES + _READ_ANSWER_BYTES + 2 * words


def write_bytes(words: int) -> int:
    """Bytes of a write of ``words`` registers and of its answer."""
    return _WRITE_REQUEST_BYTES + 2 * words + _WRITE_ANSWER_BYTES


def exchange_s(baud: int, count_bytes: int, answer_s: float = _TYPICAL_ANSWER_S) -> float:
    """One request with its answer: every character, both gaps, and the device's thinking."""
    return count_bytes * character_s(baud) + 2 * gap_s(baud) + answer_s


def request_timeout_s(baud: int) -> float:
    """After which time an answer counts as lost.

    The longest exchange of the map (120 words: 253 bytes) with the slowest answer that the
    contract allows, and what this computer may be late: 253 x 11 / baud + 2 gaps + 50 ms + 50 ms.
    At 115,200 baud 128 ms.
    """
    return exchange_s(baud, read_bytes(READ_WORDS_MAX), ANSWER_S_MAX) + HOST_S_MAX


def quiet_s(baud: int) -> float:
    """How long a line is left alone after a lost answer, so that it cannot be taken for another's.

    Twice the longest answer with its gap: one that began in the moment of the time-out has ended
    after half of that. 2 x (245 x 11 / baud + a gap), at 115,200 baud 50 ms. With
    :func:`request_timeout_s` the heartbeat comes back after :func:`heartbeat_again_s`.
    """
    answer_bytes = _READ_ANSWER_BYTES + 2 * READ_WORDS_MAX
    return 2 * (answer_bytes * character_s(baud) + gap_s(baud))


def heartbeat_again_s(baud: int, heartbeat_s: float, lost: int) -> float:
    """Longest time between two heartbeats with so many answers lost in a row.

    A read is sent just before the heartbeat is due and has to end first. When it and what follows
    is lost, the heartbeat goes out before anything else afterwards. At 115,200 baud 0.38 s
    for one, 0.56 s for two: both below the 0.6 s
    after which the PLC stops the tower. Three in a row stop it.
    """
    waits_s = lost * (request_timeout_s(baud) + quiet_s(baud))
    if not lost:
        waits_s = exchange_s(baud, read_bytes(READ_WORDS_MAX))
    return heartbeat_s + waits_s + write_bytes(CONTROL.size) * character_s(baud)


@dataclass(frozen=True, slots=True)
class PollPlan:
    """How often what is read over a serial line, in seconds."""

    fast_poll_s: float
    """Lifts and bays while something moves."""
    idle_poll_s: float
    """Lifts and bays otherwise."""
    slots_poll_s: float
    """Slot bitmaps."""


def poll_plan(baud: int, *, lifts: int, heartbeat_s: float, poll_s_max: float) -> PollPlan:
    """The fastest polling that leaves a fifth of the line free.

    The control block and the system block go every ``heartbeat_s``. ``poll_s_max`` is the age
    that the snapshot allows: slots, and lifts and bays at rest, are read that often. Lifts and
    bays in motion get what is left, at most every ``heartbeat_s`` and at least every
    ``poll_s_max``.
    """
    steady = (
        exchange_s(baud, write_bytes(CONTROL.size)) + exchange_s(baud, read_bytes(SYSTEM.size))
    ) / heartbeat_s + exchange_s(baud, read_bytes(SLOTS.size)) / poll_s_max
    moving_s = lifts_and_bays_s(baud, lifts)
    left = max(SHARE_MAX - steady, 0.01)
    fast_s = min(max(moving_s / left, heartbeat_s), poll_s_max)
    return PollPlan(fast_poll_s=round(fast_s, 3), idle_poll_s=poll_s_max, slots_poll_s=poll_s_max)


def lifts_and_bays_s(baud: int, lifts: int) -> float:
    """Reading all lifts, two in a request, and all bays once."""
    pairs, single = divmod(lifts, 2)
    size = LIFTS[0].size
    return (
        pairs * exchange_s(baud, read_bytes(2 * size))
        + single * exchange_s(baud, read_bytes(size))
        + exchange_s(baud, read_bytes(BAYS.size))
    )


def load(baud: int, plan: PollPlan, *, lifts: int, heartbeat_s: float, moving: bool) -> float:
    """Share of the time in which the line is taken by regular polling."""
    poll_s = plan.fast_poll_s if moving else plan.idle_poll_s
    return (
        exchange_s(baud, write_bytes(CONTROL.size)) / heartbeat_s
        + exchange_s(baud, read_bytes(SYSTEM.size)) / heartbeat_s
        + exchange_s(baud, read_bytes(SLOTS.size)) / plan.slots_poll_s
        + lifts_and_bays_s(baud, lifts) / poll_s
    )


def first_round_s(baud: int, lifts: int) -> float:
    """Everything once, as after a connection is made: identity, control, and all blocks."""
    sizes = (IDENTITY.size, SYSTEM.size, SLOTS.size)
    reads_s = sum(exchange_s(baud, read_bytes(size)) for size in sizes)
    control_s = exchange_s(baud, write_bytes(CONTROL.size))
    return reads_s + control_s + lifts_and_bays_s(baud, lifts)
