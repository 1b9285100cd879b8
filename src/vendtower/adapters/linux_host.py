"""This computer's disk and clock, asked of the Linux kernel."""

import ctypes
import os
from pathlib import Path

_TIME_ERROR = 5
"""``adjtimex`` returns it while the clock is not synchronised (adjtimex(2))."""
_TIMEX_BYTES = 256
"""``struct timex`` has 208 bytes on 64-bit Linux, fewer on 32-bit; all zero, it only asks."""
_TIMESYNC = Path("/run/systemd/timesync")
"""systemd-timesyncd makes ``synchronized`` here once it has set the clock."""


class LinuxHost:
    """Fulfils the port ``Host`` for the disk that holds one directory."""

    def __init__(self, directory: Path, timesync: Path = _TIMESYNC) -> None:
        self._directory = directory
        self._timesync = timesync
        self._adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)

    def free_disk_bytes(self) -> int | None:
        """What an unprivileged process may still write (statvfs(3))."""
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return None
        return disk.f_bavail * disk.f_frsize

    def clock_synchronised(self) -> bool | None:
        """What the kernel's clock discipline says, else systemd-timesyncd; None for neither.

        A hardened service (``ProtectClock=``) may not even ask the kernel.
        """
        state = -1
        if self._adjtimex is not None:
            state = int(self._adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
        if state >= 0:
            return state != _TIME_ERROR
        if not self._timesync.is_dir():
            return None
        return (self._timesync / "synchronized").exists()
