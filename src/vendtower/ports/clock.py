"""Time and chance, injected."""

from datetime import datetime
from enum import Enum
from typing import Protocol


class ClockQuality(Enum):
    """How far wall time can be believed; the values stand in the cloud's contract."""

    SYNCHRONIZED = "synchronized"
    UNSYNCHRONIZED = "unsynchronized"
    UNKNOWN = "unknown"


class Clock(Protocol):
    """Durations come from ``monotonic_s``; wall time only labels events."""

    def monotonic_s(self) -> float:
        """Seconds that only grow; the zero means nothing."""
        ...

    def utc(self) -> datetime:
        """Wall time with time zone UTC."""
        ...

    def quality(self) -> ClockQuality:
        """Whether the machine's wall time follows a reference now."""
        ...


class Chance(Protocol):
    """The only source of randomness."""

    def new_id(self) -> str:
        """A new UUID in its text form."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two, for jitter."""
        ...
