"""Fixed little-endian structs, described once: layout, limits and units stand on the fields.

A message body is a frozen dataclass whose fields are annotated with what they are on the wire::

    channel: Annotated[int, u8(0, 3)]
    duration_ms: Annotated[int, u16(1, 5000, "ms")]
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from enum import Enum, IntEnum, IntFlag
from typing import Any, Self, get_args, get_type_hints

from firmware_bridge.errors import CodecError


@dataclass(frozen=True, slots=True)
class Wire:
    """What one field is on the wire; ``code`` is the letter of :mod:`struct`, "" for the tail."""

    type_name: str
    code: str
    low: int
    high: int
    unit: str = ""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.type_name} {self.low}..{self.high}{unit}"

    @property
    def whole_range(self) -> bool:
        """Whether the limits are those of the type itself."""
        bits = 8 * struct.calcsize("<" + self.code) if self.code else 0
        return bits > 0 and self.high - self.low == (1 << bits) - 1


def u8(low: int = 0, high: int = 0xFF, unit: str = "") -> Wire:
    """One byte."""
    return Wire("u8", "B", low, high, unit)


def u16(low: int = 0, high: int = 0xFFFF, unit: str = "") -> Wire:
    """Two bytes, low byte first."""
    return Wire("u16", "H", low, high, unit)


def i16(low: int = -0x8000, high: int = 0x7FFF, unit: str = "") -> Wire:
    """Two bytes, two's complement, low byte first."""
    return Wire("i16", "h", low, high, unit)


def u32(low: int = 0, high: int = 0xFFFF_FFFF, unit: str = "") -> Wire:
    """Four bytes, low byte first."""
    return Wire("u32", "I", low, high, unit)


def tail(low: int, high: int) -> Wire:
    """All bytes up to the payload's end, ``low`` to ``high`` of them; the last field only."""
    return Wire("bytes", "", low, high, "bytes")


@dataclass(frozen=True, slots=True)
class WireField:
    """A field's name, what it is in Python, and what it is on the wire."""

    name: str
    python_type: type[Any]
    wire: Wire


@dataclass(frozen=True, slots=True)
class Body:
    """The payload of one message. The base itself is the empty payload."""

    def pack(self) -> bytes:
        """The payload's bytes.

        Raises:
            CodecError: when a value is outside its field's limits.

        """
        parts: list[bytes] = []
        for field in wire_fields(type(self)):
            value = getattr(self, field.name)
            if not field.wire.code:
                _check(type(self), field, len(value))
                parts.append(bytes(value))
                continue
            _check(type(self), field, int(value))
            parts.append(struct.pack("<" + field.wire.code, int(value)))
        return b"".join(parts)

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """The body in a payload.

        Raises:
            CodecError: for a wrong length, an unknown number, or a value outside its limits.

        """
        values: dict[str, Any] = {}
        at = 0
        for field in wire_fields(cls):
            size = struct.calcsize("<" + field.wire.code) if field.wire.code else None
            raw = payload[at:] if size is None else payload[at : at + size]
            at += len(raw)
            values[field.name] = _value(cls, field, raw, size)
        if at != len(payload):
            raise CodecError(f"{_label(cls)}: found {len(payload)} bytes, expected {at}")
        return cls(**values)


def _label(cls: type[Body], field: WireField | None = None) -> str:
    return f"kiosk board: {cls.__name__}" + (f".{field.name}" if field else "")


def _check(cls: type[Body], field: WireField, number: int) -> None:
    if not field.wire.low <= number <= field.wire.high:
        raise CodecError(f"{_label(cls, field)}: found {number}, expected {field.wire}")


def _value(cls: type[Body], field: WireField, raw: bytes, size: int | None) -> Any:
    if size is None:
        _check(cls, field, len(raw))
        return bytes(raw)
    if len(raw) != size:
        raise CodecError(f"{_label(cls, field)}: found {len(raw)} bytes, expected {size}")
    (number,) = struct.unpack("<" + field.wire.code, raw)
    _check(cls, field, number)
    try:
        return field.python_type(number)
    except ValueError as error:
        known = ", ".join(str(int(member)) for member in field.python_type)
        raise CodecError(
            f"{_label(cls, field)}: found {number}, expected one of {known}"
        ) from error


_FIELDS: dict[type[Body], tuple[WireField, ...]] = {}


def wire_fields(cls: type[Body]) -> tuple[WireField, ...]:
    """The fields of a body in the order of their bytes."""
    known = _FIELDS.get(cls)
    if known is None:
        hints = get_type_hints(cls, include_extras=True)
        known = tuple(_wire_field(field.name, hints[field.name]) for field in fields(cls))
        _FIELDS[cls] = known
    return known


def _wire_field(name: str, hint: Any) -> WireField:
    python_type, wire = get_args(hint)[:2]
    return WireField(name, python_type, wire)


def layout_text(cls: type[Body]) -> str:
    """One line for people and for the map's checksum: every field with type, limits and unit."""
    return ", ".join(_field_text(field) for field in wire_fields(cls)) or "-"


def _field_text(field: WireField) -> str:
    wire = field.wire
    if issubclass(field.python_type, Enum):
        return f"{field.name} {wire.type_name} {field.python_type.__name__}"
    if wire.whole_range:
        return f"{field.name} {wire.type_name} {wire.unit}".rstrip()
    return f"{field.name} {wire}"


def enum_text(kind: type[IntEnum] | type[IntFlag]) -> str:
    """One line: the numbers of an enum with their names."""
    return ", ".join(f"{member.value} {member.name}" for member in kind)
