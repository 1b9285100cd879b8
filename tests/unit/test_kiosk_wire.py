"""Bytes of the kiosk board's contract: COBS, checksum, frames and bodies."""

from enum import IntEnum, IntFlag
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_bridge.errors import CodecError
from firmware_bridge.kiosk_board import cobs, messages
from firmware_bridge.kiosk_board.catalogue import (
    EXCHANGES,
    NOTICES,
    MessageId,
    decode_response,
    encode_response,
    map_crc,
)
from firmware_bridge.kiosk_board.fields import Body, WireField, wire_fields
from firmware_bridge.kiosk_board.frame import (
    ENCODED_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    Frame,
    FrameError,
    FrameReader,
    Kind,
    crc16_ibm_3740,
    decode_frame,
    encode_frame,
)

ANY_BYTES = st.binary(max_size=600) | st.lists(
    st.sampled_from([b"\0", b"x" * 253, b"x" * 254, b"x" * 255]), max_size=4
).map(b"".join)
FRAMES = st.builds(
    Frame,
    st.sampled_from(Kind),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=PAYLOAD_BYTES_MAX),
)
BODIES = sorted(
    {e.request for e in EXCHANGES.values()}
    | {e.answer for e in EXCHANGES.values()}
    | {n.event for n in NOTICES.values()},
    key=lambda cls: cls.__name__,
)


@given(ANY_BYTES)
@example(b"x" * 254 + b"\0")
@example(b"x" * 254)
def test_cobs_round_trip_without_a_zero(data: bytes) -> None:
    encoded = cobs.encode(data)
    assert 0 not in encoded
    assert cobs.decode(encoded) == data


@given(ANY_BYTES)
def test_cobs_agrees_with_an_independent_one(data: bytes) -> None:
    oracle = pytest.importorskip("cobs.cobs")
    assert cobs.encode(data) == oracle.encode(data)
    assert cobs.decode(oracle.encode(data)) == data


@given(st.binary(max_size=40))
def test_cobs_decoding_refuses_what_an_independent_one_refuses(damaged: bytes) -> None:
    oracle = pytest.importorskip("cobs.cobs")
    if not damaged:
        return
    try:
        expected = oracle.decode(damaged)
    except oracle.DecodeError:
        with pytest.raises(CodecError):
            cobs.decode(damaged)
    else:
        assert cobs.decode(damaged) == expected


@pytest.mark.parametrize("damaged", [b"", b"\x03x", b"\x02\0", b"\0"])
def test_cobs_decoding_says_what_was_wrong(damaged: bytes) -> None:
    with pytest.raises(CodecError, match=r"COBS: .*found"):
        cobs.decode(damaged)


def test_crc_check_value() -> None:
    assert crc16_ibm_3740(b"123456789") == 0x29B1


@given(st.binary(max_size=300))
def test_crc_agrees_with_an_independent_one(data: bytes) -> None:
    oracle = pytest.importorskip("fastcrc").crc16
    assert crc16_ibm_3740(data) == oracle.ibm_3740(data)


@given(FRAMES)
def test_frame_round_trip(frame: Frame) -> None:
    encoded = encode_frame(frame)
    assert encoded[0] == encoded[-1] == 0
    assert len(encoded) <= ENCODED_BYTES_MAX + 2
    assert decode_frame(encoded[1:-1]) == frame


@given(FRAMES, st.data())
def test_one_damaged_byte_is_noticed(frame: Frame, data: st.DataObject) -> None:
    encoded = bytearray(encode_frame(frame))
    at = data.draw(st.integers(1, len(encoded) - 2))
    encoded[at] ^= data.draw(st.integers(1, 255))
    assert [f for f in FrameReader().feed(bytes(encoded)) if f == frame] == []


@given(st.lists(FRAMES, max_size=6), st.binary(max_size=30), st.data())
def test_reader_finds_frames_in_any_pieces(
    frames: list[Frame], noise: bytes, data: st.DataObject
) -> None:
    stream = noise.replace(b"\0", b"\1") + b"".join(encode_frame(frame) for frame in frames)
    reader = FrameReader()
    found: list[Frame] = []
    at = 0
    while at < len(stream):
        size = data.draw(st.integers(1, 80))
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == frames
    assert reader.good == len(frames)


def test_reader_forgets_an_endless_frame_and_goes_on() -> None:
    reader = FrameReader()
    frame = Frame(Kind.REQUEST, 1, 2, b"x")
    assert reader.feed(b"x" * 10_000) == []
    assert reader.feed(encode_frame(frame)) == [frame]
    assert (reader.good, reader.bad) == (1, 1)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Kind.REQUEST, 256, 1),
        Frame(Kind.REQUEST, 0, 256),
        Frame(Kind.REQUEST, 0, 0, bytes(201)),
    ],
)
def test_frame_that_does_not_fit_is_refused(frame: Frame) -> None:
    with pytest.raises(CodecError, match=r"kiosk board: .* expected"):
        encode_frame(frame)


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"\x01\x00", "frame of 2 bytes"), (bytes(206), "frame of 206 bytes"), (bytes(5), "CRC")],
)
def test_what_is_no_frame_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(FrameError, match=says):
        decode_frame(cobs.encode(body))


def test_unknown_kind_is_refused() -> None:
    body = bytes((9, 1, 1))
    body += crc16_ibm_3740(body).to_bytes(2, "little")
    with pytest.raises(FrameError, match=r"frame kind 9, expected 1\.\.4"):
        decode_frame(cobs.encode(body))


def _value_of(field: WireField) -> st.SearchStrategy[Any]:
    wire = field.wire
    if not wire.code:
        return st.binary(min_size=wire.low, max_size=wire.high)
    if issubclass(field.python_type, IntFlag):
        return st.integers(wire.low, wire.high).map(field.python_type)
    if issubclass(field.python_type, IntEnum):
        return st.sampled_from(list(field.python_type))
    return st.integers(wire.low, wire.high)


def _bodies_of(cls: type[Body]) -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({f.name: _value_of(f) for f in wire_fields(cls)}).map(
        lambda values: cls(**values)
    )


@pytest.mark.parametrize("cls", BODIES, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_body_round_trip(cls: type[Body], data: st.DataObject) -> None:
    body = data.draw(_bodies_of(cls))
    payload = body.pack()
    assert len(payload) < PAYLOAD_BYTES_MAX
    assert cls.unpack(payload) == body


@pytest.mark.parametrize("cls", BODIES, ids=lambda cls: cls.__name__)
@given(payload=st.binary(max_size=PAYLOAD_BYTES_MAX))
def test_any_payload_is_a_body_or_a_codec_error(cls: type[Body], payload: bytes) -> None:
    try:
        body = cls.unpack(payload)
    except CodecError:
        return
    assert body.pack() == payload


def test_layout_is_little_endian_and_fixed() -> None:
    assert messages.LockPulse(2, 0x1234).pack() == b"\x02" + (0x1234).to_bytes(2, "little")
    assert messages.Hello(1, 2, 0xA1B2C3D4).pack() == bytes.fromhex("01 02 d4 c3 b2 a1")
    assert messages.AnalogAnswer(-10, 24_000).pack() == bytes.fromhex("f6 ff c0 5d")


@pytest.mark.parametrize(
    "body",
    [
        messages.LockPulse(0, 0),
        messages.LockPulse(0, 5001),
        messages.LockPulse(4, 100),
        messages.Buzzer(5001),
        messages.Config(199, 20),
        messages.Nfc(b"abc"),
        messages.KeyCabinetRelease(16, 1),
    ],
    ids=repr,
)
def test_value_outside_its_limits_is_refused(body: Body) -> None:
    with pytest.raises(CodecError, match=r"kiosk board: \w+\.\w+: found \d+, expected"):
        body.pack()


def test_unknown_enum_number_names_the_known_ones() -> None:
    with pytest.raises(CodecError, match=r"Traffic\.aspect: found 7, expected one of 0, 1"):
        messages.Traffic.unpack(b"\x07")


def test_secrets_are_not_in_repr() -> None:
    assert "53" not in repr(messages.Key(0x35))
    assert "abcd" not in repr(messages.Nfc(b"abcd"))
    assert "abcd" not in repr(Frame(Kind.EVENT, 1, MessageId.NFC, b"abcd"))


def test_every_message_is_an_exchange_or_a_notice() -> None:
    assert set(MessageId) == set(EXCHANGES) | set(NOTICES)
    assert not set(EXCHANGES) & set(NOTICES)


def test_response_carries_a_body_only_when_it_was_ok() -> None:
    answer = messages.HeartbeatAnswer(7)
    assert decode_response(MessageId.HEARTBEAT, encode_response(messages.Status.OK, answer)) == (
        messages.Status.OK,
        answer,
    )
    assert decode_response(MessageId.LOCK_PULSE, encode_response(messages.Status.BUSY, None)) == (
        messages.Status.BUSY,
        None,
    )
    for payload in (b"", b"\x99"):
        with pytest.raises(CodecError, match=r"HEARTBEAT: status .* expected 00\.\.07"):
            decode_response(MessageId.HEARTBEAT, payload)


def test_changing_any_layout_is_noticed_in_the_map_checksum() -> None:
    """Whoever changes this number changes the contract: see docs/kiosk_board.md on versions."""
    assert map_crc() == 0x34E4
