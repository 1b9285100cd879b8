"""Modbus TCP in front of the PLC program: function codes 3, 6 and 16, and nothing else.

Written from "Modbus messaging on TCP/IP implementation guide 1.0b", as `modbus_pdu`. Registers
are not stored here: the program is asked at every request. The link can be cut in the two ways
in which real ones fail, and the server can be stopped and started again on the same port.
"""

from __future__ import annotations

import asyncio
import struct
from typing import cast

from firmware_bridge.register_map import BLOCKS, check_map
from hardware_sim.plc.modbus_pdu import NOT_REACHED, answer_to, refusal
from hardware_sim.plc.server import Cut, RegisterBank

_HEADER = struct.Struct(">HHHB")
"""Transaction, protocol (0), bytes from the device's number on, and that number."""
_LENGTHS = range(2, 255)


class _Connection(asyncio.Protocol):
    """One client: requests are answered in their order, each at once."""

    def __init__(self, server: PlcModbusServer) -> None:
        self._server = server
        self._rest = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self.transport = cast("asyncio.Transport", transport)
        self._server.connections[self] = None
        # A selector loop begins to read after this, whatever is asked of it in here.
        asyncio.get_running_loop().call_soon(self.hear)

    def connection_lost(self, _error: Exception | None) -> None:
        """It is gone."""
        self._server.connections.pop(self, None)

    def hear(self) -> None:
        """Read, or do not: what comes over a dead line stays on it until it is whole again."""
        if self.transport.is_closing():
            return
        if self._server.is_deaf:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete; a client that speaks otherwise is cut off."""
        data = self._rest + data if self._rest else data
        at = 0
        while len(data) - at >= _HEADER.size:
            transaction, protocol, length, device = _HEADER.unpack_from(data, at)
            if protocol != 0 or length not in _LENGTHS:
                self.transport.abort()
                return
            end = at + _HEADER.size - 1 + length
            if len(data) < end:
                break
            answer = self._server.answer(device, data[at + _HEADER.size : end])
            header = _HEADER.pack(transaction, 0, len(answer) + 1, device)
            self.transport.write(header + answer)
            at = end
        self._rest = data[at:]


class PlcModbusServer:
    """Start, stop, start again, cut, restore."""

    def __init__(
        self, bank: RegisterBank, *, host: str = "127.0.0.1", port: int = 0, device_id: int = 1
    ) -> None:
        """`port` 0 takes a free one at the first start and keeps it from then on."""
        check_map(tuple(BLOCKS.values()))
        self.bank = bank
        self.host = host
        self.port = port
        self.device_id = device_id
        self.requests = 0
        self.connections: dict[_Connection, None] = {}
        """The open ones, in the order of their making."""
        self._listener: asyncio.AbstractServer | None = None
        self._cut: Cut | None = None
        self._wanted = False

    async def start(self) -> None:
        """Listen; raises OSError or RuntimeError when the port cannot be had.

        While the link is cut, clients see of it what the cut lets through.
        """
        if self._wanted:
            raise RuntimeError(f"Modbus server: already listening on {self.host}:{self.port}")
        self._wanted = True
        if self._cut is not Cut.DROP:
            await self._open()

    async def stop(self) -> None:
        """Close the listener and every connection."""
        self._wanted = False
        await self._close()

    async def cut(self, how: Cut = Cut.BLACK_HOLE) -> None:
        """Let the link fail; cutting a cut link changes nothing."""
        if self._cut is not None:
            return
        self._cut = how
        if how is Cut.DROP:
            await self._close()
        else:
            self._tell_connections()

    async def restore(self) -> None:
        """Mend the link; what a black hole swallowed arrives now."""
        how, self._cut = self._cut, None
        if how is Cut.DROP and self._wanted:
            await self._open()
        else:
            self._tell_connections()

    def _tell_connections(self) -> None:
        for connection in list(self.connections):
            connection.hear()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), self.host, self.port)
        self.port = int(server.sockets[0].getsockname()[1])
        self._listener = server

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.close()
        for connection in list(self.connections):
            connection.transport.abort()
        # Aborted transports close in the next turn of the loop; the port is free after it.
        await asyncio.sleep(0)

    @property
    def is_cut(self) -> bool:
        """Whether the link fails now."""
        return self._cut is not None

    @property
    def is_deaf(self) -> bool:
        """Whether nothing that is sent arrives."""
        return self._cut is Cut.BLACK_HOLE

    def answer(self, device: int, request: bytes) -> bytes:
        """The answer to one request; another device than the PLC is not reached."""
        self.requests += 1
        if device != self.device_id:
            return refusal(request[0], NOT_REACHED)
        return answer_to(self.bank, request)
