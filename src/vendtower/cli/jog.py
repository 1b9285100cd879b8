"""Hold-to-run from a terminal: an axis moves while the key repeats, and stops with it.

A terminal tells of a held key by repeating it. The first character only arms; the second, which
comes after the keyboard's own delay, begins the movement. Whatever ends the repetition ends it: a
released key, a lost line, a killed program.
"""

import asyncio
import contextlib
import json
import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import click

from vendtower.cli.acting import agree
from vendtower.cli.client import DaemonRefused, DaemonUnreachable, TowerClient
from vendtower.cli.options import daemon_command
from vendtower.domain.jog import JogAxis

REPEATS_WITHIN_S = 1.0
"""The second character comes this soon when a key is held."""
LET_GO_S = 0.13
"""A key that repeats more slowly than this counts as let go."""
QUIT = b"q\x03\x04\x1b"


@click.command("jog")
@click.argument("lift", type=click.IntRange(min=1), metavar="LIFT")
@click.argument("axis", type=click.Choice([axis.value for axis in JogAxis]))
@click.argument("direction", type=click.Choice(["+", "-"]))
@click.option("--by", help="Your name, that of the session's holder; default: your login.")
@click.option("--yes", is_flag=True, help="Do not ask before the first movement.")
@daemon_command
def jog(
    *,
    client: TowerClient,
    as_json: bool,
    lift: int,
    axis: str,
    direction: str,
    by: str | None,
    yes: bool,
) -> None:
    """Move one axis slowly while any key but q is held; only in your maintenance session.

    The key switch has to stand at maintenance and the enabling device has to be held; the PLC
    decides. Keep the axis in sight. End with q.
    """
    agree(
        f"The {axis} of lift {lift} moves ({direction}) while you hold a key.",
        question="Is nobody near it, and do you see it?",
        yes=yes,
        as_json=as_json,
    )
    query = {
        "lift": str(lift),
        "axis": axis,
        "direction": "forward" if direction == "+" else "back",
    }
    if by is not None:
        query["by"] = by
    with _single_keys():
        asyncio.run(_Holding(client, query, as_json=as_json).watch())


@contextmanager
def _single_keys() -> Iterator[None]:
    """Characters as they come, without waiting for a line; a pipe gives them so anyway."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


class _Holding:
    """The keyboard on one side, the daemon on the other; neither is believed for long."""

    def __init__(self, client: TowerClient, query: dict[str, str], *, as_json: bool) -> None:
        self._client = client
        self._query = query
        self._as_json = as_json
        self._keys: asyncio.Queue[bytes] = asyncio.Queue()
        self._ends = False
        """The person has typed a q while a movement began or went on."""

    async def watch(self) -> None:
        """Until q or the end of the input."""
        loop = asyncio.get_running_loop()
        loop.add_reader(0, lambda: self._keys.put_nowait(os.read(0, 64)))
        try:
            while await self._armed():
                await self._run()
        finally:
            loop.remove_reader(0)

    async def _armed(self) -> bool:
        """Whether a key is held; False when the person wants to end."""
        while not self._ends:
            keys = await self._keys.get()
            if not _is_hold(keys):
                return False
            if len(keys) > 1:
                return True
            with contextlib.suppress(TimeoutError):
                again = await asyncio.wait_for(self._keys.get(), REPEATS_WITHIN_S)
                return _is_hold(again)
        return False

    async def _run(self) -> None:
        connector = aiohttp.UnixConnector(str(self._client.path))
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.ws_connect("http://tower/api/jog", params=self._query) as line,
            ):
                await self._hold(line)
        except aiohttp.WSServerHandshakeError as error:
            raise DaemonRefused(f"jog: HTTP status {error.status}: {error.message}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise DaemonUnreachable(f"socket {self._client.path}: {error}") from error

    async def _hold(self, line: aiohttp.ClientWebSocketResponse) -> None:
        first = await line.receive_json()
        if "reason" in first:
            raise DaemonRefused(str(first["reason"]))
        self._tell(first)
        # The daemon may have taken long; whoever held the key until now may have let go since. Who
        # wanted to end has said so.
        while not self._keys.empty():
            self._ends |= not _is_hold(self._keys.get_nowait())
        answer = asyncio.ensure_future(line.receive())
        while not answer.done() and not self._ends:
            try:
                keys = await asyncio.wait_for(self._keys.get(), LET_GO_S)
            except TimeoutError:
                break
            self._ends = not _is_hold(keys)
            if not self._ends:
                await line.send_str("hold")
        with contextlib.suppress(asyncio.TimeoutError):
            message = await asyncio.wait_for(answer, 5.0)
            if message.type is aiohttp.WSMsgType.TEXT:
                self._tell(json.loads(message.data))

    def _tell(self, said: dict[str, Any]) -> None:
        if self._as_json:
            click.echo(json.dumps(said, ensure_ascii=False))
        elif "begun" in said:
            click.echo(f"{said['begun']} from {said['from']}")
        else:
            click.echo(f"stands at {said['to']} {said['unit']} ({said['ended']})")


def _is_hold(keys: bytes) -> bool:
    return bool(keys) and not any(key in QUIT for key in keys)
