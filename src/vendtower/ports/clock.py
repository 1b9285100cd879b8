"""Time and chance, injected."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Durations come from ``monotonic_s``; wall time only labels events."""

    def monotonic_s(self) -> float:
        """Seconds that only grow; the zero means nothing."""
        ...

    def utc(self) -> datetime:
        """Wall time with time zone UTC."""
        ...


class Chance(Protocol):
    """The only source of randomness."""

    def new_id(self) -> str:
        """A new UUID in its text form."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two, for jitter."""
        ...
