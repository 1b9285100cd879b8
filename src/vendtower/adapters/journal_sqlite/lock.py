"""One daemon per journal: a lock on a file beside it, which dies with the process."""

import fcntl
import os
from pathlib import Path

from vendtower.ports.journal import JournalFault


class JournalLock:
    """Held from construction to ``release``.

    A side file, because SQLite's own locks are dropped whenever any part of the process closes
    the database file.

    Raises:
        JournalFault: when another process holds it, naming that process.

    """

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(journal.name + ".lock")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise JournalFault(
                f"journal {journal}: lock file {self.path} cannot be opened: {error.strerror}; "
                "expected a directory that the daemon may write to"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise JournalFault(
                f"journal {journal}: in use by process {holder}; expected to be the only daemon. "
                "Stop the other one first"
            ) from error
        self._write_pid()

    def _write_pid(self) -> None:
        """Say who holds the lock; on a full disk the lock holds without the note."""
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            return

    def release(self) -> None:
        """Give the lock up; the file stays, so that nobody locks a file that is being removed."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
