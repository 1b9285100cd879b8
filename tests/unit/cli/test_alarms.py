"""The commands for alarms, against the real application over its Unix socket."""

import getpass
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture
from tests.unit.web.tower_sample import UTC_NOW, picture, standing_alarm
from vendtower.cli.main import cli
from vendtower.domain.alarm import Alarm, AlarmKey, AlarmLatched, AlarmShelved, Severity
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)

DOOR = AlarmKey("P20", "bay 1")
ME = getpass.getuser()


def with_alarms(tower: Tower, *alarms: Alarm) -> None:
    tower.show(replace(picture(), alarms=alarms))


def latched_overspeed() -> Alarm:
    return standing_alarm("P04", "lift 1", Severity.FATAL).apply(AlarmLatched(UTC_NOW, 3.0))


def test_listing_says_what_to_do(tower: Tower) -> None:
    shelved = standing_alarm("P26", "tower", Severity.WARNING).apply(
        AlarmShelved("Wang", "fan is ordered", datetime(2026, 5, 5, 8, tzinfo=UTC))
    )
    with_alarms(tower, shelved, standing_alarm())
    flat = " ".join(tower.call("alarms").output.split())
    assert flat.index("P20 bay 1: Bay door stuck") < flat.index("P26 tower: Cabinet hot")
    assert "critical, unacknowledged, condition holds" in flat
    assert "do: Look for what is in its way." in flat
    assert "hidden: by Wang: fan is ordered, until 2026-05-05 08:00:00 UTC" in flat
    assert tower.call("alarms", "list").output == tower.call("alarms").output


def test_no_alarms(tower: Tower) -> None:
    assert tower.call("alarms").output.strip() == "no alarms"
    assert json.loads(tower.call("alarms", "list", "--json").stdout) == {"schema": 1, "alarms": []}


def test_a_flood_is_one_line(tower: Tower) -> None:
    many = [
        replace(standing_alarm("C40", f"slot {n}", Severity.WARNING), grouped=True)
        for n in (3, 4, 5)
    ]
    with_alarms(tower, *many)
    assert "grouped in" not in tower.call("alarms").output
    with_alarms(tower, *many, standing_alarm("C90", "tower", Severity.WARNING))
    assert "grouped in a flood: C40 slot 3, C40 slot 4, C40 slot 5" in tower.call("alarms").output


def test_history(tower: Tower) -> None:
    output = tower.call("alarms", "history", "--limit", "7").output
    assert "P20" in output
    assert "holds" in output
    assert tower.controls.asked == [("alarm history", 7)]


def test_watch_shows_alarms(tower: Tower) -> None:
    with_alarms(tower, standing_alarm())
    output = tower.call("watch", "--pictures", "1").output
    assert "ALARM P20 bay 1: Bay door stuck, unacknowledged" in output


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["ack", "p20", "bay", "1", "--note", "seen"], AcknowledgeAlarm(DOOR, "seen")),
        (["ack", "P20", "bay 1"], AcknowledgeAlarm(DOOR)),
        (
            ["shelve", "P20", "bay 1", "--minutes", "30", "--reason", "painting"],
            ShelveAlarm(DOOR, 30, "painting"),
        ),
        (["unshelve", "P20", "bay 1"], UnshelveAlarm(DOOR)),
        (
            ["out-of-service", "P20", "bay 1", "--reason", "no door yet"],
            TakeAlarmOutOfService(DOOR, "no door yet"),
        ),
        (["return", "P20", "bay 1"], ReturnAlarmToService(DOOR)),
    ],
)
def test_doing(tower: Tower, words: list[str], request_: object) -> None:
    result = tower.call("alarms", *words)
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "done as asked"
    named = tower.call("alarms", *words, "--by", "technician on duty", "--json")
    assert json.loads(named.stdout)["done"] is True
    assert tower.controls.asked == [
        ("alarm", request_, ME),
        ("alarm", request_, "technician on duty"),
    ]


def test_the_source_may_be_left_out_while_it_is_clear(tower: Tower) -> None:
    with_alarms(tower, standing_alarm())
    assert tower.call("alarms", "ack", "P20").exit_code == 0
    assert tower.controls.asked == [("alarm", AcknowledgeAlarm(DOOR), ME)]
    with_alarms(tower, standing_alarm(), standing_alarm(source="bay 2"))
    result = tower.call("alarms", "ack", "P20")
    assert result.exit_code == 1
    assert "stands at bay 1, bay 2; say which" in result.stderr


def test_ending_a_latched_fatal_alarm_wants_its_code_typed(tower: Tower) -> None:
    with_alarms(tower, latched_overspeed())
    refused = tower.call("alarms", "ack", "P04", typed="yes\n")
    assert refused.exit_code == 1
    assert "lifts and doors may move at once" in refused.stderr
    assert tower.controls.asked == []
    assert tower.call("alarms", "ack", "P04", typed="p04\n").exit_code == 0
    assert tower.call("alarms", "ack", "P04", "--confirm", "P04").exit_code == 0
    assert tower.call("alarms", "ack", "P04", "--confirm", "P05").exit_code == 1
    assert len(tower.controls.asked) == 2


def test_the_towers_refusal_is_told(tower: Tower) -> None:
    tower.controls.refusal = "alarm P20 at bay 1 is normal now"
    result = tower.call("alarms", "ack", "P20", "bay 1")
    assert result.exit_code == 1
    assert "is normal now" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["ack", "X99"],
        ["ack"],
        ["shelve", "P20", "bay 1", "--minutes", "30"],
        ["shelve", "P20", "bay 1", "--reason", "x"],
        ["shelve", "P20", "bay 1", "--minutes", "0", "--reason", "x"],
        ["out-of-service", "P20", "bay 1"],
        ["history", "--limit", "0"],
    ],
)
def test_wrong_usage(tower: Tower, words: list[str]) -> None:
    assert tower.call("alarms", *words).exit_code == 2
    assert tower.controls.asked == []


def test_explaining_needs_no_daemon() -> None:
    result = CliRunner().invoke(cli, ["alarms", "explain", "p08"])
    assert result.exit_code == 0
    for text in ("P08 Fire (fatal, latched)", "customers read (fr)", "action: Leave."):
        assert text in " ".join(result.output.split())
    said = json.loads(CliRunner().invoke(cli, ["alarms", "explain", "P08", "--json"]).stdout)
    assert (said["code"], said["severity"], said["latched"]) == ("P08", "fatal", True)
    assert CliRunner().invoke(cli, ["alarms", "explain", "P999"]).exit_code == 2


def test_an_old_alarm_tells_how_long_it_held(tower: Tower) -> None:
    alarm = standing_alarm().apply(AlarmLatched(UTC_NOW + timedelta(minutes=1), 60.0))
    with_alarms(tower, alarm)
    assert "condition gone" in tower.call("alarms").output
