"""The commands for jobs, against the real application over its Unix socket."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture
from tests.unit.web.tower_sample import UTC_NOW, job, picture
from vendtower.domain.job import Job, JobState, Moment, StopOrder


def at(seconds: float) -> Moment:
    return Moment(UTC_NOW + timedelta(seconds=seconds), 50.0 + seconds)


def aborted() -> Job:
    return replace(
        job(42, JobState.ABORTED),
        reason="abort_requested",
        asked=at(0),
        accepted=at(0.25),
        started=at(0.75),
        ended=at(12.75),
        stop=StopOrder(43, 43, "technician on duty"),
    )


def test_times_and_interruption_are_listed(tower: Tower) -> None:
    tower.show(replace(picture(), jobs=(aborted(),)))
    [listed] = json.loads(tower.call("jobs", "--json").stdout)["jobs"]
    assert (listed["answer_s"], listed["start_s"], listed["work_s"], listed["whole_s"]) == (
        0.25,
        0.5,
        12.0,
        12.75,
    )
    assert listed["interrupted"] is True
    assert listed["stop_by"] == "technician on duty"
    assert listed["started_utc"] == (UTC_NOW + timedelta(seconds=0.75)).isoformat()
    flat = " ".join(tower.call("jobs").output.split())
    assert "interrupt" in flat
    assert "12.0" in flat


def test_a_job_over_a_restart_is_timed_by_wall_time(tower: Tower) -> None:
    ended = Moment(UTC_NOW + timedelta(seconds=40), 3.0)
    over = replace(aborted(), ended=ended, runs=2)
    tower.show(replace(picture(), jobs=(over,)))
    [listed] = json.loads(tower.call("jobs", "--json").stdout)["jobs"]
    assert (listed["work_s"], listed["runs"]) == (39.25, 2)


def test_one_job_with_its_limits(tower: Tower) -> None:
    tower.show(replace(picture(), jobs=(aborted(),)))
    said = json.loads(tower.call("jobs", "show", "42", "--json").stdout)
    # answer: 5 s validity + 1 s exchange + 10 s margin; start: two ages of 1 s + margin.
    assert said["limits"] == {"answer_s": 16.0, "start_s": 12.0, "end_s": 90.0}
    assert "late after s" in tower.call("jobs", "show", "42").output
    assert tower.call("jobs", "show", "77").exit_code == 1


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["stop", "41"], "stop job"),
        (["cancel", "41", "--finish-move"], "finish job"),
    ],
)
def test_ordering(tower: Tower, words: list[str], asked: str) -> None:
    assert tower.call("jobs", *words, typed="n\n").exit_code == 1
    assert tower.controls.asked == []
    told = tower.call("jobs", *words, "--by", "technician on duty", typed="y\n")
    assert told.exit_code == 0, told.output
    assert tower.call("jobs", *words, "--by", "Wang", "--yes", "--json").exit_code == 0
    assert tower.controls.asked == [(asked, 41, "technician on duty"), (asked, 41, "Wang")]


def test_refused(tower: Tower) -> None:
    tower.controls.refusal = "job 41 has ended already"
    result = tower.call("jobs", "stop", "41", "--yes")
    assert (result.exit_code, "ended already" in result.stderr) == (1, True)


@pytest.mark.parametrize("words", [["cancel", "41"], ["stop"], ["stop", "0"], ["stop", "x"]])
def test_wrong_usage(tower: Tower, words: list[str]) -> None:
    assert tower.call("jobs", *words).exit_code == 2
    assert tower.controls.asked == []
