"""What was last read from the PLC, block by block, and whether each block can be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from firmware_bridge.errors import CodecError, PlcSilent, WrongAnswer
from firmware_bridge.handshake import MailboxWords
from firmware_bridge.meanings import AlarmCode, DoneResult, JobError, JobStep, Result, meaning_of
from firmware_bridge.plc_identity import PlcIdentity
from firmware_bridge.register_map import Block
from firmware_bridge.words import Value, decode_block, integer

_OPEN_ENUMS = (AlarmCode, DoneResult, JobError, JobStep, Result)
"""Numbers that only explain: one that is not in our list is shown as a number. All others decide
something, and an unknown one makes the block unusable."""

_RANGES = {
    "hoist_pos": (-100_000, 1_000_000),
    "turn_pos": (-72_000, 72_000),
    "shuttle_pos": (-100_000, 100_000),
    "load": (0, 20_000),
    "ups_charge": (0, 100),
    "utc_ms": (0, 999),
}
"""Wider than any tower; outside is a damaged answer. Units as in the map."""


OF_ITS_LIFE = frozenset(
    {"scan_a", "scan_b", "hb_plc", "hb_echo", "uptime", "utc", "utc_ms", "scan_us", "scan_max_us"}
)
"""Fields that change with every scan and say nothing of the machine."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One block as read at one moment."""

    values: Mapping[str, Value]
    read_at_s: float
    """Monotonic time before the request was sent: the block is at most this old."""
    told: object = field(default=None, compare=False, repr=False)
    """The same object in two readings: but for the fields of its life they are the same."""

    def number(self, name: str) -> int:
        """The integer called ``name``."""
        return integer(self.values, name)

    def tells_the_same_as(self, other: Reading) -> bool:
        """Whether nothing but clocks and counters of the PLC's own life differs."""
        if self.told is not None and self.told is other.told:
            return True
        values, others = self.values, other.values
        return values is others or all(
            value == others.get(name) for name, value in values.items() if name not in OF_ITS_LIFE
        )


@dataclass(frozen=True, slots=True)
class PlcImage:
    """Everything read from one PLC; the blocks keep their own times."""

    identity: PlcIdentity
    system: Reading
    lifts: Mapping[int, Reading]
    bays: Reading
    slots: Reading
    alarms: Reading | None = None
    """Read when ``alarm_last_seq`` moves; not part of the image's age."""

    @property
    def boot_id(self) -> int:
        """The PLC's present boot."""
        return self.system.number("boot_id")

    @property
    def taken_at_s(self) -> float:
        """Monotonic time of the oldest block."""
        readings = [self.system, self.bays, self.slots, *self.lifts.values()]
        return min(reading.read_at_s for reading in readings)

    def tells_the_same_as(self, other: PlcImage) -> bool:
        """Whether the machine is in both as it is in the other; ages do not count."""
        return (
            (self.identity is other.identity or self.identity == other.identity)
            and self.alarms is other.alarms
            and self._blocks_tell_the_same_as(other)
        )

    def _blocks_tell_the_same_as(self, other: PlcImage) -> bool:
        return (
            self.lifts.keys() == other.lifts.keys()
            and self.system.tells_the_same_as(other.system)
            and self.bays.tells_the_same_as(other.bays)
            and self.slots.tells_the_same_as(other.slots)
            and all(lift.tells_the_same_as(other.lifts[n]) for n, lift in self.lifts.items())
        )

    def mailbox(self, number: int) -> MailboxWords:
        """Acknowledge and done words of mailbox ``number`` (0 auxiliary, else the lift's)."""
        if number == 0:
            return MailboxWords.of_auxiliary(self.system.values)
        return MailboxWords.of_lift(self.system.values, self.lifts[number].values)


def decode_checked(block: Block, words: Sequence[int]) -> dict[str, Value]:
    """A status block's values; :class:`WrongAnswer` for another block, a torn or damaged one."""
    check_frame(block, words)
    try:
        values = decode_block(block, words)
    except CodecError as error:
        raise WrongAnswer(f"PLC: {error}") from error
    check_ranges(block, values)
    for name, known in _closed_enums_of(block):
        if values[name] not in known:
            raise WrongAnswer(
                f"PLC: block {block.name}: {name} is {values[name]}, expected one of "
                f"{sorted(known)}"
            )
    return values


def check_frame(block: Block, words: Sequence[int]) -> None:
    """Refuse the words of another block, or of two scans; raises :class:`WrongAnswer`."""
    if words[0] != block.block_id:
        raise WrongAnswer(
            f"PLC: block {block.name}: block_id is 0x{words[0]:04X}, "
            f"expected 0x{block.block_id or 0:04X}"
        )
    scan_b = block.field("scan_b").offset
    if words[1] != words[scan_b]:
        raise WrongAnswer(
            f"PLC: block {block.name} is torn: scan_a is {words[1]}, scan_b is {words[scan_b]}"
        )


def check_ranges(block: Block, values: Mapping[str, Value]) -> None:
    """Refuse what no tower measures among these values; raises :class:`WrongAnswer`."""
    for name, low, high in _ranges_of(block):
        if name in values:
            _check_range(block, name, integer(values, name), low, high)


def _check_range(block: Block, name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        unit = block.field(name).unit
        raise WrongAnswer(
            f"PLC: block {block.name}: {name} is {value}, expected {low}..{high} {unit}"
        )


_range_cache: dict[str, list[tuple[str, int, int]]] = {}
_enum_cache: dict[str, list[tuple[str, frozenset[int]]]] = {}


def _ranges_of(block: Block) -> list[tuple[str, int, int]]:
    if block.name not in _range_cache:
        _range_cache[block.name] = [
            (name, *_RANGES[name]) for name in block.by_name if name in _RANGES
        ]
    return _range_cache[block.name]


def _closed_enums_of(block: Block) -> list[tuple[str, frozenset[int]]]:
    if block.name not in _enum_cache:
        closed: list[tuple[str, frozenset[int]]] = []
        for field_ in block.fields:
            meaning = meaning_of(field_)
            if meaning is None or not issubclass(meaning, IntEnum) or meaning in _OPEN_ENUMS:
                continue
            closed.append((field_.name, frozenset(int(member) for member in meaning)))
        _enum_cache[block.name] = closed
    return _enum_cache[block.name]


@dataclass
class Liveness:
    """Tells a PLC that works from one whose network card still answers.

    A block whose scan counter stands still for longer than ``limit_s`` is as good as silence.
    """

    limit_s: float
    clock: Callable[[], float]
    _moved: dict[str, tuple[int, float]] = field(default_factory=dict)

    def note(self, block: str, scan: int) -> None:
        """Note the counter of a block just read; :class:`PlcSilent` when it stands still."""
        now_s = self.clock()
        known = self._moved.get(block)
        if known is None or known[0] != scan:
            self._moved[block] = (scan, now_s)
            return
        still_s = now_s - known[1]
        if still_s > self.limit_s:
            raise PlcSilent(
                f"PLC: block {block}: scan counter stands at {scan} for {still_s:.1f} s, "
                f"expected to move within {self.limit_s:g} s"
            )

    def forget(self) -> None:
        """Start anew, after a reconnection."""
        self._moved.clear()
