"""The latest picture of the tower, and everybody who watches it."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from vendtower.ports.screens import TowerPicture

PICTURE_AGE_S_MAX: Final = 5.0
"""A new picture comes every second or so, also when nothing happens; older than this means that
nobody draws any more, and then what is shown is not the tower.
"""


LOOKS_FOR_S: Final = 10.0
"""Whoever has asked for the picture may ask again: it is drawn for so long."""
YOUNG_S: Final = 2.0
"""While somebody looks no picture is older."""
DRAWN_WITHIN_S: Final = 0.5
"""How long whoever comes first waits for a picture."""


class PictureBoard:
    """Fulfils the ``Screens`` port: keeps one picture and tells its readers of a newer one.

    There is no queue: a reader who comes late finds the newest picture and has missed the ones
    between, so a slow screen never shows the past. Belongs to one event loop.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._picture: TowerPicture | None = None
        self._shown_at_s = 0.0
        self._version = 0
        self._news = asyncio.Event()
        self._looked_at_s = -math.inf
        self._looked = asyncio.Event()

    async def wanted(self) -> None:
        """Return while somebody looks: at once, or as soon as somebody does."""
        if self._monotonic_s() - self._looked_at_s > LOOKS_FOR_S:
            self._looked.clear()
            await self._looked.wait()

    def look(self) -> None:
        """Somebody looks."""
        self._looked_at_s = self._monotonic_s()
        self._looked.set()

    async def fresh(self) -> None:
        """Somebody looks: return when the picture is drawn again, or nobody draws it."""
        self.look()
        if self._picture is not None and self._monotonic_s() - self._shown_at_s > YOUNG_S:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAWN_WITHIN_S):
                    await self.newer_than(self._version)

    @property
    def picture(self) -> TowerPicture | None:
        """The newest picture; None before the first, and when it is too old to count."""
        return None if self.outdated else self._picture

    @property
    def outdated(self) -> bool:
        """There was a picture, and it is older than ``PICTURE_AGE_S_MAX``."""
        age_s = self._monotonic_s() - self._shown_at_s
        return self._picture is not None and age_s > PICTURE_AGE_S_MAX

    @property
    def version(self) -> int:
        """How many pictures were shown until now."""
        return self._version

    def show(self, picture: TowerPicture) -> None:
        """Replace what was shown before and wake the readers; never blocks, never raises."""
        self._picture = picture
        self._shown_at_s = self._monotonic_s()
        self._version += 1
        # Each picture has an event of its own, so that no reader can miss a set-and-cleared one.
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def newer_than(self, version: int) -> int:
        """Return once there is a picture with a greater version; returns that version."""
        while self._version <= version:
            self.look()
            await self._news.wait()
        return self._version
