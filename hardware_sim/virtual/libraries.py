"""Where libraries go past the event loop, and how they are led back to it.

aiohttp opens its sockets with ``aiohappyeyeballs`` and reads the machine's clock for the age of its
pooled connections and of its name cache. Outside a `VirtualLoop` both stay as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import aiohappyeyeballs
import aiohttp.connector

from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.server import VirtualSocket

_start_connection = aiohappyeyeballs.start_connection


def _monotonic_s() -> float:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return time.monotonic()
    return loop.time() if isinstance(loop, VirtualLoop) else time.monotonic()


async def _connection(addr_infos: Sequence[Any], **more: Any) -> Any:
    if isinstance(asyncio.get_running_loop(), VirtualLoop):
        return VirtualSocket(peer=addr_infos[0][4])
    return await _start_connection(addr_infos, **more)


@contextmanager
def sealed_libraries() -> Iterator[None]:
    """Inside, aiohttp works on a `VirtualLoop` too."""
    with (
        mock.patch.object(aiohappyeyeballs, "start_connection", _connection),
        mock.patch.object(aiohttp.connector, "monotonic", _monotonic_s),
    ):
        yield
