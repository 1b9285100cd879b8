"""Where a run writes its files: into memory, where the computer has room for files there.

Nothing of a run has to outlast it, and its power cuts leave a copy of the files as they stand.
Waiting for a real disk, which a journal does at every commit, would be waiting for nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 500_000_000
"""A run takes a few megabytes; several may be at work."""


def a_directory() -> tempfile.TemporaryDirectory[str]:
    """A directory that is thrown away; where ``TMPDIR`` is set, it stands there."""
    return tempfile.TemporaryDirectory(dir=MEMORY if _in_memory() else None)


def _in_memory() -> bool:
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return False
    return shutil.disk_usage(MEMORY).free > ROOM_BYTES
