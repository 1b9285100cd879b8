"""A bell that any number of tasks may wait for without missing a ring."""

import asyncio


class Bell:
    """Rings are counted, so that a ring between looking and waiting is not lost.

    Usage: ``heard = bell.rings``; look at the world; ``await bell.wait_beyond(heard)``.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.rings = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        self.rings += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def wait_beyond(self, heard: int, timeout_s: float | None = None) -> bool:
        """Return True once the bell has rung since ``heard``, False after the time-out."""
        if self.rings > heard:
            return True
        event = self._event
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            return False
        return True
