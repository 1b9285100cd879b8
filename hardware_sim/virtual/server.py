"""Somebody who listens, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardware_sim.virtual.network import Network
    from hardware_sim.virtual.transport import VirtualTransport

Address = tuple[str, int]


class VirtualSocket:
    """As much of a socket as libraries ask of one that they do not read from."""

    def __init__(self, *, own: Address | None = None, peer: Address | None = None) -> None:
        self._own = own
        self._peer = peer

    def getsockname(self) -> Address:
        """Where it is."""
        return self._own or ("127.0.0.1", 0)

    def getpeername(self) -> Address:
        """Where it leads; raises OSError for one that leads nowhere."""
        if self._peer is None:
            raise OSError(107, "Transport endpoint is not connected")
        return self._peer

    def close(self) -> None:
        """Nothing to close."""


class VirtualServer(asyncio.AbstractServer):
    """A port that is listened at; connections belong to whoever opened the port."""

    def __init__(
        self,
        network: Network,
        factory: Callable[[], asyncio.BaseProtocol],
        address: Address,
        context: Context,
    ) -> None:
        self._network = network
        self._factory = factory
        self._serving = True
        self.address = address
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
