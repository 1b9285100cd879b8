"""The service manager's end of sd_notify(3): hears what a daemon says of itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

DATAGRAM_BYTES_MAX = 4096


class NotifySocket:
    """A datagram socket that keeps every state it is told, with the loop's time of its coming.

    Open it inside a running loop; give `environment` to the daemon.
    """

    def __init__(self, path: Path, watchdog_s: float | None = None) -> None:
        self.heard: list[tuple[float, str]] = []
        """Seconds of the loop's clock, and one state such as ``READY=1``."""
        self._loop = asyncio.get_running_loop()
        self._path = path
        self._watchdog_s = watchdog_s
        self._news = asyncio.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(path))
        self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Hear nothing more."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the service manager puts into the daemon's environment."""
        found = {"NOTIFY_SOCKET": str(self._path)}
        if self._watchdog_s is not None:
            found["WATCHDOG_USEC"] = str(round(self._watchdog_s * 1e6))
        return found

    def times_s(self, state: str) -> list[float]:
        """When this state was told."""
        return [at_s for at_s, heard in self.heard if heard == state]

    async def wait_for(self, state: str, timeout_s: float = 30.0, *, count: int = 1) -> float:
        """The time at which it was told so often; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while len(self.times_s(state)) < count:
                self._news.clear()
                await self._news.wait()
        return self.times_s(state)[count - 1]

    def _read(self) -> None:
        text = self._socket.recv(DATAGRAM_BYTES_MAX).decode()
        self.heard += [(self._loop.time(), state) for state in text.splitlines()]
        self._news.set()
