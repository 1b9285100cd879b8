"""A bell that any number of tasks may wait for without missing a ring."""

import asyncio
import math


class Bell:
    """Rings are counted, so that a ring between looking and waiting is not lost.

    Usage: ``heard = bell.rings``; look at the world; ``await bell.wait_beyond(heard)``.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[float, asyncio.Future[bool]]] = {}
        """Until when each of them waits, in the order in which they came: they are woken in it."""
        self._came = 0
        self._timer: asyncio.TimerHandle | None = None
        """One for all of them, for whoever's time is over first."""
        self.rings = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        self.rings += 1
        waiting, self._waiting = self._waiting, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for _, waits in waiting.values():
            _answer(waits, rung=True)

    async def wait_beyond(self, heard: int, timeout_s: float | None = None) -> bool:
        """Return True once the bell has rung since ``heard``, False after the time-out."""
        if self.rings > heard:
            return True
        loop = asyncio.get_running_loop()
        waits: asyncio.Future[bool] = loop.create_future()
        self._came += 1
        number = self._came
        due_s = math.inf if timeout_s is None else loop.time() + timeout_s
        self._waiting[number] = due_s, waits
        self._arm(due_s)
        try:
            return await waits
        finally:
            self._waiting.pop(number, None)

    def _arm(self, due_s: float) -> None:
        """See to it that whoever waits until then is woken then."""
        if due_s >= (math.inf if self._timer is None else self._timer.when()):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due_s, self._times_out, due_s)

    def _times_out(self, due_s: float) -> None:
        self._timer = None
        later_s = math.inf
        for until_s, waits in self._waiting.values():
            if until_s <= due_s:
                _answer(waits)
            else:
                later_s = min(later_s, until_s)
        self._arm(later_s)


def _answer(waits: asyncio.Future[bool], *, rung: bool = False) -> None:
    if not waits.done():
        waits.set_result(rung)
