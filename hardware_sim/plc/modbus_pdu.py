"""Requests and answers of Modbus without what a line puts around them: codes 3, 6 and 16.

Written from "Modbus application protocol 1.1b3" without a Modbus library, so that the
controller's library meets somebody else's reading of it.
"""

from __future__ import annotations

import struct

from firmware_bridge.register_map import MAP_WORDS, READ_WORDS_MAX, WRITE_WORDS_MAX
from hardware_sim.plc.server import SERVED, RegisterBank

READ, WRITE_ONE, WRITE = 3, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
NOT_REACHED = 11
"""The exception for another device: a gateway has nobody of that number."""

_HEAD = struct.Struct(">BHH")
"""Function code, address, and a count or the only value."""
_WRITE_HEAD_BYTES = 6


def answer_to(bank: RegisterBank, request: bytes) -> bytes:
    """The answer to a request, both without what is around them; never empty."""
    code = request[0]
    if code not in SERVED:
        return refusal(code, ILLEGAL_FUNCTION)
    if len(request) < _HEAD.size:
        return refusal(code, ILLEGAL_VALUE)
    _, address, second = _HEAD.unpack_from(request)
    if code == READ:
        return _read(bank, address, second)
    if code == WRITE_ONE:
        return _written(bank, code, address, [second], request)
    announced = request[_HEAD.size] if len(request) > _HEAD.size else 0
    fits = announced == 2 * second == len(request) - _WRITE_HEAD_BYTES
    if not fits or not 1 <= second <= WRITE_WORDS_MAX:
        return refusal(code, ILLEGAL_VALUE)
    values = list(struct.unpack_from(f">{second}H", request, _WRITE_HEAD_BYTES))
    return _written(bank, code, address, values, request)


def _read(bank: RegisterBank, address: int, count: int) -> bytes:
    if not 1 <= count <= READ_WORDS_MAX:
        return refusal(READ, ILLEGAL_VALUE)
    if address + count > MAP_WORDS:
        return refusal(READ, ILLEGAL_ADDRESS)
    return struct.pack(f">BB{count}H", READ, 2 * count, *bank.read(address, count))


def _written(
    bank: RegisterBank, code: int, address: int, values: list[int], request: bytes
) -> bytes:
    """A write is confirmed with the first words of its request, both kinds alike."""
    if address + len(values) > MAP_WORDS or not bank.write(address, values):
        return refusal(code, ILLEGAL_ADDRESS)
    return request[: _HEAD.size]


def refusal(code: int, why: int) -> bytes:
    """An exception answer."""
    return bytes((code & 0x7F | 0x80, why))
