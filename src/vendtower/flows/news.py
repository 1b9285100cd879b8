"""A bell that any number of tasks may wait for without missing a ring."""

import asyncio


class Bell:
    """Rings are counted, so that a ring between looking and waiting is not lost.

    Usage: ``heard = bell.rings``; look at the world; ``await bell.wait_beyond(heard)``.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        """In the order in which they came, so that they are woken in it."""
        self._came = 0
        self.rings = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        self.rings += 1
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            _answer(each, rung=True)

    async def wait_beyond(self, heard: int, timeout_s: float | None = None) -> bool:
        """Return True once the bell has rung since ``heard``, False after the time-out."""
        if self.rings > heard:
            return True
        loop = asyncio.get_running_loop()
        waits: asyncio.Future[bool] = loop.create_future()
        self._came += 1
        number = self._came
        self._waiting[number] = waits
        timer = None if timeout_s is None else loop.call_later(timeout_s, _answer, waits)
        try:
            return await waits
        finally:
            self._waiting.pop(number, None)
            if timer is not None:
                timer.cancel()


def _answer(waits: asyncio.Future[bool], *, rung: bool = False) -> None:
    if not waits.done():
        waits.set_result(rung)
