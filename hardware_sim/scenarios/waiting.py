"""Looking again and again, and saying what was not as expected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_S = 30.0
START_S_MAX = 90.0
"""Processes that start beside many others take their time."""
LOOK_S = 0.05


class NotAsExpected(AssertionError):
    """Something did not come true, or was so and must not be; says what."""


async def until(
    so: Callable[[], bool | Awaitable[bool]],
    why: str | Callable[[], str],
    timeout_s: float = PATIENCE_S,
) -> None:
    """Wait until something is true; raises `NotAsExpected` with ``why``."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + timeout_s
    while True:
        answer = so()
        if answer if isinstance(answer, bool) else await answer:
            return
        if loop.time() > deadline_s:
            raise NotAsExpected(why if isinstance(why, str) else why())
        await asyncio.sleep(LOOK_S)


def expect(so: bool, why: str) -> None:
    """Raise `NotAsExpected` unless it is so."""
    if not so:
        raise NotAsExpected(why)
