"""Signatures of reservations, and the list's age, over versions of the journal."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.unit.journal.opened import opened
from tests.unit.journal.records import NOON, reservation
from vendtower.adapters.journal_sqlite import DatabaseSettings
from vendtower.adapters.journal_sqlite.codec import to_json
from vendtower.adapters.journal_sqlite.database import packaged_migrations
from vendtower.domain.reservation_list import ListStanding
from vendtower.ports.journal import Change

BEFORE = 11
"""The last version without signatures."""
STANDING = ListStanding(NOON, NOON - timedelta(hours=1), 3600.5, NOON)


async def test_what_was_held_before_has_no_proof_and_is_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path, DatabaseSettings(migrations=packaged_migrations()[:BEFORE])):
        pass
    body = json.loads(to_json(reservation("r-1", b"sealed")))
    del body["proof"]
    with closing(sqlite3.connect(path)) as connection, connection:
        row = ("r-1", NOON.isoformat(), json.dumps(body))
        connection.execute("INSERT INTO reservation VALUES (?, ?, ?)", row)
        connection.execute("INSERT INTO fact VALUES ('cloud_cursor', 'c-17')")
        connection.execute("INSERT INTO fact VALUES ('boot_accepted_utc', ?)", (NOON.isoformat(),))
    async with opened(path) as journal:
        state = await journal.load()
    assert [each.proof for each in state.reservations] == [""]
    assert state.reservations[0].sealed_portrait == b"sealed"
    assert (state.cursor, state.list_standing) == (None, None)
    assert state.boot_accepted_utc == NOON


async def test_proof_and_age_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    signed = replace(reservation("r-1"), proof="a.b.c")
    async with opened(path) as journal:
        await journal.commit(Change(reservations=(signed,), list_standing=STANDING))
        await journal.commit(Change(cursor="c-1"))
    async with opened(path) as journal:
        state = await journal.load()
    assert state.reservations == (signed,)
    assert state.list_standing == STANDING


async def test_the_proof_goes_with_the_reservation(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    signed = replace(reservation("r-1"), proof="proof-that-has-to-go")
    async with opened(path) as journal:
        await journal.commit(Change(reservations=(signed,)))
        await journal.commit(Change(reservations_gone=("r-1",)))
    files = [
        each.read_bytes() for each in (path, path.with_name(path.name + "-wal")) if each.exists()
    ]
    assert not any(b"proof-that-has-to-go" in content for content in files)
