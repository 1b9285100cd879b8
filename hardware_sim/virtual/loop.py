"""The loop itself: time moves when nobody has anything left to do at the present moment.

It relies on a few inner names of asyncio's ``BaseEventLoop`` and ``Handle`` (Python 3.11 to
3.13); ``tests/contract/test_virtual_conformance.py`` runs the same scripts on it and on a real one.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar, TypeVarTuple

from hardware_sim.virtual.endpoints import Endpoints, Sealed
from hardware_sim.virtual.executor import VirtualExecutor, run_inline
from hardware_sim.virtual.network import Network
from hardware_sim.virtual.process import Death, Process, entomb, is_dead_in, owner

ResultT = TypeVar("ResultT")
Ts = TypeVarTuple("Ts")

HANDLES_AT_ONCE_MAX = 200_000
"""So many callbacks without any time passing: somebody asks again and again without waiting."""


class Stalled(RuntimeError):
    """Nothing is scheduled and nothing is under way: everybody waits for ever."""


class Livelock(RuntimeError):
    """Callbacks call each other for ever while no time passes."""


@dataclass(frozen=True)
class Unhandled:
    """An exception that nobody caught, as asyncio reports it."""

    at_s: float
    process: str
    message: str
    error: BaseException | None


class VirtualTask(asyncio.Task[Any]):
    """A task that knows its owner, and whose place in a set does not depend on its address."""

    def __init__(self, coro: Coroutine[Any, Any, Any], **more: Any) -> None:
        loop: VirtualLoop = more["loop"]
        self._number = loop.next_number()
        self.process = owner(more.get("context"))
        super().__init__(coro, **more)

    def __hash__(self) -> int:
        """Tasks are made in the same order in every run."""
        return self._number

    def __eq__(self, other: object) -> bool:
        """A task is equal to itself alone."""
        return self is other


class VirtualLoop(Endpoints, asyncio.BaseEventLoop):
    """An event loop whose clock jumps from one timer to the next.

    Callbacks due at one moment run in the order in which they were scheduled.
    """

    def __init__(self, *, seed: int | str = 0) -> None:
        """``seed`` decides everything that the network leaves to chance."""
        super().__init__()
        self._now_s = 0.0
        self._at_once = 0
        self._queue: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = itertools.count(1)
        self.handled = 0
        """Callbacks run so far."""
        self.unhandled: list[Unhandled] = []
        self.network = Network(self, seed)

    # --- time and callbacks

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._now_s

    def next_number(self) -> int:
        """1, 2, 3 and so on."""
        return next(self._numbers)

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run at the present moment, after what is due already; never, for a dead process."""
        handle = asyncio.Handle(callback, args, self, context)
        if is_dead_in(context):
            return _buried(handle)
        self._queue.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run at a time of this clock."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        if is_dead_in(context):
            _buried(timer)
            return timer
        heappush(self._timers, (when, self.next_number(), timer))
        return timer

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run after a while."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are dropped when their time comes."""

    def _run_once(self) -> None:
        """One turn: what is due now, in order."""
        if not self._queue:
            self._let_time_pass()
        self._take_due()
        queue = self._queue
        turns = len(queue)
        self.handled += turns
        self._at_once += turns
        for _ in range(turns):
            handle = queue.popleft()
            if not handle._cancelled:  # noqa: SLF001 # asyncio has no other way to run a handle
                handle._run()  # noqa: SLF001
        if self._at_once > HANDLES_AT_ONCE_MAX:
            raise Livelock(f"at {self._now_s:.6f} s without end; the last callback was {handle!r}")

    def _let_time_pass(self) -> None:
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        if not timers:
            raise Stalled(f"at {self._now_s:.6f} s everybody waits for ever")
        if timers[0][0] > self._now_s:
            self._now_s = timers[0][0]
            self._at_once = 0

    def _take_due(self) -> None:
        timers, now_s = self._timers, self._now_s
        while timers and timers[0][0] <= now_s:
            timer = heappop(timers)[2]
            if not timer.cancelled():
                self._queue.append(timer)

    # --- tasks

    def create_task(
        self,
        coro: Any,
        *,
        name: object = None,
        context: Context | None = None,
        **_eagerness: Any,
    ) -> asyncio.Task[Any]:
        """A task of whoever makes it; none starts before the next turn."""
        return VirtualTask(coro, loop=self, name=name, context=context)

    def spawn(self, process: Process, coro: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
        """A task that belongs to a process, and with it all that it begins."""
        return self.create_task(coro, context=process.context())

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Write down what nobody caught; it is printed only where somebody set a handler."""
        if self.get_exception_handler() is not None:
            super().call_exception_handler(context)
            return
        process = owner()
        self.unhandled.append(
            Unhandled(
                self._now_s,
                process.name if process else "",
                str(context.get("message", "")),
                context.get("exception"),
            )
        )

    def _asyncgen_firstiter_hook(self, agen: object) -> None:
        """No list is kept for closing them at the end: those of the dead must stay open."""

    # --- death

    def kill(self, process: Process, how: Death = Death.CRASH) -> None:
        """End a process at this very moment: nothing of it runs any more, not even ``finally``.

        Call it from a callback or task that is not the process's own.
        """
        if owner() is process:
            raise RuntimeError(f"{process}: it cannot end itself, its present step would go on")
        process.alive = False
        tasks = [task for task in asyncio.all_tasks(self) if _process_of(task) is process]
        for task in tasks:
            # Whoever tidies a loop up cancels all its tasks and waits; these never end.
            asyncio._unregister_task(task)  # noqa: SLF001 # documented for loops of one's own
        remains: list[Any] = [*tasks]
        for at, handle in enumerate(self._queue):
            if owner(_context_of(handle)) is process:
                remains.append(handle)
                self._queue[at] = _nothing(self)
        kept: list[tuple[float, int, asyncio.TimerHandle]] = []
        for entry in self._timers:
            (remains if owner(_context_of(entry[2])) is process else kept).append(entry)
        self._timers = kept
        heapify(self._timers)
        remains += self.network.bury(process, how)
        entomb(remains)

    # --- work in "threads"

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], ResultT], *args: *Ts
    ) -> asyncio.Future[ResultT]:
        """Work is done by this very thread: at once, or at the pace of a `VirtualExecutor`."""
        if isinstance(executor, VirtualExecutor):
            return executor.run(self, lambda: func(*args))
        return run_inline(self, lambda: func(*args))

    # --- running

    def run(self, main: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run the world's main coroutine; what still lives afterwards is cancelled and awaited.

        Raises:
            Stalled: when everybody waits for ever.
            Livelock: when no time passes any more.

        """
        try:
            result: ResultT = self.run_until_complete(self.create_task(main))
            return result
        finally:
            self._finish()
            self.close()

    def _finish(self) -> None:
        left = [task for task in asyncio.all_tasks(self) if not _is_dead(_process_of(task))]
        left.sort(key=hash)
        for task in left:
            task.cancel()
        if left:
            try:
                self.run_until_complete(asyncio.wait(left, timeout=3600.0))
            except (Stalled, Livelock):
                entomb(left)
        self.network.end()


def run(main: Coroutine[Any, Any, ResultT], *, seed: int | str = 0) -> ResultT:
    """``asyncio.run`` in a sealed world of its own."""
    return VirtualLoop(seed=seed).run(main)


def _is_dead(process: Process | None) -> bool:
    return process is not None and not process.alive


def _process_of(task: asyncio.Task[Any]) -> Process | None:
    return task.process if isinstance(task, VirtualTask) else None


def _context_of(handle: asyncio.Handle) -> Context | None:
    context: Context | None = handle._context  # type: ignore[attr-defined]  # noqa: SLF001 # typeshed leaves it out; get_context came with 3.12
    return context


def _nothing(loop: asyncio.AbstractEventLoop) -> asyncio.Handle:
    handle = asyncio.Handle(lambda: None, (), loop)
    handle.cancel()
    return handle


def _buried(handle: asyncio.Handle) -> asyncio.Handle:
    """What a dead process asked for; kept, since dropping it might close a coroutine."""
    entomb([handle])
    handle._cancelled = True  # noqa: SLF001 # cancel() would drop what it refers to
    return handle


__all__ = ["Livelock", "Sealed", "Stalled", "Unhandled", "VirtualLoop", "VirtualTask", "run"]
