"""One frame on the line: header, payload, checksum, wrapped in COBS between zero bytes.

``00 | COBS( kind u8, seq u8, message id u8, payload 0-200, CRC-16 u16 ) | 00``, little-endian.
The zero in front frees a frame from whatever noise stood before it; an empty frame is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from firmware_bridge.errors import BridgeError, CodecError
from firmware_bridge.kiosk_board import cobs

PAYLOAD_BYTES_MAX = 200
HEADER_BYTES = 3
CRC_BYTES = 2
ENCODED_BYTES_MAX = HEADER_BYTES + PAYLOAD_BYTES_MAX + CRC_BYTES + 1
"""Between the zeros; no frame is long enough for a second COBS code byte of its own accord."""


class FrameError(BridgeError):
    """Bytes between two zeros that are no frame."""


class Kind(IntEnum):
    """What a frame is; the first byte of it."""

    REQUEST = 1
    RESPONSE = 2
    EVENT = 3
    EVENT_ACK = 4


def _crc_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16_ibm_3740(data: bytes) -> int:
    """CRC-16/IBM-3740: polynomial 0x1021, start 0xFFFF, not reflected, no final XOR.

    The check value over ``b"123456789"`` is 0x29B1 (Greg Cook's catalogue of CRC algorithms).
    """
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC_TABLE[crc >> 8 ^ byte]
    return crc


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame's content; the payload stays out of ``repr``, as it may hold a key."""

    kind: Kind
    seq: int
    message_id: int
    payload: bytes = field(default=b"", repr=False)


def encode_frame(frame: Frame) -> bytes:
    """The bytes for the line, with both zeros.

    Raises:
        CodecError: for a payload, a sequence number or a message id that does not fit.

    """
    if len(frame.payload) > PAYLOAD_BYTES_MAX:
        raise CodecError(
            f"kiosk board: payload of {len(frame.payload)} bytes, expected at most "
            f"{PAYLOAD_BYTES_MAX}"
        )
    for name, number in (("sequence number", frame.seq), ("message id", frame.message_id)):
        if not 0 <= number <= 0xFF:
            raise CodecError(f"kiosk board: {name} {number}, expected 0..255")
    body = bytes((frame.kind, frame.seq, frame.message_id)) + frame.payload
    body += crc16_ibm_3740(body).to_bytes(CRC_BYTES, "little")
    return b"\0" + cobs.encode(body) + b"\0"


def decode_frame(encoded: bytes) -> Frame:
    """The frame in the bytes between two zeros.

    Raises:
        FrameError: for damaged bytes, a wrong length, a wrong checksum or an unknown kind.

    """
    try:
        body = cobs.decode(encoded)
    except CodecError as error:
        raise FrameError(f"kiosk board: {error}") from error
    room = range(HEADER_BYTES + CRC_BYTES, ENCODED_BYTES_MAX)
    if len(body) not in room:
        raise FrameError(
            f"kiosk board: frame of {len(body)} bytes, expected {room.start}..{room.stop - 1}"
        )
    found = int.from_bytes(body[-CRC_BYTES:], "little")
    expected = crc16_ibm_3740(body[:-CRC_BYTES])
    if found != expected:
        raise FrameError(f"kiosk board: CRC 0x{found:04X}, expected 0x{expected:04X}")
    try:
        kind = Kind(body[0])
    except ValueError as error:
        raise FrameError(f"kiosk board: frame kind {body[0]}, expected 1..4") from error
    return Frame(kind, body[1], body[2], bytes(body[HEADER_BYTES:-CRC_BYTES]))


class FrameReader:
    """Cuts a stream into frames; damaged ones are counted and dropped, never guessed at."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self._partial = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ended in these bytes."""
        frames: list[Frame] = []
        start = 0
        while (end := data.find(0, start)) >= 0:
            self._keep(data[start:end])
            start = end + 1
            frame = self._finish()
            if frame is not None:
                frames.append(frame)
        self._keep(data[start:])
        return frames

    def clear(self) -> None:
        """Forget a frame begun on a line that is gone."""
        self._partial.clear()
        self._too_long = False

    def _keep(self, data: bytes) -> None:
        if len(self._partial) + len(data) > ENCODED_BYTES_MAX:
            # A board without heap has no more room either: wait for the next zero.
            self._too_long = True
            self._partial.clear()
        elif not self._too_long:
            self._partial += data

    def _finish(self) -> Frame | None:
        encoded, too_long = bytes(self._partial), self._too_long
        self.clear()
        if too_long:
            self.bad += 1
            return None
        if not encoded:
            return None
        try:
            frame = decode_frame(encoded)
        except FrameError:
            self.bad += 1
            return None
        self.good += 1
        return frame
