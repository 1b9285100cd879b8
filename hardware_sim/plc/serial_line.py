"""A pseudo-terminal on which every byte takes its time, as on a real serial line."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.serial_plug import PtyPlug

BITS_PER_CHARACTER = 11
"""Start, eight data bits, parity or a second stop bit, stop (Modbus over serial line, 2.5.1)."""

GAP_CHARACTERS = 3.5
GAP_S_MIN = 0.00175
"""The silence that ends a frame is 3.5 characters, and this much above 19,200 baud."""

_TIMER_S = 0.001
"""An event loop does not wake more often; the bytes of this time go out together."""


class SerialLine:
    """The PLC's end of a line; ``device`` is the name under which the other end appears.

    Full duplex, as RS-422 or RS-232. Use from the loop's thread only.
    """

    def __init__(
        self, device: Path, *, baud: int = 115_200, on_frame: Callable[[bytes], None]
    ) -> None:
        """``on_frame`` is handed whatever came between two silences."""
        self.device = device
        self.baud = baud
        self.noise: LineNoise | None = None
        """Disturbs both directions."""
        self.deaf = False
        """Nothing passes in either direction."""
        self.bytes_in = 0
        self.bytes_out = 0
        self.gap_s = max(GAP_CHARACTERS * self.character_s, GAP_S_MIN)
        self._on_frame = on_frame
        self._plug = PtyPlug(device)
        self.plugged = False
        """Whether the device exists."""
        self._received = bytearray()
        self._in_ends_s = 0.0
        self._frame_timer: asyncio.TimerHandle | None = None
        self._sending: deque[tuple[float, bytes]] = deque()
        self._out_ends_s = 0.0
        self._out_timer: asyncio.TimerHandle | None = None

    @property
    def character_s(self) -> float:
        """Time of one character."""
        return BITS_PER_CHARACTER / self.baud

    def plug(self) -> None:
        """Let the device appear."""
        if not self.plugged:
            self.plugged = True
            self._plug.connect(self._came)

    def unplug(self) -> None:
        """Let the device disappear; whoever has it open gets an error."""
        if self.plugged:
            self.plugged = False
            self._plug.disconnect()
            self.hush()

    def hush(self) -> None:
        """Forget what is under way in both directions."""
        for timer in (self._frame_timer, self._out_timer):
            if timer is not None:
                timer.cancel()
        self._frame_timer = self._out_timer = None
        self._received.clear()
        self._sending.clear()

    def send(self, frame: bytes) -> None:
        """Send a frame: after what is being sent, a silence before it, each byte in its time."""
        if self.deaf:
            return
        arriving = frame if self.noise is None else self.noise.carry(frame)
        at_s = max(asyncio.get_running_loop().time(), self._out_ends_s + self.gap_s)
        for nth in range(len(arriving)):
            self._sending.append((at_s + (nth + 1) * self.character_s, arriving[nth : nth + 1]))
        self._out_ends_s = at_s + len(frame) * self.character_s
        self.bytes_out += len(frame)
        self._pump()

    def _pump(self) -> None:
        """Hand over the bytes whose time has come; come again for the rest."""
        loop = asyncio.get_running_loop()
        if self._out_timer is not None:
            self._out_timer.cancel()
            self._out_timer = None
        due = bytearray()
        while self._sending and self._sending[0][0] <= loop.time():
            due += self._sending.popleft()[1]
        if due:
            self._plug.write(bytes(due))
        if self._sending:
            next_s = max(self._sending[0][0], loop.time() + _TIMER_S)
            self._out_timer = loop.call_at(next_s, self._pump)

    def _came(self, chunk: bytes) -> None:
        self.bytes_in += len(chunk)
        if self.deaf:
            return
        loop = asyncio.get_running_loop()
        # The other side's terminal takes a frame at once; on the line it takes its time.
        self._in_ends_s = max(loop.time(), self._in_ends_s) + len(chunk) * self.character_s
        self._received += chunk if self.noise is None else self.noise.carry(chunk)
        if self._frame_timer is not None:
            self._frame_timer.cancel()
        self._frame_timer = loop.call_at(self._in_ends_s + self.gap_s, self._silence)

    def _silence(self) -> None:
        self._frame_timer = None
        frame = bytes(self._received)
        self._received.clear()
        if frame:
            self._on_frame(frame)
