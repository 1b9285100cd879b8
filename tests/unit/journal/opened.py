"""Journals on a temporary disk."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from tests.unit.journal.records import NOON
from vendtower.adapters.journal_sqlite import DatabaseSettings, SqliteJournal

_P = ParamSpec("_P")
_T = TypeVar("_T")


class InlineExecutor(Executor):
    """Runs the work at once, in the caller's thread, as a virtual loop needs it."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@asynccontextmanager
async def opened(
    path: Path,
    settings: DatabaseSettings | None = None,
    utc: Callable[[], datetime] = lambda: NOON,
    executor: Executor | None = None,
) -> AsyncIterator[SqliteJournal]:
    own = executor or ThreadPoolExecutor(1)
    journal = await SqliteJournal.open(path, executor=own, utc=utc, settings=settings)
    try:
        yield journal
    finally:
        await journal.close()
        own.shutdown()
