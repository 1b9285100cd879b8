"""One end of a connection in memory: behaves as asyncio's own socket transport does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextvars import Context
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from hardware_sim.virtual.process import Process, owner
from hardware_sim.virtual.server import VirtualSocket

if TYPE_CHECKING:
    from hardware_sim.virtual.network import Line

HIGH_WATER_BYTES = 64 * 1024


class Mark(Enum):
    """What travels besides bytes."""

    END = "end"
    RESET = "reset"


Item = bytes | Mark


class VirtualTransport(asyncio.Transport):
    """Made in pairs by the network; ``attach`` gives it its protocol.

    What arrives at an end that nobody holds any more is answered with a reset, as TCP does.
    """

    def __init__(self, line: Line, context: Context, sockname: Any, peername: Any) -> None:
        ends = VirtualSocket(own=sockname, peer=peername)
        super().__init__({"sockname": sockname, "peername": peername, "socket": ends})
        self.line = line
        self.context = context
        self.process: Process | None = owner(context)
        self.peer: VirtualTransport
        self.vanished = False
        self.is_client = False
        """This end has called, the other one was called."""
        """Its machine has lost power: nothing is sent, nothing heard."""
        self._protocol: asyncio.Protocol | None = None
        self._inbox: deque[Item] = deque()
        self._held: deque[Item] = deque()
        """What the cut line holds back."""
        self._paused = False
        self._closing = False
        self._ended = False
        """The other end will send nothing more."""
        self._end_sent = False
        self._arrives_s = 0.0
        """When the last thing that this end sent arrives."""
        self._under_way_bytes = 0
        self._writing_paused = False
        self._high_bytes, self._low_bytes = HIGH_WATER_BYTES, HIGH_WATER_BYTES // 4

    # --- what protocols use

    def attach(self, protocol: asyncio.BaseProtocol) -> None:
        """Begin: the protocol hears of the connection, then of what has come meanwhile."""
        self._protocol = cast("asyncio.Protocol", protocol)
        protocol.connection_made(self)
        self._drain_inbox()

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Whoever is told."""
        assert self._protocol is not None, "a transport that was never attached"
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Tell another one from now on."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def is_closing(self) -> bool:
        """Closed by this end, or lost."""
        return self._closing

    def write(self, data: Any) -> None:
        """Send; silently nothing on a connection that is lost."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"data: expected bytes, found {type(data).__name__}")
        if self._end_sent and not self._closing:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing or not data:
            return
        self._under_way_bytes += len(data)
        self.line.carry(self, bytes(data))
        if self._under_way_bytes > self._high_bytes and not self._writing_paused:
            self._writing_paused = True
            self.get_protocol().pause_writing()

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        """Send several pieces as one."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """Say that nothing more will be sent."""
        if not (self._end_sent or self._closing):
            self._end_sent = True
            self.line.carry(self, Mark.END)

    def can_write_eof(self) -> bool:
        """As TCP can."""
        return True

    def pause_reading(self) -> None:
        """Leave what comes where it is."""
        self._paused = True

    def resume_reading(self) -> None:
        """Take it again, in the next turn."""
        if self._paused and not self._closing:
            self._paused = False
            self.line.loop.call_soon(self._drain_inbox, context=self.context)

    def is_reading(self) -> bool:
        """Whether what comes is taken."""
        return not (self._paused or self._closing)

    def get_write_buffer_size(self) -> int:
        """Bytes that are on their way."""
        return self._under_way_bytes

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Low and high."""
        return self._low_bytes, self._high_bytes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """From when on, and until when, the protocol is asked to wait."""
        if high is None:
            high = HIGH_WATER_BYTES if low is None else 4 * low
        self._high_bytes = high
        self._low_bytes = high // 4 if low is None else low

    def close(self) -> None:
        """What was written arrives, then the end."""
        if self._closing:
            return
        self.write_eof()
        self._lose(None)

    def abort(self) -> None:
        """Let go at once; what has left already still arrives."""
        self.close()

    # --- what the line does

    def sends_at(self, wanted_s: float) -> float:
        """When something may arrive: after all that this end has sent before."""
        self._arrives_s = max(self._arrives_s, wanted_s)
        return self._arrives_s

    def arrive(self, item: Item) -> None:
        """Something has come to this end of the line."""
        if self._held or self.line.holds_back(self):
            self._held.append(item)
        else:
            self.context.run(self._take, item)

    def release(self) -> None:
        """The line is whole again: what it held back comes in order."""
        while self._held and not self.line.holds_back(self):
            self.context.run(self._take, self._held.popleft())

    def reset(self) -> None:
        """The connection is broken off for this end."""
        self._lose(ConnectionResetError(104, "Connection reset by peer"))

    def vanish(self) -> None:
        """This end's machine is dark; its protocol never hears of anything again."""
        self.vanished = True
        self._closing = True

    # --- within

    def _take(self, item: Item) -> None:
        if isinstance(item, bytes):
            self.peer.has_arrived(len(item))
        if self.vanished or self._closing:
            if item is not Mark.RESET:
                self.line.answer_with_reset(self)
            return
        if item is Mark.RESET:
            self.reset()
        elif self._paused or self._protocol is None or self._inbox:
            self._inbox.append(item)
        else:
            self._hand_over(item)

    def _drain_inbox(self) -> None:
        while self._inbox and not self._paused and not self._closing:
            self._hand_over(self._inbox.popleft())

    def _hand_over(self, item: Item) -> None:
        protocol = cast("asyncio.Protocol", self._protocol)
        try:
            if isinstance(item, bytes):
                protocol.data_received(item)
            elif not protocol.eof_received():
                self.close()
        except Exception as error:  # asyncio's own transport reports and closes
            self.line.loop.call_exception_handler(
                {
                    "message": "Fatal error: a protocol failed at what it received.",
                    "exception": error,
                    "transport": self,
                    "protocol": protocol,
                }
            )
            self._break_off(error)

    def _break_off(self, error: Exception) -> None:
        if not self._closing:
            self.line.carry(self, Mark.RESET)
            self._lose(error)

    def _lose(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self.line.loop.call_soon(self._tell_lost, error, context=self.context)

    def _tell_lost(self, error: Exception | None) -> None:
        self.line.forget(self)
        if self._protocol is not None:
            self._protocol.connection_lost(error)

    def has_arrived(self, count: int) -> None:
        """So many of the bytes that this end sent have come to the other one."""
        self._under_way_bytes -= count
        if self._writing_paused and self._under_way_bytes <= self._low_bytes:
            self._writing_paused = False
            if not self._closing:
                resume = self.get_protocol().resume_writing
                self.line.loop.call_soon(resume, context=self.context)
