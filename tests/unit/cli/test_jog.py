"""What the keyboard tells the daemon while somebody jogs, and what it does not."""

import asyncio
import json
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from vendtower.cli.client import TowerClient
from vendtower.cli.jog import _Holding


class Line:
    """The daemon's end: it begins when it is told to, and ends when nothing comes any more."""

    def __init__(self) -> None:
        self.begins = asyncio.Event()
        self.sent: list[str] = []

    async def receive_json(self) -> dict[str, object]:
        await self.begins.wait()
        return {"begun": "lift 1 hoist", "from": 0}

    async def receive(self) -> aiohttp.WSMessage:
        await asyncio.sleep(0.5)
        ended = {"ended": "the key was let go", "from": 0, "to": 0, "unit": "mm"}
        return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, json.dumps(ended), None)

    async def send_str(self, text: str) -> None:
        self.sent.append(text)


async def jogged(keys_before: int, keys_after: int, last_before: bytes = b"") -> list[str]:
    """Hold for so many characters before the daemon has begun, and after that."""
    line = Line()
    holding = _Holding(TowerClient(Path("none")), {}, as_json=True)
    hold = asyncio.create_task(holding._hold(cast("aiohttp.ClientWebSocketResponse", line)))
    await asyncio.sleep(0)
    for _ in range(keys_before):
        holding._keys.put_nowait(b"+")
    if last_before:
        holding._keys.put_nowait(last_before)
    line.begins.set()
    for _ in range(keys_after):
        await asyncio.sleep(0.02)
        holding._keys.put_nowait(b"+")
    async with asyncio.timeout(10.0):
        await hold
    return line.sent


async def test_a_key_that_was_let_go_before_it_began_moves_nothing() -> None:
    """A slow disk takes seconds over the beginning; nothing may move for nobody's hand."""
    assert await jogged(keys_before=40, keys_after=0) == []


async def test_a_key_that_is_held_is_told_of() -> None:
    assert len(await jogged(keys_before=40, keys_after=5)) == 5


@pytest.mark.parametrize("typed", [b"q", b"++q"])
async def test_who_wanted_to_end_before_it_began_moves_nothing(typed: bytes) -> None:
    """Also where the key is held again, or another one is touched, right after it."""
    assert await jogged(keys_before=40, keys_after=5, last_before=typed) == []


async def test_who_wanted_to_end_before_it_began_is_asked_for_no_other_key() -> None:
    line = Line()
    line.begins.set()
    holding = _Holding(TowerClient(Path("none")), {}, as_json=True)
    holding._keys.put_nowait(b"q")
    async with asyncio.timeout(10.0):
        await holding._hold(cast("aiohttp.ClientWebSocketResponse", line))
        assert not await holding._armed()
