"""The disk under the journal's file: slow, full or failing, and what a power cut leaves on it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from hardware_sim.virtual.executor import VirtualExecutor
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.daemon.wiring import JOURNAL_FILE

SECTOR_BYTES = 512
"""What a disk writes whole or not at all."""
ROOMY_BYTES = 10**11

Image = dict[Path, bytes]
"""The database and its log, as they stand on the disk."""


class Moment(Enum):
    """When the power goes, as seen from one commit."""

    BEFORE = "before"
    """Everything was decided and nothing written."""
    INSIDE = "inside"
    """Part of the log's frames has reached the disk."""
    AFTER = "after"
    """It is on the disk, and nobody hears the answer."""
    CHECKPOINT = "in the checkpoint after"
    """It is on the disk, and part of the log was copied into the database."""


AT_THE_COMMIT = (Moment.BEFORE, Moment.INSIDE, Moment.AFTER)
"""A checkpoint follows only those commits that erase something."""


class DiskTrouble(Enum):
    """How commits fail, by SQLite's own name of it."""

    FULL = "SQLITE_FULL"
    FAILS = "SQLITE_IOERR_FSYNC"


@dataclass
class CrashPoint:
    """The power goes at the n-th commit from now on, or the n-th checkpoint."""

    moment: Moment
    commits_left: int
    reached: Callable[[], None]
    """Told in the midst of the commit; has to end the controller before anything else happens."""


class JournalDisk:
    """The journal's file through every life of the controller.

    What a power cut leaves is what stood on the disk in that moment: SQLite's log is not
    written back, a transaction that was not committed is lost.
    """

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self._path = directory / JOURNAL_FILE
        self._chance = chance
        self._open: SqliteJournal | None = None
        self._executor: VirtualExecutor | None = None
        self._left: Image | None = None
        """What a power cut in the midst of a commit has left, until somebody reads it."""
        self.slow_s = 0.0
        """How much longer than usual a commit takes, at most."""
        self.trouble: DiskTrouble | None = None
        self.failed_commits = 0
        """By trouble, ever."""
        self.commits = 0
        """On the disk or nearly so, ever."""
        self.crash_point: CrashPoint | None = None

    def executor(self) -> AbstractContextManager[VirtualExecutor]:
        """The journal's thread of one life."""
        self._executor = VirtualExecutor(self._chance, ran=self._ran)
        self.be_slow(self.slow_s)
        return self._executor

    def be_slow(self, slow_s: float) -> None:
        """Let each piece of work take up to so much longer, from now on."""
        self.slow_s = slow_s
        if self._executor is not None:
            self._executor.before_s = (0.0001, 0.003 + slow_s)
            self._executor.after_s = (0.0, 0.002 + slow_s)

    @property
    def free_bytes(self) -> int:
        """As the computer tells."""
        return 0 if self.trouble is DiskTrouble.FULL else ROOMY_BYTES

    def _ran(self, result: object) -> None:
        if isinstance(result, SqliteJournal) and result is not self._open:
            self._open = result
            watched: Any = _Watched(result._connection, self)  # noqa: SLF001 # the wire to the disk
            result._connection = watched  # noqa: SLF001 # every commit goes by here

    # --- one commit

    def commit(self, connection: sqlite3.Connection) -> object:
        """Written, or not, as the disk is."""
        self.commits += 1
        point = self._due_point(AT_THE_COMMIT)
        if point is not None:
            return self._end_at(point, connection)
        if self.trouble is not None:
            self._fail(self.trouble, connection)
        return connection.execute("COMMIT")

    def checkpoint(self, connection: sqlite3.Connection, statement: str) -> object:
        """The log is copied into the database, whole or as far as the power lasts."""
        point = self._due_point((Moment.CHECKPOINT,))
        if point is None:
            return connection.execute(statement)
        before = self._image()
        connection.execute(statement)
        content = torn(before[self._path], self._path.read_bytes(), self._chance)
        # The log is emptied only once the database has reached the disk.
        self._left = before | {self._path: content}
        point.reached()
        raise _sqlite_error("SQLITE_IOERR", "the power is gone")

    def _due_point(self, moments: Sequence[Moment]) -> CrashPoint | None:
        point = self.crash_point
        if point is None or point.moment not in moments:
            return None
        point.commits_left -= 1
        if point.commits_left > 0:
            return None
        self.crash_point = None
        return point

    def _end_at(self, point: CrashPoint, connection: sqlite3.Connection) -> object:
        before = self._image()
        self._left = before
        if point.moment is not Moment.BEFORE:
            connection.execute("COMMIT")
            after = self._image()
            inside = point.moment is Moment.INSIDE
            self._left = _torn_log(before, after, self._chance) if inside else after
        point.reached()
        raise _sqlite_error("SQLITE_IOERR", "the power is gone")

    def _fail(self, trouble: DiskTrouble, connection: sqlite3.Connection) -> None:
        self.failed_commits += 1
        if trouble is DiskTrouble.FAILS and self._chance.random() < 0.5:
            # Nobody is told whether what was written has reached the disk: here it has.
            connection.execute("COMMIT")
        words = "database or disk is full" if trouble is DiskTrouble.FULL else "disk I/O error"
        raise _sqlite_error(trouble.value, words)

    # --- death

    def closed(self) -> None:
        """Whoever had the file has left it by itself."""
        self._open = self._executor = self.crash_point = None

    @property
    def is_lost(self) -> bool:
        """Whether nothing is written any more until the file is read anew."""
        return self._open is not None and bool(self._open._broken)  # noqa: SLF001 # as it tells

    def power_cut(self) -> None:
        """Take the file away from whoever had it, as it stands on the disk."""
        journal, self._open, self._executor = self._open, None, None
        self.crash_point = None
        left, self._left = self._left, None
        if journal is None:
            return
        kept = self._image() if left is None else left
        # Closing writes the log back, which a computer without power cannot do: undone below.
        journal._connection.close()  # noqa: SLF001 # the wire to the disk is cut here
        journal._lock.release()  # noqa: SLF001 # the kernel drops a dead process's locks
        for path in self._parts():
            path.unlink(missing_ok=True)
        for path, content in kept.items():
            path.write_bytes(content)

    def _image(self) -> Image:
        return {path: path.read_bytes() for path in self._parts() if path.exists()}

    def _parts(self) -> list[Path]:
        """The database and its log; the index of the log (``-shm``) is made anew."""
        return [self._path, self._log]

    @property
    def _log(self) -> Path:
        return self._path.with_name(self._path.name + "-wal")


class _Watched:
    """A connection whose commits and checkpoints are the disk's to make."""

    def __init__(self, real: sqlite3.Connection, disk: JournalDisk) -> None:
        self._real = real
        self._disk = disk

    def execute(self, statement: str, *values: Any) -> object:
        """As the real one, but for what ends a transaction."""
        if statement == "COMMIT":
            return self._disk.commit(self._real)
        if statement.startswith("PRAGMA wal_checkpoint"):
            return self._disk.checkpoint(self._real, statement)
        return self._real.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the real one's."""
        return getattr(self._real, name)


def _torn_log(before: Image, after: Image, chance: random.Random) -> Image:
    """Some sectors of what a commit adds to the log, never all; the database is not touched yet."""
    log = next(path for path in after if path.name.endswith("-wal"))
    return before | {log: torn(before.get(log, b""), after[log], chance)}


def torn(old: bytes, new: bytes, chance: random.Random) -> bytes:
    """Some of the sectors that differ, never all.

    A disk writes what it holds back in any order until it is told to flush, which whoever writes
    waits for: each changed sector is there or not, or the first ones are and the rest is not.
    """
    starts = range(0, len(new), SECTOR_BYTES)
    changed = [at for at in starts if old[at : at + SECTOR_BYTES] != new[at : at + SECTOR_BYTES]]
    if not changed:
        return old
    if chance.random() < 0.5:
        written = set(changed[: chance.randrange(len(changed))])
    else:
        written = set(chance.sample(changed, chance.randrange(len(changed))))
    torn = bytearray(old)
    for at in sorted(written):
        part = new[at : at + SECTOR_BYTES]
        torn.extend(bytes(max(0, at + len(part) - len(torn))))
        torn[at : at + len(part)] = part
    return bytes(torn)


def _sqlite_error(name: str, words: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorname = name
    return error
