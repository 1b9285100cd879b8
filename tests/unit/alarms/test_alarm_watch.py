"""The alarm watch over a tower in memory: every turn, with the time given by hand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import LIMITS, Disk, Watched, plc_alarm, watched
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.flows import alarm_watch
from vendtower.flows import book as book_module
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    Done,
    NotDone,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)
from vendtower.flows.service import hindrances
from vendtower.ports.journal import Change, JournalFault
from vendtower.ports.reservation_cloud import OutboxEvent

ESTOP, HOT, OVERSPEED = AlarmKey("P00"), AlarmKey("P26"), AlarmKey("P04", "lift 1")
SHELVE_HOT = ShelveAlarm(HOT, 30, "fan is ordered")


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        assert tower.codes() == set()
        assert hindrances(tower.tower) == ()
        yield tower


async def test_a_lost_link_is_raised_once_and_returns_once(at: Watched) -> None:
    at.plc.link = PlcLink(LinkState.DOWN, "no answer")
    await at.last(1.5)
    assert at.state("C01") == "normal"
    await at.last(10.0)
    assert at.state("C01") == "unacknowledged"
    at.plc.link = PlcLink(LinkState.UP)
    await at.last(5.0)
    assert at.state("C01") == "returned"
    assert await at.told("C01") == ["raised*", "returned*"]
    assert isinstance(await at.ask(AcknowledgeAlarm(AlarmKey("C01"))), Done)
    assert at.state("C01") == "normal"
    [episode] = await at.tower.book.journal.alarm_history(9)
    assert (episode.acknowledged_by, episode.activations) == ("technician on duty", 1)
    assert episode.active_s == pytest.approx(12.5, abs=1.5)


async def test_what_the_plc_reports_stays_while_nothing_is_known(at: Watched) -> None:
    at.plc_says(plc_alarm(26))
    await at.look(1.0)
    at.plc.link = PlcLink(LinkState.DOWN)
    at.plc_says()
    await at.last(60.0)
    assert at.state("P26") == "unacknowledged"
    at.plc.link = PlcLink(LinkState.UP)
    await at.last(1.5)
    assert at.state("P26") == "returned"


async def test_a_chattering_sensor_is_one_alarm_until_it_is_quiet(at: Watched) -> None:
    for turn in range(12):
        at.plc_says(*([plc_alarm(22, "slot 9")] if turn % 2 == 0 else []))
        await at.look(1.0)
    alarm = at.alarm("P22", "slot 9")
    assert alarm is not None
    assert (alarm.chattering, alarm.active) == (True, True)
    await at.last(LIMITS.chatter_quiet_s - 2.0)
    assert at.state("P22", "slot 9") == "unacknowledged"
    await at.last(3.0)
    assert at.state("P22", "slot 9") == "returned"
    told = await at.told("P22")
    assert told.count("chattered*") == 1
    assert len(told) < 2 * LIMITS.chatter_activations_max + 4


async def test_a_flood_is_one_alarm_and_the_rest_grouped(at: Watched) -> None:
    many = [plc_alarm(22, f"slot {n}") for n in range(1, 31)]
    at.plc_says(*many, plc_alarm(0))
    await at.look(1.0)
    await at.look(0.2)
    assert at.state("C90") == "unacknowledged"
    grouped = [alarm for alarm in at.tower.alarms if alarm.grouped]
    assert len(grouped) == 31 - LIMITS.flood_alarms_max
    assert at.alarm("P00") not in grouped
    owed = [told for told in await at.told("P22") if told == "raised*"]
    assert len(owed) == 30 - len(grouped)
    await at.last(LIMITS.flood_window_s + 1.0)
    assert at.state("C90") == "returned"


async def test_shelving_hides_and_ends_by_itself(at: Watched) -> None:
    at.plc_says(plc_alarm(26))
    await at.look(1.0)
    assert isinstance(await at.ask(SHELVE_HOT), Done)
    assert at.state("P26") == "shelved"
    await at.look(29 * 60.0)
    assert at.state("P26") == "shelved"
    await at.look(61.0)
    assert at.state("P26") == "unacknowledged"
    assert await at.told("P26") == ["raised*", "shelved*", "shelving_ended*", "raised*"]
    [episode] = await at.tower.book.journal.alarm_history(9)
    assert episode.activations == 2


async def test_shelving_before_anything_happened(at: Watched) -> None:
    assert isinstance(await at.ask(SHELVE_HOT), Done)
    at.plc_says(plc_alarm(26))
    await at.look(1.0)
    assert at.state("P26") == "shelved"
    at.plc_says()
    await at.last(1.5)
    assert isinstance(await at.ask(UnshelveAlarm(HOT)), Done)
    assert at.state("P26") == "normal"
    [episode] = await at.tower.book.journal.alarm_history(9)
    assert not episode.open


async def test_out_of_service_lasts_until_somebody_ends_it(at: Watched) -> None:
    assert isinstance(await at.ask(TakeAlarmOutOfService(HOT, "no sensor yet")), Done)
    at.plc_says(plc_alarm(26))
    await at.look(100_000.0)
    assert at.state("P26") == "out_of_service"
    assert isinstance(await at.ask(ReturnAlarmToService(HOT)), Done)
    assert at.state("P26") == "unacknowledged"


async def test_a_fatal_alarm_holds_every_movement(at: Watched) -> None:
    at.plc_says(plc_alarm(0))
    await at.look(0.2)
    assert any("alarm P00 at tower" in why for why in hindrances(at.tower))
    assert isinstance(await at.ask(AcknowledgeAlarm(ESTOP)), Done)
    assert hindrances(at.tower)
    for request in (ShelveAlarm(ESTOP, 5, "loud"), TakeAlarmOutOfService(ESTOP, "loud")):
        said = await at.ask(request)
        assert isinstance(said, NotDone)
        assert "is fatal" in said.reason
    at.plc_says()
    await at.last(1.5)
    assert (at.state("P00"), hindrances(at.tower)) == ("normal", ())


async def test_a_latched_fatal_alarm_holds_until_a_person_has_seen_that_it_is_gone(
    at: Watched,
) -> None:
    at.plc_says(plc_alarm(4, "lift 1"))
    await at.look(0.2)
    await at.ask(AcknowledgeAlarm(OVERSPEED))
    at.plc_says()
    await at.last(1.5)
    assert at.state("P04", "lift 1") == "latched"
    assert hindrances(at.tower)
    assert isinstance(await at.ask(AcknowledgeAlarm(OVERSPEED, "brake inspected")), Done)
    assert hindrances(at.tower) == ()


async def test_what_is_only_worth_knowing_acknowledges_itself(at: Watched) -> None:
    at.plc_says(plc_alarm(30))
    await at.look(0.2)
    assert at.state("P30") == "acknowledged"
    at.plc_says()
    await at.last(1.5)
    assert at.state("P30") == "normal"
    assert await at.told("P30") == ["raised", "acknowledged", "returned"]


async def test_a_plc_that_has_started_is_noted_though_it_never_lasts(at: Watched) -> None:
    at.plc.shown = replace(at.plc.shown, boot_id=8)
    at.plc_says(plc_alarm(14, active=False, seq=1))
    await at.last(2.0)
    assert await at.told("P14") == ["raised", "acknowledged", "returned"]
    await at.last(5.0)
    assert len(await at.told("P14")) == 3


async def test_what_was_seen_to_hold_is_not_noted_again_when_it_goes(at: Watched) -> None:
    at.plc_says(plc_alarm(26, seq=1))
    await at.last(1.0)
    at.plc_says(plc_alarm(26, active=False, seq=1), plc_alarm(26, active=False, seq=2))
    await at.last(2.0)
    assert await at.told("P26") == ["raised*", "returned*"]


async def test_states_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with watched(path) as before:
        before.plc_says(plc_alarm(0), plc_alarm(26))
        await before.look(0.2)
        await before.ask(AcknowledgeAlarm(ESTOP))
        await before.ask(SHELVE_HOT)
        clock = before.clock
    clock.now_s += 60.0
    async with watched(path, clock) as after:
        after.plc.link = PlcLink(LinkState.CONNECTING)
        await after.look(0.2)
        assert (after.state("P00"), after.state("P26")) == ("acknowledged", "shelved")
        assert any("alarm P00" in why for why in hindrances(after.tower))
        after.plc.link = PlcLink(LinkState.UP)
        await after.last(2.0)
        assert after.state("P00") == "normal"
        [estop] = [e for e in await after.tower.book.journal.alarm_history(9) if e.code == "P00"]
        assert estop.active_s == pytest.approx(62.0, abs=1.5)


async def test_what_the_journal_cannot_take_is_shown_and_written_later(
    at: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = at.tower.book.journal
    commit = journal.commit

    async def full(change: Change) -> None:
        raise JournalFault("journal: the disk is full")

    monkeypatch.setattr(journal, "commit", full)
    at.plc_says(plc_alarm(26))
    at.tower.alarm_facts.happened.append((AlarmKey("C23", "kiosk 1"), "opened"))
    await at.last(1.5)
    assert at.codes() == {"P26", "C30", "C23"}
    assert any("alarm C30" in why for why in hindrances(at.tower))
    # Not with every look: the log may stand on the same disk.
    raised = [line for line in caplog.messages if "raised" in line]
    assert sorted(line.split()[1] for line in raised) == ["C23", "C30", "P26"]
    monkeypatch.setattr(journal, "commit", commit)
    await at.last(3.0)
    assert (at.state("C30"), at.state("P26")) == ("returned", "unacknowledged")
    assert await at.told("C30") == ["raised*", "returned*"]
    assert at.state("C23", "kiosk 1") == "latched"
    assert hindrances(at.tower) == ()


async def test_a_journal_that_can_be_written_again_is_found_out_although_nobody_writes(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk takes a small change now and then: C30 stands in the journal, and it is full."""
    disk, book = Disk(at, monkeypatch), at.tower.book
    disk.fails = True
    with pytest.raises(JournalFault):
        await book.record(lambda: Change(cursor="one"))
    disk.fails = False
    await at.look(0.2)
    assert (at.state("C30"), book.fault) == ("unacknowledged", "")
    disk.fails = True
    with pytest.raises(JournalFault):
        await book.record(lambda: Change(cursor="two"))
    await at.last(5.0)
    assert any("alarm C30" in why for why in hindrances(at.tower))
    disk.fails = False
    await at.last(5.0)
    assert book.fault == ""
    assert hindrances(at.tower) == ()
    assert await at.told("C30") == ["raised*", "returned*"]


async def test_what_came_and_went_while_nothing_could_be_written_is_told(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emergency stop, an overspeed: nobody may have looked at a screen in these minutes."""
    disk = Disk(at, monkeypatch)
    disk.fails = True
    at.plc_says(plc_alarm(0), plc_alarm(4, "lift 1"))
    await at.last(2.0)
    at.plc_says()
    await at.last(30.0)
    assert {at.state("P00"), at.state("P04", "lift 1")} <= {"returned", "latched"}
    disk.fails = False
    await at.last(3.0)
    for code in ("P00", "P04"):
        told = await at.told(code)
        assert told[0] == "raised*"
        assert len(told) == 2
    [estop] = [e for e in await at.tower.book.journal.alarm_history(9) if e.code == "P00"]
    assert estop.active_s == pytest.approx(2.0, abs=1.5)
    assert estop.raised_utc is not None
    assert at.clock.utc() - estop.raised_utc > timedelta(seconds=30.0)


async def test_a_disk_that_does_not_answer_is_an_alarm_and_hides_none(
    at: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that tries a bad sector again and again, for minutes: nobody can write or give up."""
    monkeypatch.setattr(book_module, "STALLED_S", 0.02)
    monkeypatch.setattr(alarm_watch, "WRITTEN_WITHIN_S", 0.01)
    disk, book = Disk(at, monkeypatch), at.tower.book
    disk.answers.clear()
    writing = asyncio.ensure_future(book.record(lambda: Change(cursor="one")))
    async with asyncio.timeout(5.0):
        await at.tower.until(lambda: book.fault or None)
    async with asyncio.timeout(5.0):
        await at.look(0.2)
        at.plc_says(plc_alarm(0))
        await at.last(1.5)
    assert at.codes() == {"C30", "P00"}
    assert any("has not taken a change in" in why for why in hindrances(at.tower))
    disk.answers.set()
    await writing
    await at.last(3.0)
    assert (at.state("C30"), at.state("P00")) == ("returned", "unacknowledged")
    raised = sorted(line.split()[1] for line in caplog.messages if "raised" in line)
    assert raised == ["C30", "P00"]
    assert await at.told("P00") == ["raised*"]


async def test_a_dead_letter_stands_until_somebody_has_read_of_it(at: Watched) -> None:
    at.plc_says(plc_alarm(26))
    await at.look(0.2)
    owed: tuple[OutboxEvent, ...] = await at.tower.book.journal.owed_events(1)
    await at.tower.book.journal.settle_events((), {owed[0].event_id: "not wanted"})
    await at.tower.book.refresh_outbox()
    await at.last(2.0)
    assert at.state("C12") == "latched"
    await at.ask(AcknowledgeAlarm(AlarmKey("C12")))
    await at.last(2.0)
    assert at.state("C12") == "normal"


@pytest.mark.parametrize(
    ("request_", "by", "why"),
    [
        (AcknowledgeAlarm(HOT), "technician on duty", "P26 at tower is normal now"),
        (AcknowledgeAlarm(HOT), "  ", "named person"),
        (UnshelveAlarm(HOT), "technician on duty", "is normal now"),
        (ReturnAlarmToService(HOT), "technician on duty", "is normal now"),
        (ShelveAlarm(HOT, 30, " "), "technician on duty", "a reason is wanted"),
        (
            ShelveAlarm(HOT, 1441, "x"),
            "technician on duty",
            "found 1441 minutes, expected 1 to 1440",
        ),
        (
            ShelveAlarm(AlarmKey("P20", "bya 1"), 5, "x"),
            "technician on duty",
            "no place of this tower",
        ),
        (ShelveAlarm(AlarmKey("C99"), 5, "x"), "technician on duty", "no such code"),
    ],
)
async def test_what_is_not_done(at: Watched, request_: AcknowledgeAlarm, by: str, why: str) -> None:
    said = await at.ask(request_, by)
    assert isinstance(said, NotDone)
    assert why in said.reason
    assert at.codes() == set()
    assert not list(await at.history())
