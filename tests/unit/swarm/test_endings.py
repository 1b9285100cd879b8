"""Who may go away unserved: something explains it, and the cloud has heard that it was not they."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.swarm import endings
from benchmarks.swarm.endings import Verdict, why_sent_away
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.hard_times import HardTimes
from benchmarks.swarm.identity import Errors
from benchmarks.swarm.record import ToldEvent, WrittenCase
from benchmarks.swarm.record_of_visit import (
    NOT_HEARD_OF,
    OTHERS_MATTER,
    PATIENCE_OVER,
    QUEUED_TOO_LONG,
    TURN_TOO_LATE,
    Record,
)
from benchmarks.swarm.story import Story
from benchmarks.swarm.traffic import Manner
from benchmarks.swarm.world import World
from hardware_sim.cloud.compensation import FAILED
from vendtower.domain.visit_failure import FailureCause

MIXED = ["bay_not_free", "out_of_service", TURN_TOO_LATE, TURN_TOO_LATE]
"""Seed 746730540."""


class _World(SimpleNamespace):
    """As much of one as the judge looks at."""

    def __init__(self, *told: FailureCause, errors: Errors | None = None) -> None:
        self.told = [
            ToldEvent(
                at, FAILED, "", {"reservation_id": "R-1", "cause": cause.value, "final": True}
            )
            for at, cause in enumerate(told)
        ]
        self.hard_times = HardTimes()
        self.story = Story(lambda: 0.0)
        super().__init__(
            machine=SimpleNamespace(errors=errors or Errors(0.0, 0.0)),
            inside=None,
        )


def at(at_s: float) -> datetime:
    return datetime(2026, 5, 4, tzinfo=UTC) + timedelta(seconds=at_s)


def visit(*reasons: str, manner: str = "PUNCTUAL") -> Record:
    who = "customer 1" if manner in Manner.__members__ else "driver 1"
    record = Record(who, "VIN 1", "R-1", manner, "went away", list(reasons), bays={1})
    record.began_s, record.tried_s, record.ended_s = 1000.0, 5000.0, 6000.0
    return record


def why(world: _World, record: Record) -> str:
    return why_sent_away(cast("World", world), record)


def problems(world: _World, record: Record, *cases: int) -> Counter[str]:
    verdict = Verdict(record, frozenset({"drove off"}), cases)
    endings.look_at_turned_away(cast("World", world), [verdict], world.told)
    return world.story.counts


def test_a_quiet_tower_sends_nobody_away() -> None:
    world = _World()
    world.hard_times.fault(FaultKind.AUDIT, 1000.0, 6000.0)
    world.hard_times.seen("somebody else is there", 1500.0, bay=2, whose="customer 2")
    assert [why(world, visit(each)) for each in (*MIXED, OTHERS_MATTER, PATIENCE_OVER)] == [""] * 6


def test_a_mixture_of_reasons_is_explained_by_what_was_the_matter() -> None:
    world = _World()
    world.hard_times.fault(FaultKind.PLC_LINE_CUT, 1500.0, 1520.0)
    assert why(world, visit(*MIXED)) == FaultKind.PLC_LINE_CUT.value


def test_whoever_was_told_nothing_is_not_explained_away() -> None:
    world = _World()
    world.hard_times.fault(FaultKind.PLC_LINE_CUT, 1500.0, 1520.0)
    assert why(world, visit()) == ""


def test_others_cost_the_time_and_put_nothing_out_of_service() -> None:
    world = _World()
    world.hard_times.seen("somebody else is there", 1500.0, bay=1, whose="customer 2")
    assert why(world, visit("bay_not_free", TURN_TOO_LATE)) == "somebody else is there"
    assert why(world, visit("out_of_service", TURN_TOO_LATE)) == ""


def test_a_driver_is_judged_by_the_last_try() -> None:
    world = _World()
    world.hard_times.fault(FaultKind.ESTOP, 1500.0, 1520.0)
    assert why(world, visit("out_of_service")) != ""
    assert why(world, visit("out_of_service", manner="CAREFUL")) == ""
    world.hard_times.fault(FaultKind.ESTOP, 5100.0, 5110.0)
    assert why(world, visit("out_of_service", manner="CAREFUL")) != ""


@pytest.mark.parametrize("word", ["unknown_code", "code_used"])
def test_that_the_tower_knows_a_car_that_is_out_is_not_explained_away(word: str) -> None:
    world = _World()
    world.hard_times.fault(FaultKind.ESTOP, 5100.0, 5110.0)
    driver = visit("out_of_service", word, manner="CAREFUL")
    assert why(world, driver) == ""
    world.story.count(f"fault: {FaultKind.CLOCK_STEP.value}")
    assert why(world, driver) != ""


@pytest.mark.parametrize("word", ["unknown_code", "too_early"])
def test_a_right_code_in_time_is_refused_by_a_wrong_clock_alone(word: str) -> None:
    world = _World()
    world.hard_times.fault(FaultKind.ESTOP, 1500.0, 5500.0)
    assert why(world, visit(word)) == ""
    assert why(world, visit(word, NOT_HEARD_OF)) == NOT_HEARD_OF
    world.story.count(f"fault: {FaultKind.CLOCK_STEP.value}")
    assert why(world, visit(word)) == FaultKind.CLOCK_STEP.value


def test_who_comes_before_the_window_is_told_so_and_has_to_be_served_later() -> None:
    world = _World()
    assert why(world, visit("too_early", manner="EARLY")) == ""
    assert why(world, visit("too_early", TURN_TOO_LATE, manner="EARLY")) == ""
    world.hard_times.seen("somebody else is there", 1500.0, bay=1, whose="customer 2")
    assert why(world, visit("too_early", TURN_TOO_LATE, manner="EARLY")) != ""
    assert why(world, visit("too_early", manner="EARLY")) == ""


@pytest.mark.parametrize(
    "other", ["different_person", NOT_HEARD_OF, TURN_TOO_LATE, "no_room", "too_high"]
)
def test_nothing_else_explains_that_the_tower_is_out_of_service(other: str) -> None:
    world = _World(errors=Errors())
    world.hard_times.seen("somebody else is there", 5500.0, bay=1, whose="customer 2")
    world.story.count("broken: sensor-stuck")
    manner = "ANNOUNCED" if other == "no_room" else "PUNCTUAL"
    assert why(world, visit(other, manner=manner)) != ""
    assert why(world, visit(other, "out_of_service", manner=manner)) == ""


BY_NEIGHBOURS = ["bay_not_free", OTHERS_MATTER, TURN_TOO_LATE, QUEUED_TOO_LONG, PATIENCE_OVER]


@pytest.mark.parametrize("manner", ["CAREFUL", "ANNOUNCED", "PUNCTUAL"])
def test_others_at_the_bay_explain_what_they_can_cause_and_no_more(manner: str) -> None:
    world = _World()
    world.hard_times.seen("somebody else is there", 5500.0, bay=1, whose="customer 2")
    for word in BY_NEIGHBOURS:
        assert why(world, visit(word, manner=manner)) == "somebody else is there"
    for word in ("codes_paused", "car_not_reachable", "too_high", "code_used", "ask_staff"):
        assert why(world, visit(word, manner=manner)) == ""
        assert why(world, visit("bay_not_free", word, manner=manner)) == ""


def test_a_car_that_fits_is_refused_for_a_sensor_that_lies_alone() -> None:
    world = _World()
    world.hard_times.fault(FaultKind.ESTOP, 5100.0, 5110.0)
    driver = visit("other_car, too_high", "bay_not_free", manner="CAREFUL")
    assert why(world, driver) == ""
    world.story.count("broken: wrong-weight")
    assert why(world, driver) == f"{FaultKind.ESTOP.value}, broken: wrong-weight"


def test_who_parks_badly_may_be_told_so_once() -> None:
    world = _World()
    world.hard_times.seen("somebody else is there", 5500.0, bay=1, whose="customer 2")
    twice = ["part_open", "part_open,overhang"]
    assert why(world, visit(twice[0], manner="BOOT_OPEN")) == ""
    assert why(world, visit(twice[0], "bay_not_free", manner="BOOT_OPEN")) != ""
    assert why(world, visit(*twice, "bay_not_free", manner="BOOT_OPEN")) == ""


@pytest.mark.parametrize(
    ("record", "errors"),
    [
        (visit(NOT_HEARD_OF, "codes_paused"), None),
        (visit("no_room", manner="ANNOUNCED"), None),
        (visit("different_person"), Errors(0.0, 0.06)),
    ],
)
def test_what_explains_itself(record: Record, errors: Errors | None) -> None:
    assert why(_World(errors=errors), record) != ""


@pytest.mark.parametrize("manner", ["PUNCTUAL", "TYPES", "STRANGER_FIRST", "WALKS_OFF"])
@pytest.mark.parametrize("told", [[], [FailureCause.NOT_COLLECTED], [FailureCause.KEY_NOT_TAKEN]])
def test_whom_the_tower_sent_away_is_told_as_no_fault_of_theirs(
    manner: str, told: list[FailureCause]
) -> None:
    record = visit(*MIXED, manner=manner)
    rule = "violated: a customer is sent away and the cloud is not told"
    assert problems(_World(*told), record)[rule] == 1
    assert not problems(_World(*told), record, 7), "somebody was asked"
    assert not problems(_World(*told, FailureCause.NOT_SERVED), record)


@pytest.mark.parametrize(
    "record",
    [
        visit(TURN_TOO_LATE),
        visit(NOT_HEARD_OF, OTHERS_MATTER),
        visit("too_early", TURN_TOO_LATE, manner="EARLY"),
        visit("out_of_service", manner="LATE"),
        visit("out_of_service", manner="CAREFUL"),
    ],
)
def test_of_whom_the_tower_cannot_know_it_need_not_tell(record: Record) -> None:
    assert not problems(_World(FailureCause.NOT_COLLECTED), record)


@pytest.mark.parametrize(
    ("ending", "late_s", "about"),
    [("went away", 600.0, True), ("went away", 1800.0, False), ("walked off", 1800.0, True)],
)
def test_a_tower_that_was_away_asks_late_about_whom_it_waited_for(
    ending: str, late_s: float, about: bool
) -> None:
    """Seed 58882581: 17 min after somebody had gone home with the key, 5 of them without power."""
    world = _World()
    world.calendar = SimpleNamespace(utc_at=at)
    record = visit()
    record.ending = ending
    case = WrittenCase(7, "hand_over", record.vin, "V-1", "R-1", at(record.ended_s + late_s))
    assert endings.is_about(cast("World", world), case, record) is about


def test_a_case_about_another_car_or_an_earlier_visit_is_not_about_this_one() -> None:
    world = _World()
    world.calendar = SimpleNamespace(utc_at=at)
    record = visit()
    early = WrittenCase(7, "hand_over", record.vin, "V-1", "R-1", at(record.began_s - 1.0))
    other = WrittenCase(8, "hand_over", "VIN 2", "V-1", "R-1", at(record.ended_s))
    assert not any(endings.is_about(cast("World", world), each, record) for each in (early, other))
