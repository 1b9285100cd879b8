"""Serial lines in memory: devices that appear and vanish, each open to one user at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from pathlib import Path

from hardware_sim.virtual.process import owner

DELAY_S = 0.001
"""A short frame at 115,200 baud."""


class VirtualPlug:
    """The device's end of one line; fulfils ``hardware_sim.serial_plug.Plug``."""

    def __init__(self, ports: SerialPorts, name: str) -> None:
        self._ports = ports
        self._name = name
        self._received: Callable[[bytes], None] | None = None
        self._context = copy_context()
        self.user: SerialUser | None = None
        """Who has the device open."""

    def connect(self, received: Callable[[bytes], None]) -> None:
        """Let the device appear."""
        self._received = received
        self._context = copy_context()
        self._ports.plugged[self._name] = self

    def write(self, data: bytes) -> None:
        """Send to the user; lost where there is none."""
        if self.user is not None:
            user = self.user
            self._ports.loop.call_later(DELAY_S, user.hear, data, context=user.context)

    def disconnect(self) -> None:
        """Let the device disappear; its user is told."""
        self._received = None
        self._ports.plugged.pop(self._name, None)
        user, self.user = self.user, None
        if user is not None:
            self._ports.loop.call_soon(user.lose, context=user.context)

    def send(self, data: bytes) -> None:
        """What the user sends arrives, also when the user has gone meanwhile."""
        self._ports.loop.call_later(DELAY_S, self._arrive, data, context=self._context)

    def _arrive(self, data: bytes) -> None:
        if self._received is not None:
            self._received(data)


class SerialUser:
    """A program that has a device open. ``heard`` gets bytes, ``lost`` hears of the pulled plug."""

    def __init__(
        self,
        plug: VirtualPlug,
        heard: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        self._plug = plug
        self._heard = heard
        self._lost = lost
        self._open = True
        self.context: Context = copy_context()
        """In which it hears; that of a killed process hears nothing any more."""

    def write(self, data: bytes) -> None:
        """Send; OSError when the device is gone."""
        if not self._open:
            raise OSError(5, "Input/output error")
        self._plug.send(data)

    def close(self) -> None:
        """Give the device back."""
        self._open = False
        if self._plug.user is self:
            self._plug.user = None

    @property
    def holds(self) -> bool:
        """Whether the device is its own; the kernel closes what a dead process had open."""
        process = owner(self.context)
        return self._open and (process is None or process.alive)

    def hear(self, data: bytes) -> None:
        """Bytes have arrived."""
        if self._open:
            self._heard(data)

    def lose(self) -> None:
        """The device is gone."""
        if self._open:
            self._open = False
            self._lost()


class SerialPorts:
    """Every serial device of one virtual machine, by name."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.plugged: dict[str, VirtualPlug] = {}

    def plug(self, device: Path) -> VirtualPlug:
        """A device of this name; it appears when it is connected."""
        return VirtualPlug(self, str(device))

    def open(
        self, name: str, heard: Callable[[bytes], None], lost: Callable[[], None]
    ) -> SerialUser:
        """Open a device; OSError when it is missing or open elsewhere."""
        plug = self.plugged.get(name)
        if plug is None:
            raise FileNotFoundError(2, f"No such file or directory: {name!r}")
        if plug.user is not None and plug.user.holds:
            raise OSError(11, f"Could not exclusively lock port {name}")
        plug.user = SerialUser(plug, heard, lost)
        return plug.user
