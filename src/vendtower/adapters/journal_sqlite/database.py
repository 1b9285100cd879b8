"""Opening the journal's database: settings, versions, and what to do with a damaged file."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from vendtower.ports.journal import JournalFault

APPLICATION_ID = 0x76746A6E
"""``vtjn`` in the file's header: tells a journal from any other SQLite database."""

FILE_MODE = 0o640
"""Plates and sealed portraits are for the daemon's user and group alone."""

_PRAGMAS = (
    "synchronous = FULL",  # NORMAL may lose acknowledged commits at a power cut
    "secure_delete = ON",  # what is erased is overwritten
    "temp_store = MEMORY",  # and has never stood in a temporary file
    "foreign_keys = ON",
)

DISK_FAILED = "SQLITE_IOERR"

_WHAT_TO_DO = {
    "SQLITE_FULL": "the disk is full; free space on it",
    "SQLITE_READONLY": "it is read-only; check the mount and the owner of file and directory",
    "SQLITE_CANTOPEN": "it cannot be opened; check that the directory exists and is writable",
    "SQLITE_PERM": "access is denied; check the owner of file and directory",
    "SQLITE_BUSY": "another program holds it locked; close that program",
    "SQLITE_LOCKED": "another program holds it locked; close that program",
    DISK_FAILED: "the disk failed or is full; check the kernel's log, then restart the daemon",
    "SQLITE_CORRUPT": "it is damaged; stop the daemon and restore a backup",
    "SQLITE_NOTADB": "it is damaged; stop the daemon and restore a backup",
    "SQLITE_CONSTRAINT": "the change contradicts what is in it",
}
_DAMAGE = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


@dataclass(frozen=True)
class Migration:
    """The way from the version before to this one."""

    version: int
    script: str


@cache
def packaged_migrations() -> tuple[Migration, ...]:
    """The migrations that come with this version, one ``schema/NNNN.sql`` each, in order."""
    folder = files("vendtower.adapters.journal_sqlite").joinpath("schema")
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    return tuple(
        Migration(int(entry.name.removesuffix(".sql")), entry.read_text("utf-8"))
        for entry in scripts
    )


@dataclass(frozen=True)
class DatabaseSettings:
    """How the file is opened; the defaults are the ones for a tower."""

    busy_timeout_s: float = 2.0
    """How long another program's lock is waited for."""
    page_count_max: int | None = None
    """Upper bound of the file's size in pages of 4096 bytes; None means the disk's end."""
    connection: type[sqlite3.Connection] = sqlite3.Connection
    migrations: Sequence[Migration] = field(default_factory=packaged_migrations)


def error_kind(error: sqlite3.Error) -> str:
    """SQLite's primary result name, for instance ``SQLITE_FULL`` for any of its variants."""
    name: str = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


def fault(path: Path, doing: str, error: Exception) -> JournalFault:
    """The fault for an error while doing something, with what a technician can do about it."""
    advice = "see the daemon's log"
    if isinstance(error, sqlite3.Error):
        advice = _WHAT_TO_DO.get(error_kind(error), advice)
    elif isinstance(error, OSError):
        advice = "check that its directory exists, is writable and has space"
    unknown = isinstance(error, sqlite3.Error) and error_kind(error) == DISK_FAILED
    outcome = "what reached the disk is not known" if unknown else "nothing was changed"
    return JournalFault(f"journal {path}: {doing} failed: {error} ({advice}); {outcome}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements inside are written together, durably, or none is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite ends some failed transactions by itself.
        if connection.in_transaction:
            connection.rollback()
        raise


def open_database(
    path: Path, settings: DatabaseSettings, utc: Callable[[], datetime]
) -> sqlite3.Connection:
    """Open the journal, make it when there is none, and bring it to this version.

    Raises:
        JournalFault: when it cannot be used. A damaged file is copied aside and left as it is;
            it is never replaced by an empty one.

    """
    try:
        _refuse_remains(path, utc)
        if not path.exists():
            _create(path, settings)
        connection = _connect(path, settings)
    except (sqlite3.Error, OSError) as error:
        raise fault(path, "opening", error) from error
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _prepare_or_fault(connection, path, settings, utc)
        on_failure.pop_all()
    return connection


def _prepare_or_fault(
    connection: sqlite3.Connection,
    path: Path,
    settings: DatabaseSettings,
    utc: Callable[[], datetime],
) -> None:
    try:
        _prepare(connection, path, settings)
    except (sqlite3.Error, _Damage) as error:
        # The file is copied before the connection is closed, for closing may write the log's
        # remains into it.
        if isinstance(error, _Damage) or error_kind(error) in _DAMAGE:
            raise _damaged(path, str(error), utc) from error
        raise fault(path, "opening", error) from error


class _Damage(Exception):
    """SQLite's own check found the file inconsistent."""


def _refuse_remains(path: Path, utc: Callable[[], datetime]) -> None:
    """What an earlier journal left is damage, not a reason to begin an empty one."""
    log = _log_of(path)
    if not path.exists() and log.exists() and log.stat().st_size:
        raise _damaged(path, f"the file is gone, and its log {log.name} is there", utc)
    if path.exists() and path.stat().st_size == 0:
        raise _damaged(path, "the file is empty (0 bytes)", utc)


def _create(path: Path, settings: DatabaseSettings) -> None:
    """Make a new journal whole before it gets its name: a power cut leaves all or nothing."""
    unfinished = path.with_name(path.name + ".new")
    for remains in (unfinished, _log_of(unfinished)):
        remains.unlink(missing_ok=True)
    with closing(_connect(unfinished, settings)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _prepare(connection, unfinished, settings)
    unfinished.chmod(FILE_MODE)
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _connect(path: Path, settings: DatabaseSettings) -> sqlite3.Connection:
    """A connection that has not looked at the file yet."""
    return sqlite3.connect(
        path,
        timeout=settings.busy_timeout_s,
        isolation_level=None,
        factory=settings.connection,
    )


def _prepare(connection: sqlite3.Connection, path: Path, settings: DatabaseSettings) -> None:
    """Check whose file this is, that it is sound, and bring it to our version."""
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    if settings.page_count_max is not None:
        connection.execute(f"PRAGMA max_page_count = {settings.page_count_max}")
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise JournalFault(
            f"journal {path}: application id {application_id:#010x} found, expected "
            f"{APPLICATION_ID:#010x}; this is another program's database"
        )
    findings = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    if findings != ["ok"]:
        raise _Damage("; ".join(findings).replace("\n", " "))
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalFault(f"journal {path}: journal mode {mode} found, expected wal")
    _migrate(connection, path, settings.migrations)


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Run the missing migrations, one transaction each."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = migrations[-1].version
    if version > newest:
        raise JournalFault(
            f"journal {path}: version {version} found, expected at most {newest}; a newer "
            "vendtower wrote it. Install that one again, or restore a backup"
        )
    with transaction(connection):
        # A read-only file shows at this write, and not at the first customer.
        connection.execute(f"PRAGMA user_version = {version}")
    for migration in migrations:
        if migration.version <= version:
            continue
        script = f"BEGIN IMMEDIATE;{migration.script};PRAGMA user_version={migration.version};"
        try:
            connection.executescript(script + "COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise


def _damaged(path: Path, why: str, utc: Callable[[], datetime]) -> JournalFault:
    """Copy the damaged file aside, once, and say what to do."""
    try:
        kept = f"A copy is kept as {_copy_aside(path, utc)}"
    except OSError as error:
        kept = f"It could not be copied aside: {error}"
    return JournalFault(
        f"journal {path}: damaged: {why}. {kept}. The daemon does not start with an empty "
        "journal by itself: restore a backup, or remove the file and enter the cars anew"
    )


def _copy_aside(path: Path, utc: Callable[[], datetime]) -> str:
    """Copy what there is of the database and its log; the names of the copies."""
    parts = [part for part in (path, _log_of(path)) if part.exists()]
    kept = [part for part in parts if part == path or part.stat().st_size]
    state = kept[0].stat()
    for earlier in path.parent.glob(f"{path.stem}.damaged-*"):
        # A daemon that is started again and again must not fill the disk with copies.
        copied = earlier.stat()
        if (copied.st_size, copied.st_mtime_ns) == (state.st_size, state.st_mtime_ns):
            return earlier.name
    stem = f"{path.stem}.damaged-{utc():%Y%m%dT%H%M%SZ}"
    copies = [path.with_name(stem + part.name.removeprefix(path.stem)) for part in kept]
    for part, copy in zip(kept, copies, strict=True):
        shutil.copy2(part, copy)
    return " and ".join(copy.name for copy in copies)


def _log_of(path: Path) -> Path:
    """SQLite's write-ahead log beside a database."""
    return path.with_name(path.name + "-wal")
