"""A serial device made of a pseudo-terminal, driven by the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path

_CHUNK_BYTES_MAX = 4096


class PseudoTerminal:
    """Our end of a device; ``device`` is the stable name under which the other end appears.

    Like a USB adapter it comes and goes: the name is a symbolic link to the pseudo-terminal of
    the day, and is missing while it is unplugged. Use from the loop's thread only.
    """

    def __init__(self, device: Path, on_bytes: Callable[[bytes], None]) -> None:
        """``on_bytes`` is handed whatever the other end writes, in chunks as they come."""
        self.device = device
        self._on_bytes = on_bytes
        self._fds: tuple[int, int] | None = None

    @property
    def plugged(self) -> bool:
        """Whether the device exists."""
        return self._fds is not None

    def plug(self) -> None:
        """Let the device appear."""
        if self._fds is not None:
            return
        ours, theirs = os.openpty()
        # We keep their side open too, or our reads fail while no controller has it open.
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._fds = (ours, theirs)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(theirs))
        asyncio.get_running_loop().add_reader(ours, self._readable)

    def unplug(self) -> None:
        """Let the device disappear; whoever has it open gets an error."""
        if self._fds is None:
            return
        self.device.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._fds[0])
        for fd in self._fds:
            os.close(fd)
        self._fds = None

    def write(self, chunk: bytes | bytearray) -> None:
        """Hand bytes to the other end; none while the device is missing."""
        if chunk and self._fds is not None:
            # A full buffer means that nobody reads: the bytes are lost, as on a real line.
            with contextlib.suppress(BlockingIOError):
                os.write(self._fds[0], chunk)

    def _readable(self) -> None:
        if self._fds is None:
            return
        try:
            chunk = os.read(self._fds[0], _CHUNK_BYTES_MAX)
        except OSError:
            # The other side closed while bytes were under way; it may open again.
            return
        self._on_bytes(chunk)
