"""Modbus TCP in front of the PLC program: function codes 3, 6 and 16, and nothing else.

Registers are not stored here: pymodbus asks the program at every request. The link can be cut
in the two ways in which real ones fail, and the server can be stopped and started again on the
same port.
"""

from __future__ import annotations

import asyncio

from pymodbus.constants import ExcCodes
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_bridge.register_map import (
    BLOCKS,
    MAP_WORDS,
    READ_WORDS_MAX,
    WRITE_WORDS_MAX,
    check_map,
)
from hardware_sim.plc.server import SERVED, Cut, RegisterBank


class _RefusedPdu(ModbusPDU):
    """Stands in for a request whose function code this PLC does not have."""

    def __init__(self, request: ModbusPDU) -> None:
        super().__init__(dev_id=request.dev_id, transaction_id=request.transaction_id)
        self.function_code = request.function_code

    def encode(self) -> bytes:
        """Never sent; only its answer is."""
        return b""

    def decode(self, data: bytes) -> None:
        """Already decoded as the request it stands for."""

    async def datastore_update(self, _context: object, _device_id: int) -> ModbusPDU:
        """The answer: illegal function."""
        return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_FUNCTION)


def _only_served(sending: bool, pdu: ModbusPDU) -> ModbusPDU:
    return pdu if sending or pdu.function_code in SERVED else _RefusedPdu(pdu)


class _Listener(ModbusTcpServer):
    """pymodbus' server with a switch that makes its connections deaf."""

    def __init__(self, device: SimDevice, address: tuple[str, int]) -> None:
        super().__init__(device, address=address, trace_pdu=_only_served)
        self.deaf = False

    def callback_new_connection(self) -> ServerRequestHandler:
        """Called by pymodbus before the transport exists, hence the detour."""
        # pymodbus leaves this method untyped, hence the ignore.
        handler: ServerRequestHandler = super().callback_new_connection()  # type: ignore[no-untyped-call]
        if self.deaf:
            self.loop.call_soon(self.loop.call_soon, self._deafen, handler)
        return handler

    def transports(self) -> list[asyncio.Transport]:
        """The open connections."""
        found = [handler.transport for handler in self.active_connections.values()]
        return [transport for transport in found if isinstance(transport, asyncio.Transport)]

    def set_deaf(self, deaf: bool) -> None:
        """Stop or resume reading on every connection, present and future."""
        self.deaf = deaf
        for transport in self.transports():
            if deaf:
                transport.pause_reading()
            elif not transport.is_closing():
                transport.resume_reading()

    def _deafen(self, handler: ServerRequestHandler) -> None:
        if self.deaf and isinstance(handler.transport, asyncio.Transport):
            handler.transport.pause_reading()

    def bound_port(self) -> int:
        """The port it really listens on."""
        server = self.transport
        sockets = getattr(server, "sockets", ())
        if not sockets:
            raise RuntimeError("Modbus server: not listening, so it has no port")
        return int(sockets[0].getsockname()[1])


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
        self._listener: _Listener | None = None
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
        elif self._listener is not None:
            self._listener.set_deaf(True)

    async def restore(self) -> None:
        """Mend the link; what a black hole swallowed arrives now."""
        how, self._cut = self._cut, None
        if how is Cut.DROP and self._wanted:
            await self._open()
        elif how is Cut.BLACK_HOLE and self._listener is not None:
            self._listener.set_deaf(False)

    async def _open(self) -> None:
        # One entry over the whole map: several could overlap without pymodbus noticing.
        words = SimData(address=0, count=MAP_WORDS, values=0, datatype=DataType.REGISTERS)
        device = SimDevice(id=self.device_id, simdata=[words], action=self._on_request)
        listener = _Listener(device, (self.host, self.port))
        listener.deaf = self._cut is Cut.BLACK_HOLE
        await listener.serve_forever(background=True)
        self.port = listener.bound_port()
        self._listener = listener

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        for transport in listener.transports():
            transport.abort()
        await listener.shutdown()  # type: ignore[no-untyped-call]  # untyped in pymodbus
        # Aborted transports close in the next turn of the loop; the port is free after it.
        await asyncio.sleep(0)

    @property
    def is_cut(self) -> bool:
        """Whether the link fails now."""
        return self._cut is not None

    async def _on_request(  # noqa: PLR0917 - pymodbus passes these six by position
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by pymodbus for every request, before it reads or stores its own copy."""
        self.requests += 1
        if function_code not in SERVED:
            return ExcCodes.ILLEGAL_FUNCTION
        if set_values is None:
            if count > READ_WORDS_MAX:
                return ExcCodes.ILLEGAL_VALUE
            offset = address - start_address
            current_registers[offset : offset + count] = self.bank.read(address, count)
            return None
        if count > WRITE_WORDS_MAX:
            return ExcCodes.ILLEGAL_VALUE
        taken = self.bank.write(address, [int(value) for value in set_values])
        return None if taken else ExcCodes.ILLEGAL_ADDRESS
