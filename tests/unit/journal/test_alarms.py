"""Alarms as they stand, their episodes, and the journal of a tower that knew none."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.unit.journal.opened import opened
from tests.unit.journal.records import NOON, event
from vendtower.adapters.journal_sqlite import DatabaseSettings
from vendtower.adapters.journal_sqlite.database import packaged_migrations
from vendtower.domain.alarm import (
    Alarm,
    AlarmAcknowledged,
    AlarmRaised,
    AlarmReturned,
    AlarmShelved,
    Severity,
)
from vendtower.domain.delivery import Carriage
from vendtower.ports.journal import Change

DOOR = Alarm("P20", "bay 1", Severity.CRITICAL)


def raised(alarm: Alarm, episode: str, minutes: int = 0) -> Alarm:
    return alarm.apply(AlarmRaised(NOON + timedelta(minutes=minutes), "stuck", episode))


async def test_an_alarm_stands_until_it_is_normal(tmp_path: Path) -> None:
    standing = raised(DOOR, "e-1")
    gone = standing.apply(AlarmReturned(NOON, 4.5))
    normal = gone.apply(AlarmAcknowledged("technician on duty", NOON))
    async with opened(tmp_path / "journal.sqlite") as journal:
        for alarm, kept in ((standing, (standing,)), (gone, (gone,)), (normal, ())):
            await journal.commit(Change(alarms=(alarm,)))
            assert (await journal.load()).alarms == kept
            assert await journal.alarm_history(10) == (alarm,)


async def test_the_history_has_a_line_for_each_episode_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        for number in range(5):
            alarm = raised(DOOR, f"e-{number}", minutes=number).apply(AlarmReturned(NOON, number))
            await journal.commit(Change(alarms=(alarm,)))
        assert [a.episode_id for a in await journal.alarm_history(3)] == ["e-4", "e-3", "e-2"]
    with closing(sqlite3.connect(path)) as connection:
        asked = "SELECT code, source, active_s, ended FROM alarm_episode WHERE episode_id = 'e-4'"
        assert connection.execute(asked).fetchone() == ("P20", "bay 1", 4.0, 0)


async def test_a_shelved_alarm_without_an_episode_makes_none(tmp_path: Path) -> None:
    shelved = DOOR.apply(AlarmShelved("technician on duty", "is being built", NOON))
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(alarms=(shelved,)))
        assert (await journal.load()).alarms == (shelved,)
        assert await journal.alarm_history(10) == ()


async def test_a_journal_of_version_1_learns_of_alarms_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await _filled_by_version_1(path)
    async with opened(path) as journal:
        state = await journal.load()
        assert state.carriages == (Carriage("VIN1"),)
        assert state.alarms == ()
        assert (await journal.outbox_counts()).owed == 1
        await journal.commit(Change(alarms=(raised(DOOR, "e-1"),), events=(event("e2"),)))
        assert (await journal.load()).alarms == (raised(DOOR, "e-1"),)
        assert [each.sequence for each in await journal.owed_events(9)] == [1, 2]


async def _filled_by_version_1(path: Path) -> None:
    """A real file of that version: its schema alone, with a car's way and an owed event in it."""
    settings = DatabaseSettings(migrations=packaged_migrations()[:1])
    async with opened(path, settings) as journal:
        await journal.commit(Change(carriages=(Carriage("VIN1"),)))
    with closing(sqlite3.connect(path)) as connection, connection:
        # Today's writer knows columns that this version has not.
        connection.execute(
            "INSERT INTO event (event_id, event_type, subject, utc, monotonic_s, correlation_id,"
            " data, delivery) VALUES ('e1', 'com.vendtower.test.v1', 'test', ?, 1.5, 'c', '{}',"
            " 'waiting')",
            (NOON.isoformat(),),
        )
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        assert "alarm" not in tables
