"""Time and chance of a virtual world, in the shape in which the controller wants them."""

from __future__ import annotations

import asyncio
import random
import uuid
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
"""A Monday. Wall time is only a label, so that any day will do."""


class VirtualClock:
    """The loop's time; the wall clock beside it can be set wrong."""

    def __init__(self, loop: asyncio.AbstractEventLoop, begins: datetime = BEGINNING) -> None:
        self._loop = loop
        self._begins = begins
        self.wrong_by_s = 0.0
        """How far the wall clock is ahead."""

    def monotonic_s(self) -> float:
        """Seconds since the beginning."""
        return self._loop.time()

    def utc(self) -> datetime:
        """Wall time, as wrong as it was set."""
        return self._begins + timedelta(seconds=self._loop.time() + self.wrong_by_s)


class SeededChance:
    """Randomness that repeats itself."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def new_id(self) -> str:
        """A UUID (version 4) out of the seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return self._random.uniform(low, high)
