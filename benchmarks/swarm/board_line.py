"""A serial line in memory in the shape in which the controller has its own."""

from __future__ import annotations

from collections.abc import Callable

from hardware_sim.virtual.serial import SerialPorts
from vendtower.domain.errors import LinkDown


class VirtualBoardLine:
    """Fulfils the controller's ``Line``; raises LinkDown once the device is gone."""

    def __init__(self, ports: SerialPorts, device: str, wake: Callable[[], None]) -> None:
        self._device = device
        self._wake = wake
        self._received = bytearray()
        self._gone = False
        try:
            self._user = ports.open(device, self._heard, self._lost)
        except OSError as error:
            raise LinkDown(f"serial device {device} cannot be opened: {error}") from error

    @classmethod
    async def open(
        cls, ports: SerialPorts, device: str, wake: Callable[[], None]
    ) -> VirtualBoardLine:
        """Open a device, in the shape of the controller's ``OpenLine``."""
        return cls(ports, device, wake)

    def _heard(self, data: bytes) -> None:
        self._received += data
        self._wake()

    def _lost(self) -> None:
        self._gone = True
        self._wake()

    def take(self) -> bytes:
        """What has arrived since."""
        if self._gone:
            raise LinkDown(f"serial device {self._device} is gone: unplugged")
        data = bytes(self._received)
        self._received.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send."""
        if self._gone:
            raise LinkDown(f"serial device {self._device} is gone: unplugged")
        if data:
            self._user.write(data)

    async def close(self) -> None:
        """Give the device back."""
        self._user.close()
