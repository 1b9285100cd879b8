"""A cloud whose clock is wrong signs in the future, and a tower that knows no time takes it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, watched
from vendtower.flows.controls import Done, NotDone
from vendtower.flows.list_time import ListTimeDesk
from vendtower.flows.reservation_list import ProvenCloud, list_age, note_page, resume
from vendtower.flows.reservations import take_changes
from vendtower.ports.clock import ClockQuality
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudUnproven,
    EventReceipt,
    OutboxEvent,
)

BY = "technician on duty"
TWO_DAYS = timedelta(days=2)


@dataclass
class SigningCloud:
    """Signs an empty page with whatever its clock says."""

    issued_utc: datetime = NOON

    async def changes_since(self, cursor: str | None) -> ChangePage:
        return ChangePage((), cursor or "c1", more=False, issued_utc=self.issued_utc)

    async def boot(self, report: BootReport) -> BootAnswer:
        raise AssertionError(report)

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        raise AssertionError(events)


@dataclass
class Listening:
    """A tower that asks this cloud."""

    at: Watched
    cloud: SigningCloud

    async def hear(self, issued_utc: datetime) -> None:
        self.cloud.issued_utc = issued_utc
        page = await ProvenCloud(self.cloud, self.at.tower).changes_since(None)
        await take_changes(self.at.tower, page.changes, page.cursor)
        await note_page(self.at.tower, page)

    async def believe_clock(self, by: str = BY) -> Done | NotDone:
        return await ListTimeDesk(self.at.tower).believe_clock(by)

    def restart(self) -> None:
        memory = self.at.tower.list_memory
        memory.standing = memory.age_s = memory.heard_s = None
        resume(self.at.tower)

    @property
    def now(self) -> datetime:
        return self.at.clock.utc()


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Listening]:
    async with watched(tmp_path / "journal.sqlite") as at:
        at.tower.list_memory.standing = None
        yield Listening(at, SigningCloud())


@pytest.fixture
async def locked_out(tower: Listening) -> Listening:
    """It knew no time when the wrong page came, and does now."""
    tower.at.clock.believed = ClockQuality.UNSYNCHRONIZED
    await tower.hear(tower.now + TWO_DAYS)
    tower.at.clock.believed = ClockQuality.SYNCHRONIZED
    with pytest.raises(CloudUnproven, match="an old page is played back"):
        await tower.hear(tower.now)
    return tower


async def test_a_person_lets_pages_of_now_in_again(locked_out: Listening) -> None:
    tower = locked_out
    assert isinstance(await tower.believe_clock(), Done)
    await tower.hear(tower.now)
    assert tower.at.tower.list_memory.refusal == ""
    assert list_age(tower.at.tower).age_s == 0.0
    (event,) = [
        each
        for each in await tower.at.tower.book.journal.history(10)
        if each.event_type == "com.vendtower.reservation.list_time_set.v1"
    ]
    assert event.data["by"] == BY
    assert event.data["from"] == (NOON + TWO_DAYS).isoformat()


async def test_what_is_older_than_an_hour_is_still_played_back(locked_out: Listening) -> None:
    await locked_out.believe_clock()
    with pytest.raises(CloudUnproven, match="an old page is played back"):
        await locked_out.hear(locked_out.now - timedelta(minutes=61))


async def test_the_list_gets_no_younger_by_it_and_a_restart_remembers(
    locked_out: Listening,
) -> None:
    tower = locked_out
    tower.at.clock.now_s += 3600.0
    await tower.believe_clock()
    assert list_age(tower.at.tower).age_s == 3600.0
    tower.at.clock.now_s += 60.0
    tower.restart()
    assert list_age(tower.at.tower).age_s == 3660.0
    await tower.hear(tower.now)


async def test_what_nobody_can_vouch_for_is_refused(locked_out: Listening) -> None:
    tower = locked_out
    nameless = await tower.believe_clock(" ")
    assert isinstance(nameless, NotDone)
    assert "no name was given" in nameless.reason
    tower.at.clock.believed = ClockQuality.UNSYNCHRONIZED
    clockless = await tower.believe_clock()
    assert isinstance(clockless, NotDone)
    assert "follows no time server" in clockless.reason
    with pytest.raises(CloudUnproven):
        await tower.hear(tower.now)


async def test_a_list_of_now_is_left_alone(tower: Listening) -> None:
    unheard = await tower.believe_clock()
    assert isinstance(unheard, NotDone)
    assert "no signed list has come yet" in unheard.reason
    await tower.hear(tower.now + timedelta(minutes=59))
    before = tower.at.tower.list_memory.standing
    again = await tower.believe_clock()
    assert isinstance(again, NotDone)
    assert "more than 3600 s ahead" in again.reason
    assert tower.at.tower.list_memory.standing == before
