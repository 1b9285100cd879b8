"""How a simulated device hangs on the computer: by a pseudo-terminal, as a USB adapter would."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Plug(Protocol):
    """The device's end of a serial line that can be pulled."""

    def connect(self, received: Callable[[bytes], None]) -> None:
        """Let the device appear; what its user sends is told."""
        ...

    def write(self, data: bytes) -> None:
        """Send; what nobody takes is lost, as on a real line."""
        ...

    def disconnect(self) -> None:
        """Let the device disappear: whoever has it open gets an error."""
        ...


class PtyPlug:
    """A pseudo-terminal of the day behind ``device``, which is a symbolic link to it."""

    def __init__(self, device: Path) -> None:
        self._device = device
        self._fds: tuple[int, int] | None = None
        self._received: Callable[[bytes], None] = lambda _data: None

    def connect(self, received: Callable[[bytes], None]) -> None:
        """Open a pseudo-terminal and give it the device's name."""
        self._received = received
        ours, theirs = os.openpty()
        # We keep their side open too, or our reads fail while no controller has it open.
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._fds = (ours, theirs)
        self._device.unlink(missing_ok=True)
        self._device.symlink_to(os.ttyname(theirs))
        asyncio.get_running_loop().add_reader(ours, self._readable)

    def write(self, data: bytes) -> None:
        """Send without waiting."""
        if self._fds is not None:
            # A full buffer means that nobody reads: the bytes are lost, as on a real line.
            with contextlib.suppress(BlockingIOError):
                os.write(self._fds[0], data)

    def disconnect(self) -> None:
        """Close both sides and take the name away."""
        if self._fds is None:
            return
        self._device.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._fds[0])
        for fd in self._fds:
            os.close(fd)
        self._fds = None

    def _readable(self) -> None:
        if self._fds is None:
            return
        try:
            data = os.read(self._fds[0], 4096)
        except OSError:
            # The other side closed while bytes were under way; it may open again.
            return
        self._received(data)
