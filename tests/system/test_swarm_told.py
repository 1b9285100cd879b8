"""What the cloud rejects for good is judged all the same: the tower has told it."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import AIMED, WITH_BOARDS, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.run import run_seed

pytestmark = pytest.mark.slow


def test_a_key_whose_return_the_cloud_rejects_is_at_home(tmp_path: Path) -> None:
    """Seed 393820965: the cloud had last heard that the key is with the customer."""
    deaf = fault(FaultKind.CLOUD_REJECTS, 60.0, upon="car entered")
    options = replace(WITH_BOARDS, settling_s_max=3600.0)
    result = run_seed(options, tmp_path, plan(trip(), deaf))
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    assert result.counts["event: key.taken"] == 1
    assert result.counts["event: key.returned"] == 0


@pytest.mark.parametrize("bug", ["departure_not_owed", "return_not_owed", "nobody_can_say_to_whom"])
def test_a_cloud_that_rejects_something_hides_nothing_else(bug: str, tmp_path: Path) -> None:
    """A run in which anything was rejected was once excused from telling anything."""
    deaf = fault(FaultKind.CLOUD_REJECTS, 10.0, upon="walks up")
    with MUTANTS[bug].broken():
        result = run_seed(AIMED, tmp_path, plan(trip(), deaf))
    assert any(rule in each for each in result.problems for rule in MUTANTS[bug].found_by)


def test_a_cloud_that_takes_nothing_for_a_while_is_told_everything(tmp_path: Path) -> None:
    """Neither a departure nor a return is missing, and none counts as missing."""
    deaf = fault(FaultKind.CLOUD_REJECTS, 3600.0, at_s=60.0)
    result = run_seed(AIMED, tmp_path, plan(trip(), deaf))
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    assert result.counts["event: visit.car_departed"] == 0


def test_the_end_comes_when_the_tower_has_heard_of_every_booking(tmp_path: Path) -> None:
    """Seed 774971576: the cloud's first good answer in hours took the events; then it was over."""
    cut = fault(FaultKind.CLOUD_LINE_CUT, 3600.0, at_s=60.0)
    crash = fault(FaultKind.CRASH, 3.0, at_s=3000.0)
    errors = [fault(FaultKind.CLOUD_ERRORS, at_s=70.0 + n, name="redirect") for n in range(4)]
    told = plan(trip(arrives_s=180.0), cut, crash, *errors)
    result = run_seed(AIMED, tmp_path, told)
    assert result.problems == [], "\n".join([*result.problems, *result.last_minutes[-80:]])
    assert result.counts["event: reservation.refused"] == 1
