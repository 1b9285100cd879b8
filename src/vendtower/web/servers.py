"""Where the application listens: a loopback port for screens, a Unix socket for people."""

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from vendtower.domain.errors import LocalFault

CONTROL_SOCKET_MODE = 0o660
"""Owner and group may speak to the daemon; being in the group is the permission."""
_SHUTDOWN_S = 1.0


class CannotListen(LocalFault):
    """A port or socket path is not to be had; the message says which and why."""


class WebServers:
    """Both servers of one application.

    ``port`` is the TCP port that was taken, also when 0 was asked for.
    """

    def __init__(
        self, app: web.Application, host: str, port: int, control_socket: Path | None
    ) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        self._host = host
        self._control_socket = control_socket
        self.port = port

    async def start(self) -> None:
        """Listen on both.

        Raises:
            CannotListen: when one of them is not to be had; then neither listens.

        """
        await self._runner.setup()
        try:
            await self._start_tcp()
            if self._control_socket is not None:
                listening = _bind_control_socket(self._control_socket)
                await web.SockSite(self._runner, listening).start()
        except BaseException:
            await self._runner.cleanup()
            raise

    async def stop(self) -> None:
        """End all answers and streams, and take the socket away."""
        await self._runner.cleanup()
        if self._control_socket is not None:
            with suppress(FileNotFoundError):
                self._control_socket.unlink()

    async def _start_tcp(self) -> None:
        try:
            await web.TCPSite(self._runner, self._host, self.port).start()
        except OSError as error:
            raise CannotListen(
                f"screens: cannot listen on {self._host} port {self.port}: {error.strerror}"
            ) from error
        self.port = int(self._runner.addresses[0][1])


def _bind_control_socket(path: Path) -> socket.socket:
    """A listening-ready socket that was never open to others, not for a moment."""
    _clear_the_way(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode has to be right from the start: a chmod afterwards would come too late.
    umask_before = os.umask(0o777 & ~CONTROL_SOCKET_MODE)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise CannotListen(f"control socket {path}: {error.strerror or error}") from error
    finally:
        os.umask(umask_before)
    return listening


def _clear_the_way(path: Path) -> None:
    """Remove the socket that a killed daemon left behind.

    Raises:
        CannotListen: when something answers there, or when it is no socket.

    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise CannotListen(f"control socket {path}: found something that is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise CannotListen(f"control socket {path}: {error.strerror}") from error
    raise CannotListen(f"control socket {path}: another daemon answers there already")
