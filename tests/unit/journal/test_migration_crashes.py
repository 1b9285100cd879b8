"""The power goes inside a migration: the file is the old version or the new one, with all in it."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.swarm.journal_disk import torn
from tests.unit.journal.opened import InlineExecutor, opened
from vendtower.adapters.journal_sqlite import DatabaseSettings
from vendtower.adapters.journal_sqlite.database import packaged_migrations

MIGRATIONS = packaged_migrations()
NEWEST = MIGRATIONS[-1].version
WORDS = {"delivery": "waiting"}
"""What a column takes that does not take any word."""
TEARS = 2
"""How often the log is torn anew after each statement."""

Image = dict[str, bytes]


@dataclass
class Disk:
    """What stands on the disk after each statement of one opening."""

    path: Path
    images: list[tuple[str, Image]] = field(default_factory=list)

    def keep(self, after: str) -> None:
        self.images.append((after, image(self.path)))


def image(path: Path) -> Image:
    parts = [path, path.with_name(path.name + "-wal")]
    return {part.name: part.read_bytes() for part in parts if part.exists()}


def watched(disk: Disk) -> type[sqlite3.Connection]:
    """A connection that runs a script statement by statement, as SQLite does."""

    class Watched(sqlite3.Connection):
        def executescript(self, script: str, /) -> sqlite3.Cursor:
            cursor = self.cursor()
            disk.keep("")
            for statement in statements(script):
                cursor.execute(statement)
                disk.keep(statement)
            return cursor

    return Watched


def statements(script: str) -> Iterator[str]:
    """Each statement of a script; a trigger's inner semicolons do not end one."""
    kept = ""
    for part in script.split(";"):
        kept += part + ";"
        if sqlite3.complete_statement(kept) and kept.strip(" \n;"):
            yield kept.strip()
            kept = ""


def content(path: Path) -> tuple[int, list[str]]:
    """Version, tables and rows, as anybody may read them."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return version, sorted(connection.iterdump())


def fill(path: Path) -> int:
    """A row in each table that has none; how many tables have some then."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (table,) in list(connection.execute(listed)):
            if connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,):
                insert(connection, table)
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for (table,) in list(connection.execute(listed))
        ]
        return sum(count > 0 for count in counts)


def insert(connection: sqlite3.Connection, table: str) -> None:
    columns = list(connection.execute(f"PRAGMA table_info({table})"))
    values: list[Any] = [
        1 if kind in {"INTEGER", "REAL"} else WORDS.get(name, "{}") for _, name, kind, *_ in columns
    ]
    marks = ", ".join("?" for _ in columns)
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)


async def old_journal(path: Path, version: int) -> None:
    """A journal that has grown through every version so far, with something in every table."""
    for step in range(1, version + 1):
        settings = DatabaseSettings(migrations=MIGRATIONS[:step])
        async with opened(path, settings, executor=InlineExecutor()):
            pass
        tables = fill(path)
        assert tables > 0


def laid(folder: Path, name: str, left: Image) -> Path:
    """A copy of the image in a folder of its own."""
    folder.mkdir()
    for part, written in left.items():
        (folder / part).write_bytes(written)
    return folder / name


@pytest.mark.parametrize("version", range(1, NEWEST))
async def test_each_statement_of_each_migration(version: int, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await old_journal(path, version)
    whole = tmp_path / "whole"
    whole.mkdir()
    shutil.copy(path, whole / path.name)
    async with opened(whole / path.name, executor=InlineExecutor()):
        pass
    due = content(whole / path.name)
    assert due[0] == NEWEST
    before, disk = content(path), Disk(path)
    step = DatabaseSettings(connection=watched(disk), migrations=MIGRATIONS[: version + 1])
    async with opened(path, step, executor=InlineExecutor()):
        pass
    after = content(path)
    assert len(disk.images) > 2
    seen = set()
    for number, (statement, left) in enumerate(crashes(disk, random.Random(version))):
        crashed = laid(tmp_path / f"crash-{number}", path.name, left)
        found = content(crashed)
        assert found in (before, after), statement
        seen.add(found[0])
        async with opened(crashed, executor=InlineExecutor()):
            pass
        assert content(crashed) == due, statement
    assert seen == {version, version + 1}


def crashes(disk: Disk, chance: random.Random) -> Iterator[tuple[str, Image]]:
    """The disk after each statement, and with only some sectors of what it has written."""
    log = disk.path.name + "-wal"
    previous: Image = disk.images[0][1]
    for statement, left in disk.images:
        yield statement, left
        if left.get(log, b"") != previous.get(log, b""):
            for _ in range(TEARS):
                part = torn(previous.get(log, b""), left[log], chance)
                yield f"inside {statement}", previous | {log: part}
        previous = left
