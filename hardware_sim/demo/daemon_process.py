"""The controller as a process of its own, started, killed and asked as an operator would."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from hardware_sim.world import SimulatedWorld

COMMAND = "vendtower"


class CommandFailed(RuntimeError):
    """A maintenance command ended with another status than 0."""


class Daemon(Protocol):
    """The controller as something that is switched on and killed."""

    log_file: Path

    @property
    def pid(self) -> int:
        """The process; raises RuntimeError where there is none."""
        ...

    async def start(self) -> None:
        """Start it; returns at once."""
        ...

    async def kill(self) -> None:
        """End it from one moment to the next; nothing is written any more."""
        ...

    async def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        ...


class DaemonProcess:
    """``vendtower run`` for one simulated world; its output goes to ``daemon.log`` there."""

    def __init__(self, world: SimulatedWorld, environment: Mapping[str, str] | None = None) -> None:
        self._world = world
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None
        self.log_file = world.directory / "daemon.log"
        self.starts = 0

    @property
    def pid(self) -> int:
        """The running daemon's process id."""
        if self._process is None:
            raise RuntimeError("the daemon is not running")
        return self._process.pid

    async def start(self) -> None:
        """Start it; returns at once."""
        log = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            self._process = await asyncio.create_subprocess_exec(
                executable(),
                "run",
                "--site",
                str(self._world.site_file),
                "--socket",
                str(self._world.control_socket),
                env={**os.environ, **self._environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        finally:
            os.close(log)
        self.starts += 1

    async def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is written any more."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and wait until it has left."""
        await self._end(signal.SIGTERM)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)

    async def ended(self, timeout_s: float) -> int:
        """Wait until it has ended by itself; its exit status. Raises TimeoutError."""
        if self._process is None:
            raise RuntimeError("the daemon is not running")
        async with asyncio.timeout(timeout_s):
            return await self._process.wait()

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(number)
        await self._process.wait()
        self._process = None

    async def command(self, *words: str) -> str:
        """Run a maintenance command and give what it prints.

        Raises:
            CommandFailed: with everything it printed, when its status is not 0.
        """
        process = await asyncio.create_subprocess_exec(
            executable(),
            *words,
            env={**os.environ, "VENDTOWER_SOCKET": str(self._world.control_socket)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise CommandFailed(f"vendtower {' '.join(words)}: {output.decode().strip()}")
        return output.decode()


def executable() -> str:
    """The ``vendtower`` command of this installation."""
    beside = Path(sys.executable).with_name(COMMAND)
    found = str(beside) if beside.exists() else shutil.which(COMMAND)
    if found is None:
        raise RuntimeError("the command vendtower is not installed beside this Python")
    return found


class Screens:
    """What anybody can see of the tower: its pages' JSON, read over HTTP like a browser does."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def read(self, path: str) -> Mapping[str, Any] | None:
        """The JSON of a page; None while the daemon does not answer."""
        try:
            async with self._http.get(f"{self._url}{path}") as answer:
                if answer.status != 200:
                    return None
                content: Mapping[str, Any] = await answer.json()
                return content
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def kiosk(self, number: int) -> Mapping[str, Any] | None:
        """What the kiosk's screen says; None while it is out of service."""
        status = await self.read("/api/status")
        if status is None:
            return None
        return next((k for k in status["kiosks"] if k["number"] == number), None)

    async def confirm(self, number: int, question: int, by: str | None = None) -> None:
        """Press the button that says that everybody is out; an old question counts for nothing.

        ``by`` is the name of a member of staff, where the screen asks for one.
        """
        name = {} if by is None else {"by": by}
        await self._press(f"/kiosk/{number}/confirm", {"question": question, **name})

    async def touch(self, number: int) -> None:
        """Put a finger on the kiosk's screen; nothing comes of it while the daemon is away."""
        await self._press(f"/kiosk/{number}/touch", {})

    async def type_code(self, number: int, code: str) -> None:
        """Type a code on the kiosk's screen, and end it."""
        for key in f"{code}#":
            await self._press(f"/kiosk/{number}/key", {"key": key})

    async def _press(self, path: str, body: Mapping[str, object]) -> None:
        try:
            async with self._http.post(f"{self._url}{path}", json=dict(body)):
                return
        except (aiohttp.ClientError, TimeoutError):
            return
