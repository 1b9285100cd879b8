"""The calendar of a run, which may leap over hours in which nothing happens.

People and long faults live by the calendar, the machine and the controller's deadlines by the
loop's clock. A tower at rest does the same few things five times a second, so that an empty night
costs as much computing as a busy day and shows nothing: it is lived for a minute, then leapt over.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from hardware_sim.virtual.clock import BEGINNING


class Calendar:
    """Seconds since the run began, the leapt ones included."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._leap = asyncio.Event()
        self._awaited: list[float] = []
        self.leapt_s = 0.0
        self.woke_s = 0.0
        """When somebody's waiting was last over; what they do then may not have begun yet."""

    def now_s(self) -> float:
        """Now."""
        return self._loop.time() + self.leapt_s

    def utc(self) -> datetime:
        """Now, as a clock that is right shows it."""
        return self.utc_at(self.now_s())

    def utc_at(self, at_s: float) -> datetime:
        """A time of the calendar as wall time."""
        return BEGINNING + timedelta(seconds=at_s)

    async def until(self, at_s: float) -> None:
        """Wait for a time of the calendar."""
        self._awaited.append(at_s)
        try:
            while (left_s := at_s - self.now_s()) > 0.0:
                leap = self._leap
                try:
                    async with asyncio.timeout(left_s):
                        await leap.wait()
                except TimeoutError:
                    continue
        finally:
            self._awaited.remove(at_s)
            self.woke_s = self.now_s()

    async def sleep(self, seconds: float) -> None:
        """Wait for so long by the calendar."""
        await self.until(self.now_s() + seconds)

    def next_s(self) -> float | None:
        """What is awaited next; None when nothing is."""
        return min(self._awaited, default=None)

    def leap_to(self, at_s: float) -> None:
        """Leave out the time until then."""
        self.leapt_s += max(0.0, at_s - self.now_s())
        leap, self._leap = self._leap, asyncio.Event()
        leap.set()
