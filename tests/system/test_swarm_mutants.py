"""A few planted bugs are found; `python -m benchmarks.swarm.mutants` hunts them all."""

import pytest

from benchmarks.swarm.mutant_hunt import Task, Way, carry_out
from benchmarks.swarm.mutant_list import MUTANTS


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name",
    [
        "job_before_journal",
        "door_for_anybody",
        "restart_forgets_jobs",
        "one_sensor_bay_clear",
        "door_left_open",
        "presented_too_soon",
        "restart_forgets_alarms",
        "audit_sees_nothing",
        "rescue_against_the_sensors",
        "door_waits_its_turn",
        "override_by_one",
        "plc_opens_unasked",
        "key_before_the_face",
        "restart_releases_again",
        "key_not_awaited",
        "key_not_asked_back",
        "given_up_at_once",
    ],
)
def test_a_planted_bug_is_found(name: str) -> None:
    hunt = carry_out(Task(Way.AIMED, name))
    assert hunt.good, f"{MUTANTS[name].found_by}: found {hunt.found}\n{hunt.detail}"


@pytest.mark.timeout(300)
def test_nothing_is_found_where_the_rule_is_whole() -> None:
    """A judge that cries out at everything would find every planted bug, too."""
    hunt = carry_out(Task(Way.WHOLE, "restart_forgets_jobs"))
    assert hunt.good, hunt.detail
