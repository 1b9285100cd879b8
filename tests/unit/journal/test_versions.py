"""An older journal is brought up to date whole or not at all; a newer one is refused."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.journal.opened import opened
from tests.unit.journal.records import event
from vendtower.adapters.journal_sqlite import DatabaseSettings, Migration
from vendtower.adapters.journal_sqlite.database import packaged_migrations
from vendtower.domain.delivery import Carriage
from vendtower.ports.journal import Change, JournalFault

NEWEST = packaged_migrations()[-1].version
NEXT = Migration(NEWEST + 1, "ALTER TABLE visit ADD COLUMN colour TEXT;\nCREATE TABLE extra (a);")
AFTER_NEXT = Migration(NEWEST + 2, "INSERT INTO extra VALUES (1);")
BROKEN = Migration(NEWEST + 2, "INSERT INTO extra VALUES (1);\nINSERT INTO nowhere VALUES (1);")


def with_migrations(*more: Migration) -> DatabaseSettings:
    return DatabaseSettings(migrations=(*packaged_migrations(), *more))


def asked(path: Path, query: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchone()[0]


async def made(path: Path) -> None:
    async with opened(path) as journal:
        await journal.commit(Change(carriages=(Carriage("VIN1"),), events=(event("e1"),)))


def test_versions_are_counted_without_a_gap() -> None:
    versions = [migration.version for migration in packaged_migrations()]
    assert versions == list(range(1, NEWEST + 1))


async def test_a_new_journal_has_the_newest_version(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await made(path)
    assert asked(path, "PRAGMA user_version") == NEWEST
    assert asked(path, "PRAGMA application_id") == 0x76746A6E
    assert asked(path, "PRAGMA journal_mode") == "wal"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
async def test_every_past_version_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    past = DatabaseSettings(migrations=packaged_migrations()[:version])
    async with opened(path, past):
        pass
    assert asked(path, "PRAGMA user_version") == version
    async with opened(path) as journal:
        await journal.commit(Change(carriages=(Carriage("VIN1"),), events=(event("e1"),)))
    assert asked(path, "PRAGMA user_version") == NEWEST


async def test_migrations_keep_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await made(path)
    async with opened(path, with_migrations(NEXT, AFTER_NEXT)) as journal:
        assert (await journal.load()).carriages == (Carriage("VIN1"),)
        assert (await journal.outbox_counts()).owed == 1
    assert asked(path, "PRAGMA user_version") == NEWEST + 2
    assert asked(path, "SELECT count(*) FROM extra") == 1


async def test_a_failing_migration_leaves_the_version_before_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await made(path)
    with pytest.raises(JournalFault, match="opening failed: no such table: nowhere"):
        async with opened(path, with_migrations(NEXT, BROKEN)):
            pass
    assert asked(path, "PRAGMA user_version") == NEWEST + 1
    assert asked(path, "SELECT count(*) FROM extra") == 0
    async with opened(path, with_migrations(NEXT)) as journal:
        assert (await journal.load()).carriages == (Carriage("VIN1"),)


async def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path, with_migrations(NEXT)):
        pass
    content = path.read_bytes()
    expected = f"version {NEWEST + 1} found, expected at most {NEWEST}; a newer vendtower"
    with pytest.raises(JournalFault, match=expected):
        await made(path)
    assert path.read_bytes() == content


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    content = path.read_bytes()
    with pytest.raises(JournalFault, match="another program's database"):
        await made(path)
    assert path.read_bytes() == content
