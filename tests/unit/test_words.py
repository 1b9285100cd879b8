"""The codec: every value that fits comes back, every other is refused with its name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import CodecError, MapError
from firmware_bridge.meanings import (
    AlarmSeverity,
    AlarmSource,
    alarm_flags,
    alarm_severity,
    alarm_source,
)
from firmware_bridge.register_map import BLOCKS, FIELDS, IDENTITY, SLOTS, SYSTEM, Block, Field
from firmware_bridge.words import (
    Value,
    bitmap_of,
    crc16_modbus,
    crc16_of_words,
    decode_block,
    decode_field,
    encode_block,
    encode_field,
    group,
    integer,
    limits,
    numbers_in,
)


def values_of(field: Field) -> st.SearchStrategy[Value]:
    if field.type.startswith("u16["):
        printable = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
        return st.text(printable, max_size=2 * field.words)
    low, high = limits(field)
    return st.integers(low, high)


@settings(deadline=None)
@given(st.data(), st.sampled_from(FIELDS))
def test_every_field_brings_its_value_back(data: st.DataObject, field: Field) -> None:
    value = data.draw(values_of(field))
    words = encode_field(field, value)
    assert len(words) == field.words
    assert all(0 <= word <= 0xFFFF for word in words)
    assert decode_field(field, words) == value


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(BLOCKS)))
def test_every_block_brings_its_values_back(data: st.DataObject, name: str) -> None:
    block: Block = BLOCKS[name]
    chosen = data.draw(st.lists(st.sampled_from(block.fields), max_size=6, unique=True))
    values = {field.name: data.draw(values_of(field)) for field in chosen}
    decoded = decode_block(block, encode_block(block, values))
    assert {key: decoded[key] for key in values} == values
    assert all(not decoded[key] for key in decoded if key not in values)


@settings(deadline=None)
@given(st.lists(st.integers(0, 0xFFFF), min_size=64, max_size=64))
def test_any_words_decode_to_the_words_they_came_from(words: list[int]) -> None:
    decoded = decode_block(SYSTEM, words)
    again = encode_block(SYSTEM, decoded)
    claimed = {f.offset + i for f in SYSTEM.fields for i in range(f.words)}
    assert [again[i] for i in sorted(claimed)] == [words[i] for i in sorted(claimed)]


def test_high_word_comes_first_and_signs_are_twos_complement() -> None:
    words = encode_block(IDENTITY, {"order_probe": 0x01020304, "sign_probe": -2, "plc_name": "VT"})
    assert words[6:8] == [0x0102, 0x0304]
    assert words[8:10] == [0xFFFF, 0xFFFE]
    assert words[18:20] == [0x5654, 0]


def test_slot_n_is_bit_n_modulo_16_of_word_n_over_16() -> None:
    words = encode_block(SLOTS, {"occupied": bitmap_of([0, 17, 42, 511])})
    occupied = words[2:34]
    assert (occupied[0], occupied[1], occupied[2], occupied[31]) == (1, 2, 1 << 10, 0x8000)
    assert numbers_in(integer(decode_block(SLOTS, words), "occupied")) == {0, 17, 42, 511}


@pytest.mark.parametrize(
    ("block", "name", "value", "message"),
    [
        ("L1", "load", 65_536, r"L1\.load at address 120: found 65536 kg, expected 0\.\.65535 kg"),
        ("L1", "torque", -32_769, r"found -32769 0\.1 %"),
        ("L1", "hoist_pos", 2**31, "hoist_pos"),
        ("S", "uptime", -1, r"expected 0\.\.4294967295 s"),
        ("S", "uptime", "soon", "expected an integer"),
        ("S", "uptime", True, "expected an integer"),
        ("O", "occupied", 1 << 512, "occupied"),
        ("H", "plc_name", "x" * 17, "found 17 characters, expected at most 16"),
        ("H", "plc_name", "tour éclair", "printable ASCII"),
        ("H", "plc_name", 5, "printable ASCII"),
    ],
)
def test_what_does_not_fit_is_refused(block: str, name: str, value: Value, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        encode_block(BLOCKS[block], {name: value})


def test_wrong_lengths_words_and_names_are_refused() -> None:
    with pytest.raises(CodecError, match="found 63 words, expected 64"):
        decode_block(SYSTEM, [0] * 63)
    with pytest.raises(CodecError, match=r"word 3 is 65536, expected 0\.\.65535"):
        decode_block(SYSTEM, [0, 0, 0, 65_536, *[0] * 60])
    with pytest.raises(CodecError, match="found bytes 07"):
        decode_block(IDENTITY, [*[0] * 18, 0x0700, *[0] * 8])
    with pytest.raises(MapError, match="no field 'nonsense'"):
        encode_block(SYSTEM, {"nonsense": 1})


def test_crc_is_that_of_the_catalogue() -> None:
    """Check value of CRC-16/MODBUS over "123456789"."""
    assert crc16_modbus(b"123456789") == 0x4B37
    assert crc16_of_words([0x3132, 0x3334]) == crc16_modbus(b"1234")


def test_groups_lose_their_prefix_and_keep_to_themselves() -> None:
    values = decode_block(BLOCKS["P"], encode_block(BLOCKS["P"], {"s1_power": 5, "s11_power": 7}))
    assert group(values, "s1_")["power"] == 5
    assert sorted(group(values, "s1_")) == ["energy", "limit", "power", "state", "temp"]
    with pytest.raises(CodecError, match="is the text"):
        integer({"plc_name": "VT"}, "plc_name")


@settings(deadline=None)
@given(st.sampled_from(AlarmSeverity), st.sampled_from(AlarmSource), st.booleans(), st.booleans())
def test_alarm_flags_hold_three_things(
    severity: AlarmSeverity, source: AlarmSource, active: bool, acknowledged: bool
) -> None:
    word = alarm_flags(severity, source, active=active, acknowledged=acknowledged)
    assert (alarm_severity(word), alarm_source(word)) == (severity, source)
    assert (bool(word & 4), bool(word & 8)) == (active, acknowledged)
