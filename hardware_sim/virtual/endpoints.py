"""What a loop offers for reaching others, in memory; and what it has to refuse."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVarTuple

if TYPE_CHECKING:
    from hardware_sim.virtual.network import Network

Ts = TypeVarTuple("Ts")


class Sealed(RuntimeError):
    """Something reached for the world outside: a socket, a thread, a signal, a subprocess."""


class Endpoints:
    """The part of an event loop that opens connections, on a `Network`."""

    network: Network

    async def getaddrinfo(self, host: Any, port: Any, **_more: Any) -> Any:
        """Every name is this one machine."""
        return [(2, 1, 6, "", ("127.0.0.1", int(port or 0)))]

    async def create_connection(
        self,
        protocol_factory: Callable[[], Any],
        host: Any = None,
        port: Any = None,
        *,
        sock: Any = None,
        ssl: Any = None,
        **_more: Any,
    ) -> Any:
        """Connect in memory; raises what a socket would raise."""
        _no_tls(ssl)
        if sock is not None:
            port = sock.getpeername()[1]
        return await self.network.connect(protocol_factory, int(port))

    async def create_unix_connection(
        self,
        protocol_factory: Callable[[], Any],
        path: Any = None,
        *,
        ssl: Any = None,
        **_more: Any,
    ) -> Any:
        """Connect in memory to whoever serves the path."""
        _no_tls(ssl)
        return await self.network.connect(protocol_factory, str(path))

    async def create_server(
        self,
        protocol_factory: Callable[[], Any],
        host: Any = None,
        port: Any = None,
        *,
        sock: Any = None,
        ssl: Any = None,
        **_more: Any,
    ) -> Any:
        """Listen in memory; port 0 takes a free one.

        A bound Unix socket may stand for its path: the file is real, what goes through it is not.
        """
        _no_tls(ssl)
        if sock is None:
            return self.network.listen(protocol_factory, int(port or 0))
        if sock.family != socket.AF_UNIX:
            raise Sealed(f"a socket of the machine: {sock!r}")
        return self.network.listen(protocol_factory, str(sock.getsockname()), sock)

    async def create_unix_server(
        self,
        protocol_factory: Callable[[], Any],
        path: Any = None,
        *,
        ssl: Any = None,
        **_more: Any,
    ) -> Any:
        """Listen in memory at a path; no file is made."""
        _no_tls(ssl)
        return self.network.listen(protocol_factory, str(path))

    # --- outside

    def _write_to_self(self) -> None:
        """There is no other thread to be woken by."""

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """There are no signals in here."""
        raise Sealed(f"signal {sig}")

    def add_reader(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """There are no file descriptors in here."""
        raise Sealed(f"file descriptor {fd}")

    def add_writer(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        """There are no file descriptors in here."""
        raise Sealed(f"file descriptor {fd}")


def _no_tls(ssl: object) -> None:
    if ssl not in {None, False}:
        raise Sealed("TLS: the network in memory carries plain connections alone")
