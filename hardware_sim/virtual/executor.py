"""Work that a real program gives to a thread, done by the loop itself at times drawn by chance.

The work happens in one moment, some time after it was asked for, and its answer arrives some time
after that: others act in between, and a process may be killed before the work, or after it with
the answer never heard.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

Outcome = tuple[Any, BaseException | None]


class VirtualExecutor(Executor):
    """One thread's worth of work, in order.

    ``before_s`` and ``after_s`` are the bounds of the two pauses. ``ran`` hears of each result
    at the moment of the work, also of one that nobody will be there to receive.
    """

    def __init__(
        self,
        chance: random.Random,
        *,
        before_s: tuple[float, float] = (0.0001, 0.003),
        after_s: tuple[float, float] = (0.0, 0.002),
        ran: Callable[[object], None] | None = None,
    ) -> None:
        self._chance = chance
        self.before_s = before_s
        self.after_s = after_s
        self._ran = ran
        self._free_at_s = 0.0

    def submit(self, fn: Callable[..., ResultT], /, *args: Any, **kwargs: Any) -> Future[ResultT]:
        """For callers without a loop: done at once."""
        future: Future[ResultT] = Future()
        result, error = self._outcome(lambda: fn(*args, **kwargs))
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def run(
        self, loop: asyncio.AbstractEventLoop, work: Callable[[], ResultT]
    ) -> asyncio.Future[ResultT]:
        """Do the work later, and tell its answer later still."""
        future: asyncio.Future[ResultT] = loop.create_future()
        start_s = max(loop.time(), self._free_at_s) + self._chance.uniform(*self.before_s)
        self._free_at_s = start_s
        loop.call_at(start_s, self._work, loop, future, work)
        return future

    def _work(
        self,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[ResultT],
        work: Callable[[], ResultT],
    ) -> None:
        if future.cancelled():
            return
        outcome = self._outcome(work)
        after_s = self._chance.uniform(*self.after_s)
        self._free_at_s = max(self._free_at_s, loop.time() + after_s)
        loop.call_later(after_s, _settle, future, outcome)

    def _outcome(self, work: Callable[[], ResultT]) -> Outcome:
        outcome = _outcome(work)
        if self._ran is not None and outcome[1] is None:
            self._ran(outcome[0])
        return outcome


def run_inline(
    loop: asyncio.AbstractEventLoop, work: Callable[[], ResultT]
) -> asyncio.Future[ResultT]:
    """Do the work now; the answer comes in the next turn."""
    future: asyncio.Future[ResultT] = loop.create_future()
    loop.call_soon(_settle, future, _outcome(work))
    return future


def _outcome(work: Callable[[], ResultT]) -> Outcome:
    try:
        return work(), None
    except Exception as error:  # handed to whoever awaits it
        return None, error


def _settle(future: asyncio.Future[Any], outcome: Outcome) -> None:
    if future.done():
        return
    result, error = outcome
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
