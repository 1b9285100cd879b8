"""Sixteen-bit words and what they mean: the codec of the register map.

Big-endian words, high word first. Enums and bit fields travel as plain integers; their names
are in :mod:`firmware_bridge.meanings`. A bitmap over several words is one integer in which bit
``n`` is bit ``n % 16`` of word ``n // 16``, so slot 42 is bit 42 wherever it lies.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence

from firmware_bridge.errors import CodecError
from firmware_bridge.register_map import Block, Field

Value = int | str
"""What a field decodes to: text for ``u16[n]``, an integer for everything else."""

_LIMITS = {
    "u16": (0, 0xFFFF),
    "i16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFF_FFFF),
    "i32": (-0x8000_0000, 0x7FFF_FFFF),
    "enum": (0, 0xFFFF),
    "bits": (0, 0xFFFF),
}


def _crc_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: reflected polynomial 0x8005, start 0xFFFF (Modbus over serial line, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def crc16_of_words(words: Sequence[int]) -> int:
    """CRC-16/MODBUS over the words as they stand on the wire: high byte, then low byte."""
    return crc16_modbus(b"".join(word.to_bytes(2, "big") for word in words))


def limits(field: Field) -> tuple[int, int]:
    """The smallest and the largest integer that the field can carry."""
    if field.type in _LIMITS:
        return _LIMITS[field.type]
    return 0, (1 << 16 * field.words) - 1


def _label(field: Field) -> str:
    return f"register map: {field.block}.{field.name} at address {field.address}"


def encode_field(field: Field, value: Value) -> list[int]:
    """The words of one value; :class:`CodecError` when it does not fit."""
    if field.type.startswith("u16["):
        return _encode_text(field, value)
    low, high = limits(field)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CodecError(f"{_label(field)}: found {value!r}, expected an integer")
    if not low <= value <= high:
        unit = f" {field.unit}" if field.unit else ""
        raise CodecError(f"{_label(field)}: found {value}{unit}, expected {low}..{high}{unit}")
    if field.type.startswith("bits["):
        return [value >> 16 * index & 0xFFFF for index in range(field.words)]
    if field.words == 2:
        return [value >> 16 & 0xFFFF, value & 0xFFFF]
    return [value & 0xFFFF]


def _encode_text(field: Field, value: Value) -> list[int]:
    room = 2 * field.words
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise CodecError(f"{_label(field)}: found {value!r}, expected printable ASCII text")
    if len(value) > room:
        raise CodecError(f"{_label(field)}: found {len(value)} characters, expected at most {room}")
    raw = value.encode("ascii").ljust(room, b"\0")
    return [raw[index] << 8 | raw[index + 1] for index in range(0, room, 2)]


def _decode_text(field: Field, words: Sequence[int]) -> str:
    return _text(field, b"".join(word.to_bytes(2, "big") for word in words))


def _bitmap(raw: bytes) -> int:
    """From words as they stand on the wire: the lowest bits are in the first word."""
    words = array("H", raw)
    # Exchanges the two bytes in memory on any host; the words' values are never asked for.
    words.byteswap()
    return int.from_bytes(words.tobytes(), "little")


def _text(field: Field, raw: bytes) -> str:
    raw = raw.rstrip(b"\0 ")
    if not raw.isascii() or not raw.decode("ascii").isprintable():
        raise CodecError(f"{_label(field)}: found bytes {raw.hex(' ')}, expected printable ASCII")
    return raw.decode("ascii")


def _unsigned(words: Sequence[int], at: int) -> int:
    return words[at]


def _i16(words: Sequence[int], at: int) -> int:
    word = words[at]
    return word - 0x10000 if word & 0x8000 else word


def _u32(words: Sequence[int], at: int) -> int:
    return words[at] << 16 | words[at + 1]


def _i32(words: Sequence[int], at: int) -> int:
    value = words[at] << 16 | words[at + 1]
    return value - 0x1_0000_0000 if value & 0x8000_0000 else value


_DECODERS: dict[str, Callable[[Sequence[int], int], int]] = {
    "u16": _unsigned,
    "enum": _unsigned,
    "bits": _unsigned,
    "i16": _i16,
    "u32": _u32,
    "i32": _i32,
}


def decode_field(field: Field, words: Sequence[int], at: int = 0) -> Value:
    """The value of the field whose first word is ``words[at]``."""
    decoder = _DECODERS.get(field.type)
    if decoder is not None:
        return decoder(words, at)
    own = words[at : at + field.words]
    if field.type.startswith("u16["):
        return _decode_text(field, own)
    return sum(word << 16 * index for index, word in enumerate(own))


def check_words(words: Sequence[int], expected: int, what: str) -> None:
    """Refuse a list of another length, or one that holds anything but 16-bit words."""
    if len(words) != expected:
        raise CodecError(f"{what}: found {len(words)} words, expected {expected}")
    for index, word in enumerate(words):
        if not 0 <= word <= 0xFFFF:
            raise CodecError(f"{what}: word {index} is {word}, expected 0..65535")


def decode_block(block: Block, words: Sequence[int]) -> dict[str, Value]:
    """All values of a block by field name; :class:`CodecError` for a wrong number of words."""
    layout = block.layout
    try:
        values = layout.unpack(words)
    except struct.error:
        check_words(words, block.size, f"register map: block {block.name}")
        raise
    decoded: dict[str, Value] = values  # type: ignore[assignment]  # the long ones follow
    for name, type_name in layout.long:
        raw = values[name]
        assert isinstance(raw, bytes)
        if type_name.startswith("u16["):
            decoded[name] = _text(block.field(name), raw)
        else:
            decoded[name] = _bitmap(raw)
    return decoded


def encode_block(block: Block, values: Mapping[str, Value]) -> list[int]:
    """The words of a block; fields not given and reserved words are zero.

    Raises :class:`firmware_bridge.errors.MapError` for a name the block does not have and
    :class:`CodecError` for a value that does not fit.
    """
    words = [0] * block.size
    put_values(block, words, values)
    return words


def put_values(block: Block, words: MutableSequence[int], values: Mapping[str, Value]) -> None:
    """Write some of a block's values over its words; raises as :func:`encode_block`."""
    single = block.plain_words
    for name, value in values.items():
        at, most = single.get(name, (0, -1))
        if isinstance(value, int) and 0 <= value <= most and type(value) is not bool:
            words[at] = int(value)
            continue
        field = block.field(name)
        words[field.offset : field.offset + field.words] = encode_field(field, value)


def integer(values: Mapping[str, Value], name: str) -> int:
    """The integer called ``name`` of a decoded block."""
    value = values[name]
    if not isinstance(value, int):
        raise CodecError(f"register map: {name} is the text {value!r}, expected an integer")
    return value


def group(values: Mapping[str, Value], prefix: str) -> dict[str, int]:
    """The members of a repeated group without their prefix: ``bay2_state`` becomes ``state``."""
    start = len(prefix)
    return {name[start:]: integer(values, name) for name in values if name.startswith(prefix)}


def numbers_in(bitmap: int) -> frozenset[int]:
    """The numbers of the bits that are set."""
    return frozenset(n for n in range(bitmap.bit_length()) if bitmap >> n & 1)


def bitmap_of(numbers: Iterable[int]) -> int:
    """The bitmap in which exactly these bits are set."""
    bitmap = 0
    for number in numbers:
        bitmap |= 1 << number
    return bitmap
