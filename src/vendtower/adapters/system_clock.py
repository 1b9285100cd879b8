"""This machine's clocks and its randomness."""

import ctypes
import random
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from vendtower.ports.clock import ClockQuality

_TIME_ERROR = 5
"""``adjtimex`` returns it while the clock is not synchronised (adjtimex(2))."""
_TIMEX_BYTES = 256
"""``struct timex`` has 208 bytes on 64-bit Linux, fewer on 32-bit; all zero, it only asks."""
_TIMESYNC = Path("/run/systemd/timesync")
"""systemd-timesyncd makes ``synchronized`` here once it has set the clock."""


class SystemClock:
    """The monotonic clock of the operating system, which a restart of the daemon does not reset."""

    def __init__(self, timesync: Path = _TIMESYNC) -> None:
        self._timesync = timesync
        self._adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)

    def monotonic_s(self) -> float:
        """Seconds since the machine was started."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Wall time."""
        return datetime.now(UTC)

    def quality(self) -> ClockQuality:
        """What the kernel's clock discipline says, else systemd-timesyncd.

        A hardened service (``ProtectClock=``) may not even ask the kernel.
        """
        state = -1
        if self._adjtimex is not None:
            state = int(self._adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
        if state >= 0:
            synchronised = state != _TIME_ERROR
        elif self._timesync.is_dir():
            synchronised = (self._timesync / "synchronized").exists()
        else:
            return ClockQuality.UNKNOWN
        return ClockQuality.SYNCHRONIZED if synchronised else ClockQuality.UNSYNCHRONIZED


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
