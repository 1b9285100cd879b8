"""The latest picture of the tower, and everybody who watches it."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from vendtower.ports.screens import TowerPicture

PICTURE_AGE_S_MAX: Final = 5.0
"""A new picture comes every second or so, also when nothing happens; older than this means that
nobody draws any more, and then what is shown is not the tower.
"""


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
            await self._news.wait()
        return self._version
