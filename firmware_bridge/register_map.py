"""The register map: the one place where an address of the PLC is written down.

Everything else is made from here: the codec, the controller's driver, the simulator's PLC, the
integrator's page (``python -m firmware_bridge.document``) and the checksum by which both sides
prove at connect that they mean the same map.

Holding registers only. Addresses are zero-based words. Words are big-endian, and of a 32-bit
value the high word comes first. Offsets that no field claims are reserved: the PLC answers zero,
the controller writes zero.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

from firmware_bridge import register_tables as tables
from firmware_bridge.block_layout import BlockLayout
from firmware_bridge.errors import MapError

MAP_MAJOR: Final = 1
"""Counts changes that an older program would misread; another major number is read-only."""

MAP_MINOR: Final = 0
"""Counts additions in reserved words."""

MAP_WORDS: Final = 1024
READ_WORDS_MAX: Final = 120
"""One read; Modbus itself allows 125, and some PLCs a little less."""

WRITE_WORDS_MAX: Final = 24
"""One write, a whole job or less, so that it arrives in one piece on every PLC."""

LIFTS_MAX: Final = 4
BAYS_MAX: Final = 8
SLOT_NUMBER_MAX: Final = 511
"""Slot ``n`` is bit ``n`` of a 512-bit map, so number 0 exists on the wire; towers count from 1."""

SOCKET_NUMBER_MAX: Final = 511
SOCKETS_PER_PAGE: Final = 16
ALARMS_LISTED: Final = 15

MAGIC0: Final = 0x5654
MAGIC1: Final = 0x574D
ORDER_PROBE: Final = 0x01020304
SIGN_PROBE: Final = -2

Access = Literal["R", "RW"]


@dataclass(frozen=True, slots=True)
class Field:
    """One named value of the map."""

    address: int
    """Zero-based address of its first word."""
    block: str
    offset: int
    """Words from the beginning of its block."""
    name: str
    type: str
    """``u16 i16 u32 i32 enum bits``, or ``bits[n]`` and ``u16[n]`` over ``n`` words."""
    unit: str
    access: Access
    meaning: str

    @property
    def words(self) -> int:
        """Number of 16-bit words that the value takes."""
        return type_words(self.type)


@dataclass(frozen=True)
class Block:
    """Neighbouring fields that are read, or written, in one request."""

    name: str
    title: str
    address: int
    access: Access
    fields: tuple[Field, ...]
    block_id: int | None = None
    """What the first word of a status block must hold; ``None`` for blocks without one."""

    @cached_property
    def size(self) -> int:
        """Words from the first to the end of the last field."""
        return max(field.offset + field.words for field in self.fields)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def plain_words(self) -> dict[str, tuple[int, int]]:
        """Integer fields of one word: offset, and up to which value they stand as they are."""
        plain = {"u16": 0xFFFF, "enum": 0xFFFF, "bits": 0xFFFF, "i16": 0x7FFF}
        return {f.name: (f.offset, plain[f.type]) for f in self.fields if f.type in plain}

    @cached_property
    def layout(self) -> BlockLayout:
        """Where its values stand in its bytes."""
        fields = sorted(self.fields, key=lambda field: field.offset)
        return BlockLayout(self.size, [(f.name, f.type, f.offset, f.words) for f in fields])

    def field(self, name: str) -> Field:
        """The field called ``name``; :class:`MapError` if the block has none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise MapError(f"register map: block {self.name} has no field {name!r}") from None


@cache
def type_words(type_name: str) -> int:
    """Words taken by a value of this type; :class:`MapError` for a type the map does not know."""
    if type_name in {"u16", "i16", "enum", "bits"}:
        return 1
    if type_name in {"u32", "i32"}:
        return 2
    base, bracket, rest = type_name.partition("[")
    if base in {"u16", "bits"} and bracket and rest.endswith("]") and rest[:-1].isdigit():
        return int(rest[:-1])
    raise MapError(f"register map: unknown type {type_name!r}")


BAY_WORDS: Final = 14
SOCKET_WORDS: Final = 6
ALARM_WORDS: Final = 7
MAILBOX_WORDS: Final = 24

_Row = tuple[int, str, str, str, str]


def _rows(table: str, *, base: int = 0, prefix: str = "") -> list[_Row]:
    rows: list[_Row] = []
    for line in table.strip().splitlines():
        offset, name, kind, unit, meaning = line.split("|")
        rows.append((base + int(offset), prefix + name, kind, unit, meaning))
    return rows


def _repeated(table: str, first: int, step: int, prefixes: list[str]) -> list[_Row]:
    return [
        row
        for index, prefix in enumerate(prefixes)
        for row in _rows(table, base=first + index * step, prefix=prefix)
    ]


def _framed(rows: list[_Row], block_id: int, scan_b_at: int) -> list[_Row]:
    """A status block's rows between its identity and the two scan words."""
    return [
        (0, "block_id", "u16", "", f"0x{block_id:04X}"),
        (1, "scan_a", "u16", "", "scan counter, written first"),
        *rows,
        (scan_b_at, "scan_b", "u16", "", "= scan_a, or the block is torn: read again"),
    ]


def _block(
    name: str, title: str, address: int, rows: list[_Row], block_id: int | None = None
) -> Block:
    access: Access = "RW" if block_id is None and name != "H" else "R"
    fields = tuple(
        Field(address + offset, name, offset, label, kind, unit, access, meaning)
        for offset, label, kind, unit, meaning in rows
    )
    return Block(name, title, address, access, fields, block_id)


def _status(
    name: str, title: str, address: int, rows: list[_Row], *, block_id: int, scan_b_at: int
) -> Block:
    return _block(name, title, address, _framed(rows, block_id, scan_b_at), block_id)


def _lift(number: int) -> Block:
    address = 96 + 60 * (number - 1)
    return _status(
        f"L{number}",
        f"lift {number}",
        address,
        _rows(tables.LIFT),
        block_id=0xB010 + number,
        scan_b_at=59,
    )


def _mailbox(number: int) -> Block:
    title = "mailbox: auxiliary" if number == 0 else f"mailbox: lift {number}"
    return _block(f"M{number}", title, 904 + MAILBOX_WORDS * number, _rows(tables.MAILBOX))


def _bay_rows() -> list[_Row]:
    return _repeated(tables.BAY, 2, BAY_WORDS, [f"bay{n}_" for n in range(1, BAYS_MAX + 1)])


def _page_rows() -> list[_Row]:
    sockets = _repeated(tables.SOCKET, 3, SOCKET_WORDS, [f"s{n}_" for n in range(SOCKETS_PER_PAGE)])
    return [(2, "page", "u16", "", "echo of the page asked for"), *sockets]


def _alarm_rows() -> list[_Row]:
    entries = _repeated(tables.ALARM, 5, ALARM_WORDS, [f"a{n}_" for n in range(ALARMS_LISTED)])
    head: list[_Row] = [
        (2, "first_seq", "u32", "", "sequence of entry 0"),
        (4, "count", "u16", "", ""),
    ]
    return [*head, *entries]


IDENTITY: Final = _block("H", "identity", 0, _rows(tables.HEADER))
SYSTEM: Final = _status("S", "system", 32, _rows(tables.SYSTEM), block_id=0xB001, scan_b_at=63)
LIFTS: Final = tuple(_lift(number) for number in range(1, LIFTS_MAX + 1))
BAYS: Final = _status("B", "bays", 336, _bay_rows(), block_id=0xB021, scan_b_at=117)
SLOTS: Final = _status("O", "slot bitmaps", 454, _rows(tables.SLOTS), block_id=0xB031, scan_b_at=99)
SOCKETS: Final = _status(
    "E", "charging bitmaps", 554, _rows(tables.SOCKETS), block_id=0xB041, scan_b_at=101
)
SOCKET_PAGE: Final = _status(
    "P", "page of sockets", 656, _page_rows(), block_id=0xB042, scan_b_at=103
)
ALARMS: Final = _status("A", "alarm list", 760, _alarm_rows(), block_id=0xB051, scan_b_at=112)
CONTROL: Final = _block("C", "PC control", 880, _rows(tables.CONTROL))
MAILBOXES: Final = tuple(_mailbox(number) for number in range(LIFTS_MAX + 1))
"""Mailbox 0 is the auxiliary one (doors, signals, charging), 1 to 4 are the lifts'."""

BLOCKS: Final[dict[str, Block]] = {
    block.name: block
    for block in (
        IDENTITY, SYSTEM, *LIFTS, BAYS, SLOTS, SOCKETS, SOCKET_PAGE, ALARMS, CONTROL, *MAILBOXES
    )
}  # fmt: skip
FIELDS: Final = tuple(field for block in BLOCKS.values() for field in block.fields)


def check_map(blocks: tuple[Block, ...]) -> None:
    """Refuse a map whose fields overlap, leave the map, or whose blocks no request can carry.

    Checked here because the libraries around do not: pymodbus 3.16.1 shifts addresses in
    silence when two entries overlap after a gap. :class:`MapError` names both fields.
    """
    taken: dict[int, str] = {}
    for block in blocks:
        limit = READ_WORDS_MAX if block.access == "R" else WRITE_WORDS_MAX
        if block.size > limit:
            raise MapError(
                f"register map: block {block.name} takes {block.size} words, at most {limit}"
            )
        for field in block.fields:
            _claim(taken, field)


def _claim(taken: dict[int, str], field: Field) -> None:
    label = f"{field.block}.{field.name}"
    for address in range(field.address, field.address + field.words):
        if not 0 <= address < MAP_WORDS:
            raise MapError(
                f"register map: {label} reaches address {address}, expected 0..{MAP_WORDS - 1}"
            )
        if address in taken:
            raise MapError(f"register map: {label} and {taken[address]} share address {address}")
        taken[address] = label


def canonical_text() -> str:
    """The map as the text whose CRC-32 both sides compare.

    One line a field, without the prose: a better explanation must not part two programs that
    read the same words.
    """
    lines = [f"vendtower map {MAP_MAJOR}.{MAP_MINOR}"]
    lines += [
        f"{f.address},{f.block},{f.offset},{f.name},{f.type},{f.unit},{f.access}" for f in FIELDS
    ]
    return "\n".join(lines) + "\n"


check_map(tuple(BLOCKS.values()))
MAP_CRC32: Final = zlib.crc32(canonical_text().encode("ascii"))
"""CRC-32 (zlib, IEEE 802.3) of :func:`canonical_text`; the PLC reports it as ``map_crc32``."""
