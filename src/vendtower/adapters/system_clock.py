"""This machine's clocks and its randomness."""

import ctypes
import random
import time
import uuid
from datetime import UTC, datetime

from vendtower.ports.clock import ClockQuality

TIMEX_BYTES = 512
"""More than any Linux ``struct timex``; the kernel writes only its own part."""
TIME_ERROR = 5
"""What ``adjtimex(2)`` returns while nobody disciplines the clock."""


class SystemClock:
    """The monotonic clock of the operating system, which a restart of the daemon does not reset."""

    def monotonic_s(self) -> float:
        """Seconds since the machine was started."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Wall time."""
        return datetime.now(UTC)

    def quality(self) -> ClockQuality:
        """What the kernel knows: it notes whether a time service keeps the clock (adjtimex(2))."""
        adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
        if adjtimex is None:
            return ClockQuality.UNKNOWN
        # All zero asks for nothing to be changed, which needs no privilege.
        return quality_of(adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))


def quality_of(answer: int) -> ClockQuality:
    """The meaning of what ``adjtimex(2)`` returned: negative for a call that failed."""
    if answer < 0:
        return ClockQuality.UNKNOWN
    return ClockQuality.UNSYNCHRONIZED if answer == TIME_ERROR else ClockQuality.SYNCHRONIZED


class SystemChance:
    """Randomness of the operating system."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def new_id(self) -> str:
        """A random UUID (version 4)."""
        return str(uuid.uuid4())

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return self._random.uniform(low, high)
