"""Keeps flows running: a flow that fails is started again from the journal; motion is not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping

from vendtower.domain.errors import InvariantBroken
from vendtower.ports.journal import JournalFault

log = logging.getLogger("vendtower.supervisor")

RESTART_S_MIN = 1.0
RESTART_S_MAX = 30.0
STEADY_S = 60.0
"""A flow that ran this long before it failed begins again with the shortest pause."""


async def keep_running(
    name: str,
    flow: Callable[[], Awaitable[None]],
    faults: MutableMapping[str, str],
    *,
    stopped: Callable[[], None],
) -> None:
    """Run a flow for ever; note its failure in ``faults`` (motion waits) and start it again.

    A broken invariant stays noted until the daemon is restarted by a person: the flow goes on
    serving whoever stands at the tower, but nothing new moves. One that fails for the journal
    alone (a full disk, say) is tried again soon all the time, and told once.
    """
    loop = asyncio.get_running_loop()
    pause_s = RESTART_S_MIN
    told = ""
    while True:
        began_s = loop.time()
        try:
            await flow()
            failure = "it ended by itself"
        except Exception as error:  # whatever it was, it is told and supervised
            failure = _told(error)
            if _is_only(JournalFault, error):
                pause_s = RESTART_S_MIN
                if failure != told:
                    log.error("flow %s waits for the journal: %s", name, failure)  # noqa: TRY400 # it tells all
            else:
                log.exception("flow %s failed", name)
            told = failure
            if _has_broken_invariant(error):
                faults[f"invariant ({name})"] = failure
        faults[name] = failure
        stopped()
        if _asked_to_end():
            # A task group that fails while it is cancelled tells of the failure alone, below
            # Python 3.13: the flow would go on, and whoever ended it would wait for ever.
            raise asyncio.CancelledError
        if loop.time() - began_s > STEADY_S:
            pause_s = RESTART_S_MIN
        await asyncio.sleep(pause_s)
        pause_s = min(RESTART_S_MAX, pause_s * 2)
        faults.pop(name, None)


def _asked_to_end() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _told(error: BaseException) -> str:
    """The innermost sentence: task groups wrap what happened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _is_only(kind: type[Exception], error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_only(kind, inner) for inner in error.exceptions)
    return isinstance(error, kind)


def _has_broken_invariant(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_has_broken_invariant(inner) for inner in error.exceptions)
    return isinstance(error, InvariantBroken)
