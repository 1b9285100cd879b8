"""Debian's libmodbus by ctypes: a Modbus program that shares no line with ours."""

import ctypes
import ctypes.util
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from firmware_bridge.register_map import BLOCKS, MAP_WORDS

_FRAME_BYTES_MAX = 260


def load() -> ctypes.CDLL | None:
    """The library, None where it is not installed."""
    name = ctypes.util.find_library("modbus")
    if name is None:
        return None
    library = ctypes.CDLL(name, use_errno=True)
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_new_tcp.argtypes = [ctypes.c_char_p, ctypes.c_int]
    library.modbus_new_rtu.restype = ctypes.c_void_p
    library.modbus_new_rtu.argtypes = [
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char,
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.modbus_mapping_new.restype = ctypes.POINTER(_Mapping)
    for function in ("connect", "close", "free"):
        getattr(library, f"modbus_{function}").argtypes = [ctypes.c_void_p]
    library.modbus_set_slave.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.modbus_set_indication_timeout.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
    ]
    library.modbus_receive.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.modbus_reply.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.POINTER(_Mapping),
    ]
    for function in ("read_registers", "write_registers"):
        getattr(library, f"modbus_{function}").argtypes = [
            ctypes.c_void_p,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_void_p,
        ]
    return library


class _Mapping(ctypes.Structure):
    """``modbus_mapping_t`` of modbus.h 3.1."""

    _fields_ = (
        ("nb_bits", ctypes.c_int),
        ("start_bits", ctypes.c_int),
        ("nb_input_bits", ctypes.c_int),
        ("start_input_bits", ctypes.c_int),
        ("nb_input_registers", ctypes.c_int),
        ("start_input_registers", ctypes.c_int),
        ("nb_registers", ctypes.c_int),
        ("start_registers", ctypes.c_int),
        ("tab_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("tab_input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("tab_registers", ctypes.POINTER(ctypes.c_uint16)),
    )


@dataclass
class TcpClient:
    """libmodbus as a Modbus TCP client."""

    library: ctypes.CDLL
    port: int

    def __enter__(self) -> "TcpClient":
        self._context = self.library.modbus_new_tcp(b"127.0.0.1", self.port)
        assert self.library.modbus_connect(self._context) == 0
        return self

    def __exit__(self, *_: object) -> None:
        self.library.modbus_close(self._context)
        self.library.modbus_free(self._context)

    def read(self, address: int, count: int) -> list[int]:
        words = (ctypes.c_uint16 * count)()
        done = self.library.modbus_read_registers(self._context, address, count, words)
        assert done == count
        return list(words)

    def write(self, address: int, values: Sequence[int]) -> None:
        words = (ctypes.c_uint16 * len(values))(*values)
        done = self.library.modbus_write_registers(self._context, address, len(values), words)
        assert done == len(values)


@dataclass
class RtuServer:
    """libmodbus as a Modbus RTU device on a serial line, in a thread of its own.

    Its scan counters run with every request. ``delay_next_s`` lets one answer come late.
    """

    library: ctypes.CDLL
    device: str
    memory: list[int]
    delay_next_s: float = 0.0
    requests: list[bytes] = field(default_factory=list)

    def start(self) -> None:
        self._stopping = Event()
        self._lock = Lock()
        self._scan = 0
        self._context = self.library.modbus_new_rtu(self.device.encode(), 115_200, b"N", 8, 1)
        self.library.modbus_set_slave(self._context, 1)
        self.library.modbus_set_indication_timeout(self._context, 0, 100_000)
        assert self.library.modbus_connect(self._context) == 0
        self._mapping = self.library.modbus_mapping_new(0, 0, MAP_WORDS, 0)
        self._registers: Any = self._mapping.contents.tab_registers
        for address, word in enumerate(self.memory):
            self._registers[address] = word
        self._thread = Thread(target=self._serve, name="libmodbus RTU server")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.library.modbus_close(self._context)
        self.library.modbus_free(self._context)

    def words(self, address: int, count: int) -> list[int]:
        return [self._registers[at] for at in range(address, address + count)]

    def _serve(self) -> None:
        frame = (ctypes.c_uint8 * _FRAME_BYTES_MAX)()
        while not self._stopping.is_set():
            length = self.library.modbus_receive(self._context, frame)
            if length <= 0:
                continue
            self.requests.append(bytes(frame[:length]))
            self._scan_once()
            delay_s, self.delay_next_s = self.delay_next_s, 0.0
            if delay_s:
                time.sleep(delay_s)
            self.library.modbus_reply(self._context, frame, length, self._mapping)

    def _scan_once(self) -> None:
        self._scan = (self._scan + 1) & 0xFFFF
        for block in BLOCKS.values():
            if block.block_id is not None:
                self._registers[block.field("scan_a").address] = self._scan
                self._registers[block.field("scan_b").address] = self._scan
