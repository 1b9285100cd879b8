"""Counters with their days, and sign-offs that stay as they are."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.journal.opened import opened
from tests.unit.journal.records import NOON
from vendtower.domain.site_parts import Counter
from vendtower.domain.wear import Care, Meter, SignOff
from vendtower.ports.journal import Change, MeterDay

CYCLES = Meter("lift 1", Counter.CYCLES, 812, 12, NOON)
SIGNED = SignOff("ropes", Care.INSPECTED, NOON, "technician on duty", "dry", 812, 3.5)


async def test_counters_are_kept_with_a_line_for_each_day(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        for hours, total in ((0, 812.0), (1, 813.0), (24, 820.5), (72, 830.0)):
            seen = NOON + timedelta(hours=hours)
            await journal.commit(Change(meters=(replace(CYCLES, total=total, seen_utc=seen),)))
    async with opened(path) as journal:
        (kept,) = (await journal.load()).meters
        assert (kept.total, kept.shown, kept.key) == (830.0, 12, "lift 1 cycles")
        day = NOON.date()
        lines = [
            MeterDay((day + timedelta(days=days)).isoformat(), kept.key, total)
            for days, total in ((0, 813.0), (1, 820.5), (3, 830.0))
        ]
        assert list(await journal.meter_days(9)) == lines
        assert list(await journal.meter_days(2)) == lines[1:]


async def test_a_restart_knows_the_last_line_of_each_kind(tmp_path: Path) -> None:
    first = replace(SIGNED, care=Care.FIRST_SEEN, by="", count=0)
    newer = replace(SIGNED, utc=NOON + timedelta(days=30), note="one broken wire")
    fitted = replace(newer, care=Care.REPLACED, count=900)
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        for line in (first, SIGNED, newer, fitted):
            await journal.commit(Change(sign_offs=(line,)))
        assert (await journal.load()).sign_offs == (first, newer, fitted)
        assert await journal.sign_offs(3) == (fitted, newer, SIGNED)


@pytest.mark.parametrize("change", ["DELETE FROM sign_off", "UPDATE sign_off SET body = ''"])
async def test_the_database_lets_nobody_change_a_sign_off(tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        await journal.commit(Change(sign_offs=(SIGNED,)))
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="a sign-off is never"),
    ):
        connection.execute(change)
