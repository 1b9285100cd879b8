"""A Modbus TCP peer that holds the register map and misbehaves on request. It is no PLC.

It answers reads from plain memory with running scan counters, takes writes, and does to chosen
requests what bad devices and bad networks do. Independent of any Modbus library.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from firmware_bridge.meanings import KeySwitch, LiftStatus, MachineState, PcLink, UnitMode
from firmware_bridge.register_map import (
    BLOCKS,
    CONTROL,
    IDENTITY,
    MAGIC0,
    MAGIC1,
    MAILBOXES,
    MAP_CRC32,
    MAP_MAJOR,
    MAP_MINOR,
    MAP_WORDS,
    ORDER_PROBE,
    SIGN_PROBE,
    Block,
)
from firmware_bridge.words import Value, crc16_of_words, encode_block


class Fault(Enum):
    """What is done to one request."""

    SHORT = auto()
    """An answer with one register fewer than asked for, correctly framed."""
    WRONG_FUNCTION = auto()
    """A well-formed answer to another function code (4)."""
    EXCEPTION = auto()
    """Exception 6, device busy."""
    GARBAGE = auto()
    """Bytes that are no Modbus frame."""
    BAD_COUNT = auto()
    """A byte count that does not fit the frame."""
    SILENCE = auto()
    """The request is swallowed."""
    RESET = auto()
    """The connection is reset instead of answered."""
    CLOSE = auto()
    """The connection is closed in the middle of the answer."""
    LATE = auto()
    """The answer comes after ``late_s``, behind the next one's request."""
    TORN = auto()
    """The block's ``scan_b`` is that of another scan."""
    WRONG_BLOCK = auto()
    """The block's ``block_id`` is another one's."""
    OTHER_DEVICE = auto()
    """The answer carries another unit number."""
    FLIPPED = auto()
    """The bit ``flip_bit`` of the answer, counted from its function code, is the other one."""


@dataclass
class HostilePlc:
    """Start with :meth:`start`, which sets ``port``. Faults are queued with :meth:`misbehave`."""

    lifts: int = 1
    bays: int = 2
    slots: int = 42
    late_s: float = 0.3
    flip_bit: int = 0
    memory: list[int] = field(default_factory=lambda: [0] * MAP_WORDS)
    writes: list[tuple[int, list[int]]] = field(default_factory=list)
    reads: list[tuple[int, int]] = field(default_factory=list)
    on_write: Callable[[int, list[int]], None] | None = None
    frozen: bool = False
    """The scan counters stand still."""
    black_hole: bool = False
    """Connections are accepted and nothing is ever answered."""
    connections: int = 0
    port: int = 0
    echo_session: bool = True

    def __post_init__(self) -> None:
        self._faults: list[tuple[Fault, Callable[[int, int], bool]]] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._scan = 0
        self.set_identity()
        self.set_block(
            BLOCKS["S"],
            boot_id=1000,
            state_current=int(MachineState.IDLE),
            unit_mode=int(UnitMode.PRODUCTION),
            safety_a=0xFF,
            safety_b=0x1F,
            key_switch=int(KeySwitch.AUTO),
            pc_link=int(PcLink.OK),
        )
        ready = LiftStatus.READY | LiftStatus.HOMED | LiftStatus.STANDSTILL | LiftStatus.ENABLED
        for number in range(1, self.lifts + 1):
            self.set_block(
                BLOCKS[f"L{number}"],
                state_current=int(MachineState.IDLE),
                unit_mode=int(UnitMode.PRODUCTION),
                status=int(ready),
            )
        for name in "BOEPA":
            self.set_block(BLOCKS[name])

    # Memory

    def set_identity(self, **values: Value) -> None:
        """Fill the identity block anew, with some values different, and its CRC."""
        good: dict[str, Value] = {
            "magic0": MAGIC0,
            "magic1": MAGIC1,
            "map_major": MAP_MAJOR,
            "map_minor": MAP_MINOR,
            "map_crc32": MAP_CRC32,
            "order_probe": ORDER_PROBE,
            "sign_probe": SIGN_PROBE,
            "n_lifts": self.lifts,
            "n_bays": self.bays,
            "n_slots": self.slots,
            "site_id": 4401,
            "plc_name": "HOSTILE",
        }
        words = encode_block(IDENTITY, good | values)
        words[26] = crc16_of_words(words[:26])
        self.memory[: len(words)] = words

    def set_block(self, block: Block, **values: Value) -> None:
        """Set fields of a status block; the others stay as they are."""
        if block.block_id is not None:
            values["block_id"] = block.block_id
        for name, value in values.items():
            field_ = block.field(name)
            words = encode_block(block, {name: value})
            at = field_.address
            self.memory[at : at + field_.words] = words[field_.offset :][: field_.words]

    def acknowledge(self, mailbox: int, seq: int, job_id: int, result: int, state: int) -> None:
        """Set the acknowledge words and the job state of a mailbox."""
        if mailbox == 0:
            self.set_block(
                BLOCKS["S"],
                aux_ack_seq=seq,
                aux_ack_job=job_id,
                aux_ack_result=result,
                aux_state=state,
            )
            return
        self.set_block(
            BLOCKS[f"L{mailbox}"],
            ack_seq=seq,
            ack_job=job_id,
            ack_result=result,
            job_state=state,
        )

    def writes_to(self, block: Block) -> list[list[int]]:
        """The words of every write to this block so far."""
        return [words for address, words in self.writes if address == block.address]

    # Faults

    def misbehave(
        self, fault: Fault, times: int = 1, *, at: int | None = None, writes: bool = False
    ) -> None:
        """Do this to the next ``times`` requests: reads (at address ``at``), or writes."""
        wanted = 16 if writes else 3

        def matches(function_code: int, address: int) -> bool:
            return function_code == wanted and (at is None or address == at)

        self._faults += [(fault, matches)] * times

    def forgive(self) -> None:
        """Forget all faults that are still queued."""
        self._faults.clear()

    # Life

    async def start(self, port: int = 0, sock: socket.socket | None = None) -> None:
        """Listen on 127.0.0.1, or on a socket that is bound already."""
        if sock is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        else:
            self._server = await asyncio.start_server(self._serve, sock=sock)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Reset every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self.reset_connections()
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)

    def reset_connections(self) -> None:
        """Send a TCP reset on every connection."""
        for writer in list(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        try:
            while True:
                header = await reader.readexactly(7)
                tid, _, length, unit = struct.unpack(">HHHB", header)
                pdu = await reader.readexactly(length - 1)
                if not self.black_hole:
                    await self._handle(writer, tid, unit, pdu)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _handle(self, writer: asyncio.StreamWriter, tid: int, unit: int, pdu: bytes) -> None:
        address, count = struct.unpack(">HH", pdu[1:5])
        answer = self._read(address, count) if pdu[0] == 3 else self._write(address, pdu)
        fault = self._next_fault(pdu[0], address)
        if fault is None:
            _send(writer, tid, unit, answer)
            return
        self._spoil(writer, tid, unit, answer, fault)

    def _next_fault(self, function_code: int, address: int) -> Fault | None:
        for index, (fault, matches) in enumerate(self._faults):
            if matches(function_code, address):
                del self._faults[index]
                return fault
        return None

    def _read(self, address: int, count: int) -> bytes:
        self.reads.append((address, count))
        if not self.frozen:
            self._scan = (self._scan + 1) & 0xFFFF
        for block in BLOCKS.values():
            if block.block_id is not None:
                self.set_block(block, scan_a=self._scan, scan_b=self._scan)
        words = self.memory[address : address + count]
        return struct.pack(f">BB{count}H", 3, 2 * count, *words)

    def _write(self, address: int, pdu: bytes) -> bytes:
        count = struct.unpack(">H", pdu[3:5])[0]
        words = list(struct.unpack(f">{count}H", pdu[6:]))
        self.writes.append((address, words))
        self.memory[address : address + count] = words
        if address == CONTROL.address and self.echo_session:
            self.set_block(BLOCKS["S"], session_echo=words[1] << 16 | words[2], hb_echo=words[0])
        if self.on_write is not None:
            self.on_write(address, words)
        return pdu[:5]

    def _spoil(
        self, writer: asyncio.StreamWriter, tid: int, unit: int, answer: bytes, fault: Fault
    ) -> None:
        loop = asyncio.get_running_loop()
        spoiled = {
            Fault.SHORT: answer[:1] + bytes([max(0, answer[1] - 2)]) + answer[2:-2],
            Fault.WRONG_FUNCTION: b"\x04" + answer[1:],
            Fault.EXCEPTION: bytes([answer[0] | 0x80, 6]),
            Fault.BAD_COUNT: answer[:1] + bytes([answer[1] ^ 0x3F]) + answer[2:],
            Fault.TORN: answer[:-1] + bytes([answer[-1] ^ 1]),
            Fault.WRONG_BLOCK: answer[:3] + bytes([answer[3] ^ 0x40]) + answer[4:],
        }
        if fault in spoiled:
            _send(writer, tid, unit, spoiled[fault])
        elif fault is Fault.FLIPPED:
            at, bit = divmod(self.flip_bit % (8 * len(answer)), 8)
            _send(
                writer, tid, unit, answer[:at] + bytes([answer[at] ^ 1 << bit]) + answer[at + 1 :]
            )
        elif fault is Fault.OTHER_DEVICE:
            _send(writer, tid, unit + 1, answer)
        elif fault is Fault.GARBAGE:
            writer.write(bytes(range(0x40, 0x5C)))
        elif fault is Fault.RESET:
            _reset(writer)
        elif fault is Fault.CLOSE:
            writer.write(struct.pack(">HHHB", tid, 0, len(answer) + 1, unit) + answer[:3])
            writer.close()
        elif fault is Fault.LATE:
            loop.call_later(self.late_s, _send, writer, tid, unit, answer)


def _send(writer: asyncio.StreamWriter, tid: int, unit: int, pdu: bytes) -> None:
    if not writer.is_closing():
        writer.write(struct.pack(">HHHB", tid, 0, len(pdu) + 1, unit) + pdu)


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() != -1:
        sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER: RST on close
    writer.transport.abort()


def mailbox_address(number: int) -> int:
    """First word of mailbox ``number``."""
    return MAILBOXES[number].address
