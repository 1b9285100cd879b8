"""How much memory a process takes, and a bound on it that does not depend on its goodwill."""

from __future__ import annotations

import asyncio
import ctypes
import os
from pathlib import Path

LOOK_S = 2.0
_MEGABYTE = 1_000_000


def resident_mb(pid: int) -> float | None:
    """Megabytes of the process in memory (proc(5), statm); None when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE


def give_back() -> bool:
    """Hand memory that was freed in this process back to the system; False where libc cannot.

    The C library keeps freed memory between pieces that are still in use. A few milliseconds.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and trim(0) >= 0


async def memory_exceeded(pid: int, limit_mb: float, look_s: float = LOOK_S) -> float:
    """Wait until the process takes more than this; gives what it took. Never returns else."""
    while True:
        found_mb = resident_mb(pid)
        if found_mb is not None and found_mb > limit_mb:
            return found_mb
        await asyncio.sleep(look_s)
