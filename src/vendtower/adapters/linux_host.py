"""This computer's disk, asked of the Linux kernel."""

import os
from pathlib import Path


class LinuxHost:
    """Fulfils the port ``Host`` for the disk that holds one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def free_disk_bytes(self) -> int | None:
        """What an unprivileged process may still write (statvfs(3))."""
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return None
        return disk.f_bavail * disk.f_frsize
