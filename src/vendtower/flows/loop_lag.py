"""How much later than asked the controller's event loop wakes a task, measured all the time.

What holds the loop up holds up the heartbeat to the PLC, too: a loop that is late by 0.4 s stops
the tower (200 ms heartbeat, 600 ms of the PLC's patience).
"""

import asyncio

from vendtower.domain.lag_histogram import LagHistogram
from vendtower.ports.clock import Clock

PERIOD_S = 0.05
"""A loop that stands still for longer is always noticed; a shorter stand by chance."""


class LoopLag:
    """The histogram since the start, and the task that fills it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.histogram = LagHistogram()

    async def measure(self) -> None:
        """For ever."""
        while True:
            asked_s = self._clock.monotonic_s()
            await asyncio.sleep(PERIOD_S)
            self.histogram.add(self._clock.monotonic_s() - asked_s - PERIOD_S)
