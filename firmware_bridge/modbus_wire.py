"""One Modbus connection to one device, with every answer checked.

pymodbus 3.16.1 carries the frames. Guarded here, because it was measured that it does not do so
itself: an answer with fewer registers than asked for, or with another function code, counts as
success; its retries put one write on the device several times; ``connected`` stays true on a
dead line; a frame that cannot be decoded raises inside the event loop. So: ``retries=0``, count
and function code are compared, frames are screened before pymodbus sees them, and reconnecting
is left to the caller, with a new client each time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException, ModbusIOException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse

from firmware_bridge import serial_timing
from firmware_bridge.errors import NoAnswer, WrongAnswer

READ = 3
WRITE_MULTIPLE = 16
_ANSWER_CODES = frozenset({READ, WRITE_MULTIPLE, READ | 0x80, WRITE_MULTIPLE | 0x80})

EXCEPTION_NAMES = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not respond",
}
"""Modbus application protocol 1.1b3, section 7."""


@dataclass(frozen=True, slots=True)
class TcpEndpoint:
    """A PLC on Ethernet."""

    host: str
    port: int = 502

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialEndpoint:
    """A PLC on a serial line, Modbus RTU."""

    device: str
    baud: int = 115_200
    parity: str = "E"
    stop_bits: int = 1
    quiet_s: float | None = None
    """How long the line is left alone after a lost answer before it is used again; None takes
    :func:`firmware_bridge.serial_timing.quiet_s`. On RTU an answer that comes late is taken for
    the next one's: what comes in this time is thrown away."""

    @property
    def pause_s(self) -> float:
        """The quiet time that holds: the given one, or the one computed from the baud rate."""
        return self.quiet_s if self.quiet_s is not None else serial_timing.quiet_s(self.baud)

    def __str__(self) -> str:
        return f"{self.device} at {self.baud} baud"


Endpoint = TcpEndpoint | SerialEndpoint


class _ReadAnswer(ReadHoldingRegistersResponse):
    """pymodbus' answer to a read, decoded in one go, and not written out for a log nobody reads.

    The library takes word by word and makes a text of every answer: a third of what the line costs.
    """

    def decode(self, data: bytes) -> None:
        """As the library's; raises ModbusIOException for fewer bytes than announced."""
        announced = data[0]
        if announced >= len(data):
            raise ModbusIOException(
                f"byte_count {announced} > length of packet {len(data)}",
                function_code=self.function_code,
            )
        self.registers = struct.unpack_from(f">{announced // 2}H", data, 1)

    def __str__(self) -> str:
        """For the library's log."""
        return f"{type(self).__name__} of {len(self.registers)} registers"


def screen_tcp(data: bytes) -> str:
    """What is wrong with bytes received over Modbus TCP; empty when nothing is, so far."""
    at = 0
    while len(data) - at >= 8:
        protocol = int.from_bytes(data[at + 2 : at + 4], "big")
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        if protocol != 0 or not 3 <= length <= 254:
            return f"header {data[at : at + 8].hex(' ')}, expected protocol 0 and length 3..254"
        pdu = data[at + 7 : at + 6 + length]
        problem = _screen_pdu(pdu, length - 1)
        if problem:
            return problem
        at += 6 + length
    return ""


def screen_rtu(data: bytes, device_id: int) -> str:
    """What is wrong with bytes received over Modbus RTU; empty when nothing is, so far."""
    if data and data[0] != device_id:
        return f"device id {data[0]}, expected {device_id}"
    if len(data) > 1 and data[1] not in _ANSWER_CODES:
        return f"function code {data[1]}, expected {READ} or {WRITE_MULTIPLE}"
    return ""


def _screen_pdu(pdu: bytes, announced: int) -> str:
    if pdu and pdu[0] not in _ANSWER_CODES:
        return f"function code {pdu[0]}, expected {READ} or {WRITE_MULTIPLE}"
    if len(pdu) < announced:
        return ""  # the rest is still to come
    if pdu[0] == READ and (announced < 2 or pdu[1] != announced - 2):
        return f"byte count {pdu[1:2].hex()} in an answer of {announced} bytes"
    if pdu[0] == WRITE_MULTIPLE and announced != 5:
        return f"{announced} bytes in the answer to a write, expected 5"
    return ""


class Wire:
    """One connection. Every method is for one caller at a time; requests are never cancelled."""

    def __init__(self, endpoint: Endpoint, device_id: int, request_timeout_s: float) -> None:
        # The library reports every missed answer with a dump of frames; whether a missed answer
        # matters is judged by the link, which says it once.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self._endpoint = endpoint
        self._device_id = device_id
        self._request_timeout_s = request_timeout_s
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._garbage = ""

    @property
    def connected(self) -> bool:
        """The transport has not been reported lost. True says little: see the module's text."""
        return self._client is not None and self._client.connected

    async def open(self) -> None:
        """Connect; :class:`NoAnswer` when that does not succeed within the request timeout."""
        await self.close()
        self._client = self._new_client()
        self._client.register(_ReadAnswer)
        try:
            connected = await self._client.connect()
        except termios.error as error:  # a serial device that vanishes while it is being set up
            await self.close()
            raise NoAnswer(f"PLC {self._endpoint}: cannot be opened: {error}") from error
        if not connected:
            await self.close()
            raise NoAnswer(f"PLC {self._endpoint}: {self._why_unconnected()}")

    def _why_unconnected(self) -> str:
        """Pymodbus keeps the cause to itself; the commonest one on a serial line is told here."""
        if isinstance(self._endpoint, SerialEndpoint):
            if not os.path.exists(self._endpoint.device):
                return "the device file does not exist"
            if not os.access(self._endpoint.device, os.R_OK | os.W_OK):
                return "no right to read and write the device file"
        return f"no connection within {self._request_timeout_s:g} s"

    async def close(self) -> None:
        """Drop the connection at once, without waiting for bytes that nobody reads."""
        client, self._client = self._client, None
        if client is None:
            return
        transport = cast("asyncio.Transport | None", client.ctx.transport)
        client.close()
        if transport is not None:
            transport.abort()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop

    async def read(self, address: int, count: int) -> list[int]:
        """``count`` holding registers from ``address`` on.

        Raises :class:`NoAnswer` or :class:`WrongAnswer`.
        """
        what = f"read of {count} words at {address}"
        client = self._open_client(what)
        self._garbage = ""
        try:
            answer = await client.read_holding_registers(
                address, count=count, device_id=self._device_id
            )
        except ModbusException as error:
            raise self._failure(what, error) from error
        self._check(answer, READ, what)
        registers = list(answer.registers)
        if len(registers) != count:
            raise WrongAnswer(
                f"PLC {self._endpoint}: {what}: found {len(registers)} words, expected {count}"
            )
        return registers

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write words from ``address`` on, in one request, once.

        Raises :class:`NoAnswer`, after which the PLC may have the words or not, or
        :class:`WrongAnswer`.
        """
        what = f"write of {len(words)} words at {address}"
        client = self._open_client(what)
        self._garbage = ""
        try:
            answer = await client.write_registers(address, list(words), device_id=self._device_id)
        except ModbusException as error:
            raise self._failure(what, error) from error
        self._check(answer, WRITE_MULTIPLE, what)
        if answer.address != address or answer.count != len(words):
            raise WrongAnswer(
                f"PLC {self._endpoint}: {what}: found {answer.count} words at {answer.address} "
                "confirmed"
            )

    def _open_client(self, what: str) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        if self._client is None or not self._client.connected:
            raise NoAnswer(f"PLC {self._endpoint}: {what}: not connected")
        return self._client

    def _failure(self, what: str, error: ModbusException) -> NoAnswer | WrongAnswer:
        if self._garbage:
            return WrongAnswer(f"PLC {self._endpoint}: {what}: found {self._garbage}")
        if not self.connected:
            return NoAnswer(f"PLC {self._endpoint}: {what}: the connection broke")
        timeout = f"no answer within {self._request_timeout_s:g} s"
        return NoAnswer(f"PLC {self._endpoint}: {what}: {timeout} ({type(error).__name__})")

    def _check(self, answer: ModbusPDU, function_code: int, what: str) -> None:
        if answer.isError():
            code = answer.exception_code
            name = EXCEPTION_NAMES.get(code, "not in the standard")
            raise WrongAnswer(f"PLC {self._endpoint}: {what}: exception {code} ({name})")
        if answer.function_code != function_code:
            raise WrongAnswer(
                f"PLC {self._endpoint}: {what}: function code {answer.function_code}, "
                f"expected {function_code}"
            )

    def _screen(self, sending: bool, data: bytes) -> bytes:
        if sending:
            return data
        if isinstance(self._endpoint, TcpEndpoint):
            problem = screen_tcp(data)
        else:
            problem = screen_rtu(data, self._device_id)
        if problem:
            self._garbage = problem
            return b""
        return data

    def _new_client(self) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        if isinstance(self._endpoint, TcpEndpoint):
            return AsyncModbusTcpClient(
                self._endpoint.host,
                port=self._endpoint.port,
                reconnect_delay=0,
                timeout=self._request_timeout_s,
                retries=0,
                trace_packet=self._screen,
            )
        return AsyncModbusSerialClient(
            self._endpoint.device,
            baudrate=self._endpoint.baud,
            parity=self._endpoint.parity,
            stopbits=self._endpoint.stop_bits,
            reconnect_delay=0,
            timeout=self._request_timeout_s,
            retries=0,
            trace_packet=self._screen,
        )
