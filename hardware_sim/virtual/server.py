"""Somebody who listens, in memory."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardware_sim.virtual.network import Network
    from hardware_sim.virtual.transport import VirtualTransport

HOST = "127.0.0.1"
Where = int | str
"""A TCP port, or the path of a Unix socket."""
Address = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""
_UCRED = struct.Struct("iII")
"""pid, uid, gid (unix(7), SO_PEERCRED)."""


def address(where: Where) -> Address:
    """What a socket says of where it listens."""
    return where if isinstance(where, str) else (HOST, where)


class VirtualSocket:
    """As much of a socket as libraries ask of one that they do not read from."""

    def __init__(self, *, own: Address | None = None, peer: Address | None = None) -> None:
        self._own = own
        self._peer = peer

    @property
    def family(self) -> socket.AddressFamily:
        """The kind of its address."""
        known = self._peer if self._own is None else self._own
        return socket.AF_UNIX if isinstance(known, str) else socket.AF_INET

    def getsockname(self) -> Address:
        """Where it is."""
        return self._own or ("127.0.0.1", 0)

    def getpeername(self) -> Address:
        """Where it leads; raises OSError for one that leads nowhere."""
        if self._peer is None:
            raise OSError(107, "Transport endpoint is not connected")
        return self._peer

    def getsockopt(self, level: int, option: int, _length: int = 0) -> bytes:
        """Who is at the other end of a Unix socket: everybody in here is this very process."""
        if (level, option) != (socket.SOL_SOCKET, socket.SO_PEERCRED):
            raise OSError(92, f"Protocol not available: level {level} option {option}")
        return _UCRED.pack(os.getpid(), os.getuid(), os.getgid())

    def setsockopt(self, _level: int, _option: int, _value: int) -> None:
        """There is no kernel whose buffers could be set."""

    def close(self) -> None:
        """Nothing to close."""


class VirtualServer(asyncio.AbstractServer):
    """A port that is listened at; connections belong to whoever opened the port."""

    def __init__(
        self,
        network: Network,
        factory: Callable[[], asyncio.BaseProtocol],
        where: Where,
        context: Context,
        bound: socket.socket | None = None,
    ) -> None:
        self._network = network
        self._bound = bound
        self._factory = factory
        self._serving = True
        self.where = where
        """The port or path."""
        self.address = address(where)
        self.context = context

    @property
    def sockets(self) -> tuple[Any, ...]:
        """What tells the port."""
        return (VirtualSocket(own=self.address),) if self._serving else ()

    def accept(self, end: VirtualTransport) -> None:
        """Give a new connection its protocol, in the owner's next turn."""
        end.line.loop.call_soon(self._begin, end, context=end.context)

    def _begin(self, end: VirtualTransport) -> None:
        end.attach(self._factory())

    def close(self) -> None:
        """Refuse connections from now on."""
        self._serving = False
        self._network.stop_listening(self)
        if self._bound is not None:
            self._bound.close()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop it serves in."""
        return asyncio.get_running_loop()

    def is_serving(self) -> bool:
        """Whether it takes connections."""
        return self._serving

    async def start_serving(self) -> None:
        """It serves from the beginning."""

    async def serve_forever(self) -> None:
        """Wait until somebody cancels this."""
        await asyncio.get_running_loop().create_future()

    async def wait_closed(self) -> None:
        """Closed is closed."""
