"""Alarms while the journal takes seconds over each change: told once, each turn of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Disk, Watched, plc_alarm, watched
from vendtower.domain.alarm import AlarmKey
from vendtower.flows import alarm_watch
from vendtower.flows.controls import AcknowledgeAlarm, Done
from vendtower.flows.service import hindrances
from vendtower.ports.journal import Change, JournalFault

OVERSPEED = AlarmKey("P04", "lift 1")


@pytest.fixture
async def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setattr(alarm_watch, "WRITTEN_WITHIN_S", 0.01)
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


@pytest.fixture
def disk(at: Watched, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(at, monkeypatch)


def queued(at: Watched) -> asyncio.Future[list[Change | None]]:
    """Others write as well, so that the alarms' turn comes late."""
    return asyncio.gather(*(at.tower.book.record(lambda: Change(cursor="one")) for _ in range(4)))


async def test_what_came_and_went_meanwhile_is_told_once(at: Watched, disk: Disk) -> None:
    disk.answers.clear()
    writing = asyncio.ensure_future(at.tower.book.record(lambda: Change(cursor="one")))
    await asyncio.sleep(0)
    at.plc_says(plc_alarm(26))
    await at.last(1.5)
    assert at.codes() == {"P26"}
    at.plc_says()
    await at.last(3.0)
    assert at.state("P26") == "returned"
    disk.answers.set()
    await writing
    await at.last(3.0)
    assert await at.told("P26") == ["raised*", "returned*"]


async def test_on_a_disk_that_is_always_slow_it_comes_to_an_end(at: Watched, disk: Disk) -> None:
    disk.takes_s = 0.03
    others = queued(at)
    at.plc_says(plc_alarm(26), plc_alarm(4, "lift 1"))
    await at.look(0.2)
    await at.look(0.2)
    at.plc_says()
    for _ in range(60):
        await at.look(0.5)
    await others
    assert await at.told("P26") == ["raised*", "returned*"]
    assert await at.told("P04") == ["raised*", "latched*"]
    assert at.tower.alarm_facts.unwritten == {}


async def test_what_is_acknowledged_meanwhile_stays_so(at: Watched, disk: Disk) -> None:
    """Or nobody could lead the machine on for as long as the disk is slow."""
    disk.takes_s = 0.03
    others = queued(at)
    at.plc_says(plc_alarm(4, "lift 1"))
    await at.last(1.5)
    at.plc_says()
    await at.last(1.5)
    assert at.state("P04", "lift 1") == "latched"
    said = asyncio.ensure_future(at.ask(AcknowledgeAlarm(OVERSPEED, "brake inspected")))
    for _ in range(60):
        await at.look(0.5)
    await others
    assert isinstance(await said, Done)
    assert (at.state("P04", "lift 1"), hindrances(at.tower)) == ("normal", ())
    assert await at.told("P04") == ["raised*", "latched*", "acknowledged*"]


async def test_what_comes_again_while_its_first_end_is_written_is_told_again(
    at: Watched, disk: Disk
) -> None:
    disk.answers.clear()
    writing = asyncio.ensure_future(at.tower.book.record(lambda: Change(cursor="one")))
    await asyncio.sleep(0)
    at.plc_says(plc_alarm(26))
    await at.last(1.5)
    at.plc_says()
    await at.last(3.0)
    disk.answers.set()
    await writing
    disk.answers.clear()
    await asyncio.sleep(0)
    at.plc_says(plc_alarm(26))
    await at.last(1.5)
    assert at.state("P26") == "unacknowledged"
    at.plc_says()
    await at.last(3.0)
    assert at.state("P26") == "returned"
    disk.answers.set()
    await at.last(3.0)
    assert await at.told("P26") == ["raised*", "returned*"] * 2


async def test_what_could_not_be_told_as_over_is_told_once_it_can(at: Watched, disk: Disk) -> None:
    disk.answers.clear()
    writing = asyncio.ensure_future(at.tower.book.record(lambda: Change(cursor="one")))
    await asyncio.sleep(0)
    at.plc_says(plc_alarm(26))
    await at.last(1.5)
    at.plc_says()
    await at.last(3.0)
    disk.fails = True
    disk.answers.set()
    with pytest.raises(JournalFault):
        await writing
    await at.last(3.0)
    assert at.state("P26") == "returned"
    disk.fails = False
    await at.last(5.0)
    assert await at.told("P26") == ["raised*", "returned*"]
