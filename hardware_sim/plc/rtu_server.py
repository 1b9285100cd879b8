"""Modbus RTU in front of the PLC program: function codes 3, 6 and 16, and nothing else.

Written from "Modbus over serial line 1.02", as `modbus_pdu`. A frame with a wrong checksum or for
another device is not answered.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from firmware_bridge.register_map import BLOCKS, check_map
from firmware_bridge.words import crc16_modbus
from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.plc.modbus_pdu import answer_to
from hardware_sim.plc.serial_line import SerialLine
from hardware_sim.plc.server import Cut, RegisterBank

SCAN_S = 0.01
"""The PLC looks at its line once a scan: so long it thinks about an answer."""

_FRAME_BYTES_MIN = 4


class PlcRtuServer:
    """Start, stop, start again, cut, restore, disturb."""

    def __init__(
        self, bank: RegisterBank, device: Path, *, baud: int = 115_200, device_id: int = 1
    ) -> None:
        """The line appears as ``device`` with the first start, and stays when the PLC is off."""
        check_map(tuple(BLOCKS.values()))
        self.bank = bank
        self.device_id = device_id
        self.line = SerialLine(device, baud=baud, on_frame=self._on_frame)
        self.answer_s = SCAN_S
        """How long the PLC thinks about each answer."""
        self.requests = 0
        """Requests that were understood."""
        self.damaged = 0
        """Frames with a wrong checksum, or for somebody else."""
        self.answers_to_lose = 0
        """So many of the next answers do not arrive."""
        self.delay_next_s = 0.0
        """The next answer comes this much later."""
        self._cut: Cut | None = None
        self._running = False
        self._thinking: set[asyncio.TimerHandle] = set()
        """Answers that are not ready yet."""

    async def start(self) -> None:
        """Answer requests."""
        if self._running:
            raise RuntimeError(f"Modbus server: already answering on {self.line.device}")
        self._running = True
        if self._cut is not Cut.DROP:
            self.line.plug()

    async def stop(self) -> None:
        """Answer no more; the line stays, as its adapter belongs to the controller's computer."""
        self._running = False
        for timer in self._thinking:
            timer.cancel()
        self._thinking.clear()
        self.line.hush()

    def close(self) -> None:
        """Take the line away too."""
        self.line.unplug()

    async def cut(self, how: Cut = Cut.BLACK_HOLE) -> None:
        """Let the link fail; cutting a cut link changes nothing."""
        if self._cut is not None:
            return
        self._cut = how
        if how is Cut.DROP:
            self.line.unplug()
        else:
            self.line.deaf = True

    async def restore(self) -> None:
        """Mend the link."""
        self._cut = None
        self.line.deaf = False
        self.line.plug()

    @property
    def is_cut(self) -> bool:
        """Whether the link fails now."""
        return self._cut is not None

    def disturb(self, noise: LineNoise | None) -> None:
        """Let both directions of the line be bad, or good again."""
        self.line.noise = noise

    def _on_frame(self, frame: bytes) -> None:
        if not self._running:
            return
        if (
            len(frame) < _FRAME_BYTES_MIN
            or frame[0] != self.device_id
            or crc16_modbus(frame[:-2]).to_bytes(2, "little") != frame[-2:]
        ):
            self.damaged += 1
            return
        self.requests += 1
        # The registers are those of the moment in which the PLC has thought, not of the asking.
        delay_s, self.delay_next_s = self.answer_s + self.delay_next_s, 0.0
        lost, self.answers_to_lose = self.answers_to_lose > 0, max(0, self.answers_to_lose - 1)
        loop = asyncio.get_running_loop()
        self._thinking = {timer for timer in self._thinking if timer.when() > loop.time()}
        self._thinking.add(loop.call_later(delay_s, self._answer, frame[1:-2], lost))

    def _answer(self, request: bytes, lost: bool) -> None:
        if not self._running:
            return
        pdu = answer_to(self.bank, request)
        if not lost:
            frame = bytes((self.device_id,)) + pdu
            self.line.send(frame + crc16_modbus(frame).to_bytes(2, "little"))
