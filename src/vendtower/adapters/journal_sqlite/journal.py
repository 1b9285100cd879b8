"""The journal port on SQLite: one connection, owned by one worker thread."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from vendtower.adapters.journal_sqlite.database import (
    DISK_FAILED,
    DatabaseSettings,
    error_kind,
    fault,
    open_database,
    transaction,
)
from vendtower.adapters.journal_sqlite.lock import JournalLock
from vendtower.adapters.journal_sqlite.reading import (
    read_alarm_history,
    read_counts,
    read_history,
    read_owed,
    read_state,
)
from vendtower.adapters.journal_sqlite.wear_rows import read_meter_days, read_sign_offs
from vendtower.adapters.journal_sqlite.writing import Row, rows_of, write
from vendtower.domain.alarm import Alarm
from vendtower.domain.wear import SignOff
from vendtower.ports.journal import (
    Change,
    HistoryEvent,
    JournalFault,
    JournalState,
    MeterDay,
    OutboxCounts,
)
from vendtower.ports.reservation_cloud import OutboxEvent

_log = logging.getLogger(__name__)
_AnswerT = TypeVar("_AnswerT")


class SqliteJournal:
    """Fulfils ``vendtower.ports.journal.Journal``; made by ``open``.

    Every call runs whole on the executor, which must have exactly one thread. A caller that is
    cancelled does not stop the transaction: it is then written or not, but never in part.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        lock: JournalLock,
        executor: Executor,
        utc: Callable[[], datetime],
    ) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._executor = executor
        self._utc = utc
        self._broken = ""
        """Why nothing more is written until the file was opened anew."""
        self._written = False
        self._lost = asyncio.Event()
        self._erase_log = True
        """Erased records may still stand in SQLite's log file."""

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        executor: Executor,
        utc: Callable[[], datetime],
        settings: DatabaseSettings | None = None,
    ) -> "SqliteJournal":
        """Lock and open the journal, and make it when there is none.

        Args:
            path: the database file; its directory must exist.
            executor: of one thread, kept for this journal; an inline one on a virtual loop.
            utc: wall time, which labels rows.
            settings: for tests; the defaults are the ones for a tower.

        Raises:
            JournalFault: when it is in use, damaged, of a newer version, or not writable.

        """

        def opened() -> SqliteJournal:
            lock = JournalLock(path)
            try:
                connection = open_database(path, settings or DatabaseSettings(), utc)
            except BaseException:
                lock.release()
                raise
            return cls(path, connection, lock, executor, utc)

        return await asyncio.get_running_loop().run_in_executor(executor, opened)

    async def close(self) -> None:
        """Close the file and release the lock."""

        def closed() -> None:
            self._connection.close()
            self._lock.release()

        await asyncio.get_running_loop().run_in_executor(self._executor, closed)

    async def wait_lost(self) -> None:
        """Return when the disk has failed in the middle of a run that could write to it.

        From then on every call is a fault until the file is opened anew. A disk that took nothing
        from the beginning of this run is not lost by this: opening it once more would not help.
        """
        await self._lost.wait()

    async def load(self) -> JournalState:
        """Everything that a restart continues from."""
        return await self._run("reading", lambda: read_state(self._connection, self._utc()))

    async def commit(self, change: Change) -> None:
        """Write everything in one transaction that survives a power cut."""

        def committed() -> None:
            rows = rows_of(change, self._utc())
            with transaction(self._connection):
                write(self._connection, rows)
            if _erases(change):
                self._erase_log = True
            self._clean_log()

        await self._run("writing a change", committed)
        self._written = True

    async def owed_events(self, limit: int) -> tuple[OutboxEvent, ...]:
        """The oldest undelivered events, in order."""
        return await self._run("reading events", lambda: read_owed(self._connection, limit))

    async def settle_events(self, accepted: Sequence[str], rejected: Mapping[str, str]) -> None:
        """Mark events delivered, and others dead with their reason.

        Unknown ids and events that are settled already are left alone.
        """
        settle = (
            "UPDATE event SET delivery = ?, reason = ? WHERE event_id = ? AND delivery = 'waiting'"
        )
        rows: list[Row] = [(settle, ("delivered", "", event_id)) for event_id in accepted]
        rows += [(settle, ("dead", why, event_id)) for event_id, why in rejected.items()]

        def settled() -> None:
            with transaction(self._connection):
                write(self._connection, rows)

        if rows:
            await self._run("settling events", settled)

    async def outbox_counts(self) -> OutboxCounts:
        """What the cloud was and is owed."""
        return await self._run("counting events", lambda: read_counts(self._connection))

    async def history(self, limit: int, dead_only: bool = False) -> tuple[HistoryEvent, ...]:
        """The newest events first."""
        return await self._run(
            "reading the history",
            lambda: read_history(self._connection, limit, dead_only=dead_only),
        )

    async def alarm_history(self, limit: int) -> tuple[Alarm, ...]:
        """The newest episodes of alarms first, open ones included."""
        return await self._run(
            "reading the alarms' history", lambda: read_alarm_history(self._connection, limit)
        )

    async def meter_days(self, days: int) -> tuple[MeterDay, ...]:
        """Every counter at the end of each of the last days, oldest first."""
        return await self._run(
            "reading the counters' history", lambda: read_meter_days(self._connection, days)
        )

    async def sign_offs(self, limit: int) -> tuple[SignOff, ...]:
        """The newest lines of the parts' records, newest first."""
        return await self._run(
            "reading the parts' records", lambda: read_sign_offs(self._connection, limit)
        )

    async def _run(self, doing: str, work: Callable[[], _AnswerT]) -> _AnswerT:
        """Do one piece of work on the worker thread; every failure is a ``JournalFault``."""

        def guarded() -> _AnswerT:
            if self._broken:
                raise JournalFault(self._broken)
            try:
                return work()
            except sqlite3.Error as error:
                failure = fault(self.path, doing, error)
                if error_kind(error) == DISK_FAILED:
                    # Whether a commit reached the disk is not known after this; only reading
                    # the file anew tells.
                    self._broken = f"{failure}; nothing is written since then, restart the daemon"
                raise failure from error
            except (ValueError, OverflowError) as error:
                raise fault(self.path, doing, error) from error

        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, guarded)
        finally:
            if self._broken and self._written:
                self._lost.set()

    def _clean_log(self) -> None:
        """Move erased records out of SQLite's log file; tried again later when it fails.

        The change is committed by now, so a failure here is no failure of the commit.
        """
        if not self._erase_log:
            return
        try:
            (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._erase_log = bool(busy)
        except sqlite3.Error as error:
            _log.warning("journal %s: log not emptied, will be tried again: %s", self.path, error)


def _erases(change: Change) -> bool:
    """Whether records are gone or replaced whose old content must not stay in the log."""
    return bool(
        change.reservations
        or change.reservations_gone
        or change.loans_gone
        or change.templates
        or change.templates_gone
    )
