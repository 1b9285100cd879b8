"""What is reached is counted beside the controller, added up, and what is missing is named."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.swarm import coverage
from benchmarks.swarm import universe as all_of
from benchmarks.swarm.coverage import LISTED_MAX, merged, never_reached, told
from benchmarks.swarm.reach import (
    MODES_ASKED,
    QUESTIONS,
    RECOVERY,
    reached,
    states_of,
    transitions_of,
)
from benchmarks.swarm.universe import universe
from vendtower.daemon.state_machines_document import TABLES
from vendtower.domain import modes
from vendtower.domain.alarm import ALARM_TABLE, AlarmRaised, AlarmState
from vendtower.domain.errors import IllegalEvent
from vendtower.domain.job import Fate
from vendtower.domain.modes import OperatingMode, Request
from vendtower.domain.pickup import PICKUP_TABLE
from vendtower.domain.recovery import JournalSays, SensorsSay
from vendtower.flows import jobs
from vendtower.flows import modes as modes_asked


def _of_flows(module: ModuleType, name: str) -> Callable[..., object]:
    """What a flow calls under this name at this moment."""
    function: Callable[..., object] = vars(module)[name]
    return function


def test_a_transition_is_counted_and_one_that_is_refused_is_not() -> None:
    with reached() as counts:
        ALARM_TABLE.after(AlarmState.NORMAL, AlarmRaised)
        with pytest.raises(IllegalEvent):
            PICKUP_TABLE.after(PICKUP_TABLE.initial, AlarmRaised)
    assert counts[transitions_of("alarm")] == {"NORMAL --AlarmRaised--> UNACKNOWLEDGED": 1}
    assert counts[states_of("alarm")] == {"NORMAL": 1, "UNACKNOWLEDGED": 1}
    assert transitions_of("pickup") not in counts


def test_what_the_flows_have_imported_by_name_is_counted_too() -> None:
    with reached() as counts:
        _of_flows(jobs, "judge")(JournalSays.ACTIVE, Fate.LATE, SensorsSay.NO_CAR)
        _of_flows(modes_asked, "refusal_of")(OperatingMode.MANUAL, Request.CHECK_IN)
    assert counts[RECOVERY] == {"active / late / no_car": 1}
    assert sum(counts[QUESTIONS].values()) == 1
    assert counts[MODES_ASKED] == {"check-in in manual: no": 1}


def test_afterwards_everything_is_as_before() -> None:
    before = (_of_flows(jobs, "judge"), modes.refusal, type(ALARM_TABLE).after)
    with reached() as counts:
        assert _of_flows(jobs, "judge") is not before[0]
    assert (_of_flows(jobs, "judge"), modes.refusal, type(ALARM_TABLE).after) == before
    ALARM_TABLE.after(AlarmState.NORMAL, AlarmRaised)
    assert not counts


def test_counts_of_several_runs_are_added() -> None:
    first = {"modes": {"automatic": 3}, "case kinds": {"key": 1}}
    second = {"modes": {"automatic": 2, "manual": 1}}
    assert merged([first, second]) == {
        "modes": Counter(automatic=5, manual=1),
        "case kinds": Counter(key=1),
    }
    assert merged([]) == {}


def test_what_was_never_reached_is_named_and_long_lists_are_cut() -> None:
    within = {"few": ("a", "b", "c"), "many": tuple(f"m{n}" for n in range(LISTED_MAX + 2))}
    counts = merged([{"few": {"b": 4, "stranger": 1}}])
    assert never_reached(counts, "few", within) == ["a", "c"]
    text = "\n".join(told(counts, within))
    assert "  few: a, c\n" in text
    assert "1 of   3    33%" in text
    assert "and 2 more" in text


def test_the_file_has_all_of_it(tmp_path: Path) -> None:
    counts = merged([{all_of.CASES: {"key": 2}}])
    coverage.write(tmp_path / "deep" / "coverage.json", counts)
    read = json.loads((tmp_path / "deep" / "coverage.json").read_text())
    assert read[all_of.CASES]["counts"] == {"key": 2}
    assert read[all_of.CASES]["reached"] == 1
    assert "movement" in read[all_of.CASES]["never"]
    assert set(read) == set(universe())


def test_every_way_to_count_belongs_to_a_group() -> None:
    """A name that is counted under another spelling would be missing for ever."""
    with reached() as counts:
        for table in TABLES:
            for source, event, _ in table.rows:
                table.after(source, event)
        for journal in JournalSays:
            for plc in Fate:
                for sensors in SensorsSay:
                    _of_flows(jobs, "judge")(journal, plc, sensors)
        for mode in OperatingMode:
            for request in Request:
                modes.refusal(mode, request)
    for group in counts:
        assert set(counts[group]) == set(universe()[group]), group
