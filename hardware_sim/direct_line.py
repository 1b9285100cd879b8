"""A line to the simulated PLC without frames: whole reads and writes of its memory, and faults.

It stands where a Modbus server would (`PlcServer`), for a controller in the same process that
uses `DirectLink`. What one scan makes of the words is the PLC's own program, unchanged.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from contextvars import copy_context
from enum import Enum
from typing import TYPE_CHECKING

from firmware_bridge.link_types import HEARTBEAT_S
from hardware_sim.plc.program import PlcProgram
from hardware_sim.plc.server import Cut, RegisterBank
from hardware_sim.virtual.weather import FAIR, Weather

if TYPE_CHECKING:
    from hardware_sim.runner import SimulatedTower

UNANSWERED_MAX = 2
"""A connection on which so many requests had no answer is given up, and no new one is made."""
PIECES_A_ROUND = 8
"""Requests and answers that a round of the Modbus link puts on the wire."""


class Loss(Enum):
    """What becomes of one exchange."""

    NONE = "nothing is lost"
    REQUEST = "the request comes too late"
    ANSWER = "the request comes, its answer does not come in time"


class DirectLine:
    """The PLC's end; at most one controller is at the other."""

    def __init__(self, bank: SimulatedTower, chance: random.Random) -> None:
        """Create inside the running loop; what happens on the line belongs to who makes it."""
        self.bank: RegisterBank = bank
        self.tower = bank
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._world = copy_context()
        self._weather = FAIR
        self._cut: Cut | None = None
        self._unanswered: int | None = None
        """Requests on a line that is half-open; None while it is not."""
        self._open = False
        self._resets = 0
        self._held_back: list[tuple[int, list[int]]] = []
        self._beating: PlcProgram | None = None
        self._began_s = 0.0
        self.last_heard_s = -math.inf
        """When a beat last came by itself, before the line fell silent."""
        self._wake: Callable[[], None] | None = None
        self.tower.core.on_change.append(self._changed)

    # --- life, as any server of the PLC

    async def start(self) -> None:
        """Answer."""
        self._open = True
        self._changed()

    async def stop(self) -> None:
        """Answer no more; what was under way is lost."""
        self._open = False
        self._resets += 1
        self._held_back.clear()
        self._fall_silent()
        self._changed()

    async def cut(self, how: Cut = Cut.BLACK_HOLE) -> None:
        """Let the line fail."""
        self.fail(how)

    async def restore(self) -> None:
        """Mend the line."""
        self.mend()

    @property
    def is_cut(self) -> bool:
        """Whether the line fails now."""
        return self._cut is not None

    # --- faults

    def fail(self, how: Cut = Cut.BLACK_HOLE) -> None:
        """Let nothing through, silently or by refusing."""
        self._cut = self._cut or how
        self._resets += how is Cut.DROP
        self._fall_silent()
        self._changed()

    def fail_answers(self) -> None:
        """Half-open: requests arrive, answers do not, until the controller gives it up."""
        if self._cut is None and self._unanswered is None:
            self._unanswered = 0
            self._fall_silent()
            self._changed()

    def mend(self) -> None:
        """Let everything through again; what a black hole swallowed arrives first, late."""
        self._cut = self._unanswered = None
        late, self._held_back = self._held_back, []
        for address, words in late:
            self.write(address, words)
        self._changed()

    def reset(self) -> None:
        """Break the connection once; a new one can be made at once."""
        self._resets += 1
        self._fall_silent()
        self._changed()

    @property
    def weather(self) -> Weather:
        """How the line behaves."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._weather = weather
        if weather is not FAIR:
            self._fall_silent()
        self._changed()

    # --- the controller's end

    def attach(self, wake: Callable[[], None]) -> None:
        """A controller is there and wants to be woken by whatever changes."""
        self._wake = wake

    def detach(self) -> None:
        """It is gone, by itself or killed: nobody beats any more."""
        self._wake = None
        self._fall_silent()

    @property
    def resets(self) -> int:
        """Counts how often connections have broken."""
        return self._resets

    @property
    def answers(self) -> bool:
        """Whether a request comes through and is answered."""
        return self._cut is None and not self.refuses

    @property
    def refuses(self) -> bool:
        """Whether a request fails at once instead of after its time-out."""
        return not self._open or self._cut is Cut.DROP or self.tower.core.plc is None

    def luck(self, timeout_s: float) -> tuple[Loss, float]:
        """What becomes of the next exchange, and how long it takes, by the weather."""
        if self._unanswered is not None:
            self._unanswered += 1
            if self._unanswered >= UNANSWERED_MAX:
                self._cut = Cut.BLACK_HOLE
            return Loss.ANSWER, timeout_s
        weather = self._weather
        if weather is FAIR:
            return Loss.NONE, 0.0
        took_s = self._chance.uniform(*weather.latency_s) * PIECES_A_ROUND
        again_s = weather.again_s
        lost = self._chance.random() < weather.loss_rate * PIECES_A_ROUND
        while lost:
            took_s += again_s
            again_s *= 2.0
            lost = self._chance.random() < weather.loss_rate
        garbled = self._chance.random() < weather.garble_rate * PIECES_A_ROUND
        if took_s < timeout_s and not garbled:
            return Loss.NONE, took_s
        return self._chance.choice([Loss.REQUEST, Loss.ANSWER]), timeout_s

    def write(self, address: int, words: list[int]) -> None:
        """Words arrive at the PLC, if it has power."""
        if self.tower.core.plc is not None:
            self.tower.write(address, words)

    def write_late(self, address: int, words: list[int]) -> None:
        """Words are under way and arrive when the line lets them, after nobody waits any more."""
        if self._cut is Cut.BLACK_HOLE:
            self._held_back.append((address, words))
        elif not self.refuses:
            late_s, mark = self._chance.uniform(0.3, 3.0), self._resets
            arrive = self._arrive_late
            self._loop.call_later(late_s, arrive, mark, address, words, context=self._world)

    def _arrive_late(self, mark: int, address: int, words: list[int]) -> None:
        if mark == self._resets:
            self.write(address, words)
            # It may have undone what was written since; the next beat puts that right.
            self._fall_silent()
            self._changed()

    # --- the heartbeat

    def beat_on(self, last: list[int]) -> None:
        """From now on the controller beats on time, every 200 ms, until something ends it.

        Beats that change nothing but their number are not written one by one: the PLC takes the
        heartbeat for fresh until the line fails, and then its last beat is the one that would
        have come last. ``last`` are the words of the beat that the others would repeat. Where
        late ones have come over them meanwhile, the next beat is written first.
        """
        plc = self.tower.core.plc
        well = self._weather is FAIR and self._unanswered is None and self.answers
        if not well or plc is None or plc.registers.control != last:
            return
        if plc is not self._beating:
            plc.machine.link.hold()
            self._beating, self._began_s = plc, self._loop.time()

    @property
    def beating(self) -> bool:
        """Whether the beats of this moment come by themselves."""
        return self._beating is not None and self._beating is self.tower.core.plc

    def last_beat_s(self) -> float:
        """When the last of them came."""
        passed_s = self._loop.time() - self._began_s
        return self._began_s + math.floor(passed_s / HEARTBEAT_S) * HEARTBEAT_S

    def _fall_silent(self) -> None:
        plc, self._beating = self._beating, None
        if plc is None:
            return
        last_s = self.last_heard_s = self.last_beat_s()
        if plc is self.tower.core.plc:
            self.tower.act(lambda: plc.machine.link.release(last_s))

    def _changed(self) -> None:
        if self._wake is not None:
            self._wake()
