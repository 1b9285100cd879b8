"""This machine's clocks and its randomness."""

import random
import time
import uuid
from datetime import UTC, datetime


class SystemClock:
    """The monotonic clock of the operating system, which a restart of the daemon does not reset."""

    def monotonic_s(self) -> float:
        """Seconds since the machine was started."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Wall time."""
        return datetime.now(UTC)


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
