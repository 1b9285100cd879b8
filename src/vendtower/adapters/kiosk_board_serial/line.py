"""A serial device on the event loop: opened by pyserial, read when the kernel has something."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Awaitable, Callable
from typing import Protocol

import serial

from vendtower.domain.errors import LinkDown

BAUD = 115_200
_READ_BYTES = 4096


class Line(Protocol):
    """One open line to a board."""

    def take(self) -> bytes:
        """What was received since the last call.

        Raises:
            LinkDown: when the device is gone.

        """
        ...

    def write(self, data: bytes) -> None:
        """Send without waiting.

        Raises:
            LinkDown: when the device is gone.

        """
        ...

    async def close(self) -> None:
        """Give the device back. Never raises for a device that is gone."""
        ...


OpenLine = Callable[[str, Callable[[], None]], Awaitable[Line]]
"""Opens a device by its name; calls the second argument on the loop whenever there is news."""


class SerialLine:
    """One open device; ``wake`` is called on the loop whenever :meth:`take` has news."""

    def __init__(self, port: serial.Serial, device: str, wake: Callable[[], None]) -> None:
        self._port = port
        self._device = device
        self._wake = wake
        self._received = bytearray()
        self._broken: str | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(port.fileno(), self._readable)

    @classmethod
    async def open(cls, device: str, wake: Callable[[], None]) -> SerialLine:
        """Open the device for us alone.

        Raises:
            LinkDown: when it is missing, not permitted, or open elsewhere.

        """
        try:
            # Some USB drivers take tens of milliseconds to configure a port.
            port = await asyncio.to_thread(_open_port, device)
        except (OSError, ValueError) as error:
            raise LinkDown(f"serial device {device} cannot be opened: {error}") from error
        return cls(port, device, wake)

    def _readable(self) -> None:
        try:
            data = os.read(self._port.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._break(error.strerror or str(error))
            return
        if not data:
            self._break("end of file")
            return
        self._received += data
        self._wake()

    def _break(self, why: str) -> None:
        # A vanished device stays readable for ever: without this the loop would spin.
        self._loop.remove_reader(self._port.fileno())
        self._broken = why
        self._wake()

    def take(self) -> bytes:
        """What was received since the last call.

        Raises:
            LinkDown: when the device is gone.

        """
        if self._broken is not None:
            raise LinkDown(f"serial device {self._device} is gone: {self._broken}")
        data = bytes(self._received)
        self._received.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send without waiting; what the kernel does not take is lost, and repeated as a frame.

        Raises:
            LinkDown: when the device is gone.

        """
        if not data:
            return
        try:
            os.write(self._port.fileno(), data)
        except BlockingIOError:
            return
        except OSError as error:
            raise LinkDown(f"serial device {self._device} is gone: {error.strerror}") from error

    async def close(self) -> None:
        """Give the device back. Never raises for a device that is gone."""
        self._loop.remove_reader(self._port.fileno())
        await asyncio.to_thread(_close_port, self._port)


def _open_port(device: str) -> serial.Serial:
    return serial.Serial(device, BAUD, timeout=0, write_timeout=0, exclusive=True)


def _close_port(port: serial.Serial) -> None:
    # Unsent bytes would hold the close back for up to 30 s on a stuck line.
    with contextlib.suppress(OSError, termios.error):
        port.reset_output_buffer()
    with contextlib.suppress(OSError):
        port.close()
