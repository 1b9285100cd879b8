"""The journal's file as anybody may read it, beside and independent of the controller."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from benchmarks.swarm.room import a_directory
from vendtower.adapters.journal_sqlite.reading import read_counts, read_state
from vendtower.daemon.wiring import JOURNAL_FILE
from vendtower.flows.book import Book
from vendtower.ports.journal import Journal, JournalState, OutboxCounts


@dataclass(frozen=True)
class WrittenJob:
    """One job as it stands on the disk."""

    job_id: int
    state: str
    verb: str


@dataclass(frozen=True)
class WrittenCase:
    """One case as it stands on the disk."""

    case_id: int
    kind: str
    vin: str | None
    visit_id: str | None
    correlation_id: str
    opened_utc: datetime
    settlement: str | None = None


@dataclass(frozen=True)
class ToldEvent:
    """An event that the cloud was owed, with the number under which it is told."""

    sequence: int
    event_type: str
    subject: str
    data: Mapping[str, object]


class WrittenRecord:
    """Reads a copy each time: an open reader would change what a power cut leaves."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / JOURNAL_FILE

    def job(self, job_id: int) -> WrittenJob | None:
        """One job; None when it is not on the disk."""
        found = self._jobs("WHERE job_id = ?", (job_id,))
        return found[0] if found else None

    def jobs(self) -> list[WrittenJob]:
        """All jobs."""
        return self._jobs("", ())

    def _jobs(self, where: str, values: tuple[int, ...]) -> list[WrittenJob]:
        rows = self._rows(f"SELECT job_id, state, body FROM job {where}", values)
        return [WrittenJob(int(r[0]), r[1], json.loads(r[2])["verb"]) for r in rows]

    def cases(self) -> list[WrittenCase]:
        """All cases, settled or not."""
        rows = self._rows("SELECT case_id, vin, body FROM staff_case", ())
        return [_case(int(case_id), json.loads(body)) for case_id, _vin, body in rows]

    def alarm_codes(self) -> list[str]:
        """The code of each alarm episode; what is older than the history is kept has none."""
        return [str(code) for (code,) in self._rows("SELECT code FROM alarm_episode", ())]

    def dead_letters(self) -> list[ToldEvent]:
        """The events that the cloud has rejected for good: their owner can read them here."""
        wanted = "owed_number, event_type, subject, data"
        rows = self._rows(f"SELECT {wanted} FROM event WHERE delivery = 'dead'", ())
        return [ToldEvent(int(r[0]), r[1], r[2], json.loads(r[3])) for r in rows]

    def book(self, now_utc: datetime) -> Book:
        """The controller's memory as a start would find it now.

        Raises:
            FileNotFoundError: there is no journal.

        """
        with self._copy() as connection:
            if connection is None:
                raise FileNotFoundError(f"no journal {self._path}")
            read = _Read(read_state(connection, now_utc), read_counts(connection))
        book = Book(cast("Journal", read))
        opening = book.open()
        try:
            opening.send(None)
        except StopIteration:
            return book
        raise RuntimeError("a journal that was read already made its reader wait")

    def _rows(self, query: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        with self._copy() as connection:
            return [] if connection is None else list(connection.execute(query, values))

    @contextmanager
    def _copy(self) -> Iterator[sqlite3.Connection | None]:
        """A connection to a copy; None when there is no journal."""
        with a_directory() as directory:
            for end in ("", "-wal"):
                part = self._path.with_name(self._path.name + end)
                if part.exists():
                    shutil.copy(part, Path(directory) / part.name)
            copy = Path(directory) / self._path.name
            if not copy.exists():
                yield None
                return
            with closing(sqlite3.connect(copy)) as connection:
                yield connection


@dataclass(frozen=True)
class _Read:
    """A journal that was read already, as far as opening a book asks for it."""

    state: JournalState
    counts: OutboxCounts

    async def load(self) -> JournalState:
        return self.state

    async def outbox_counts(self) -> OutboxCounts:
        return self.counts


def _case(case_id: int, body: dict[str, str | None]) -> WrittenCase:
    return WrittenCase(
        case_id=case_id,
        kind=str(body["kind"]),
        vin=body.get("vin"),
        visit_id=body.get("visit_id"),
        correlation_id=str(body.get("correlation_id")),
        opened_utc=datetime.fromisoformat(str(body["opened_utc"])),
        settlement=body.get("settlement"),
    )
