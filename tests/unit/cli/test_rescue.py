"""The guided rescue at the terminal: check by check, and nothing is confirmed by mistake."""

import json
from dataclasses import replace

import pytest

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture
from tests.unit.web.tower_sample import UTC_NOW
from vendtower.domain.places import Outside, Slot
from vendtower.domain.rescue import CHECKS, Confirmation, Rescue, RescueState
from vendtower.flows.rescue import StepWord

ME = "technician on duty"
BEGUN = Rescue(7, "VIN", 1, "drive is burnt", ME, UTC_NOW)
NAMED = ["--by", ME]


def show(tower: Tower, state: RescueState) -> None:
    tower.controls.known_rescues = (replace(BEGUN, state=state),)


def test_what_is_under_way(tower: Tower) -> None:
    assert tower.call("rescue").output.strip() == "no rescue is under way"
    said = Confirmation(RescueState.ISOLATE, ME, UTC_NOW, witness="operator on duty")
    tower.controls.known_rescues = (
        replace(BEGUN, state=RescueState.CLEAR, where=Slot(3), confirmations=(said,)),
    )
    flat = " ".join(tower.call("rescue").output.split())
    for words in ("Rescue 7 of car VIN at lift 1", "seen by operator on duty", "slot 3"):
        assert words in flat
    [listed] = json.loads(tower.call("rescue", "--json").stdout)["rescues"]
    assert (listed["next"], listed["where"]) == ("clear", "slot 3")
    assert listed["checks"] == list(CHECKS[RescueState.CLEAR])


def test_beginning(tower: Tower) -> None:
    words = ["rescue", "begin", "VIN", "--lift", "1", "--reason", "drive is burnt", *NAMED]
    assert tower.call(*words).exit_code == 0
    assert tower.controls.asked == [("begin rescue", "VIN", 1, "drive is burnt", ME)]
    assert tower.call("rescue", "begin", "VIN", "--lift", "1").exit_code == 2


def test_every_check_is_asked_and_one_no_ends_it(tower: Tower) -> None:
    show(tower, RescueState.ISOLATE)
    asked = len(CHECKS[RescueState.ISOLATE])
    refused = tower.call("rescue", "next", "7", *NAMED, typed="y\n" * (asked - 1) + "n\n")
    assert refused.exit_code == 1
    assert tower.controls.asked == []
    done = tower.call("rescue", "next", "7", *NAMED, typed="y\n" * asked)
    assert done.exit_code == 0, done.output
    assert tower.controls.asked == [("confirm rescue", 7, StepWord(RescueState.ISOLATE, ME))]


@pytest.mark.parametrize(
    ("given", "where"),
    [(["--slot", "3"], Slot(3)), (["--outside", "--witness", "operator on duty"], Outside())],
)
def test_where_it_was_brought(tower: Tower, given: list[str], where: Slot | Outside) -> None:
    show(tower, RescueState.BRING)
    assert tower.call("rescue", "next", "7", *given, *NAMED, "--yes").exit_code == 0
    [(_, _, word)] = tower.controls.asked
    assert isinstance(word, StepWord)
    assert (word.where, word.witness) == (where, "operator on duty" if len(given) > 2 else "")
    show(tower, RescueState.POWER)
    assert tower.call("rescue", "next", "7", "--again", *given, *NAMED, "--yes").exit_code == 0
    word = tower.controls.asked[-1][2]
    assert isinstance(word, StepWord)
    assert word.step is RescueState.BRING


def test_two_places_are_one_too_many(tower: Tower) -> None:
    show(tower, RescueState.BRING)
    result = tower.call("rescue", "next", "7", "--slot", "3", "--outside", *NAMED, "--yes")
    assert (result.exit_code, "several places" in result.stderr) == (1, True)
    assert tower.controls.asked == []


def test_cancelling_says_what_may_move(tower: Tower) -> None:
    words = ["rescue", "cancel", "7", "--reason", "it runs again", *NAMED]
    refused = tower.call(*words, typed="n\n")
    assert (refused.exit_code, "may move at once" in refused.stderr) == (1, True)
    assert tower.call(*words, "--yes").exit_code == 0
    assert tower.controls.asked == [("cancel rescue", 7, "it runs again", ME)]


def test_a_rescue_that_does_not_exist(tower: Tower) -> None:
    result = tower.call("rescue", "next", "9", "--yes")
    assert (result.exit_code, "does not exist" in result.stderr) == (1, True)
