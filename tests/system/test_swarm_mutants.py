"""A few planted bugs are found; `python -m benchmarks.swarm.mutants` hunts them all."""

import pytest

from benchmarks.swarm.mutants import MUTANTS, control, hunt


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["job_before_journal", "door_for_anybody", "restart_forgets_jobs"])
def test_a_planted_bug_is_found(name: str) -> None:
    hunted = hunt(name)
    assert hunted.expected, f"{MUTANTS[name].found_by}: found {hunted.found}\n{hunted.detail}"


@pytest.mark.timeout(300)
def test_nothing_is_found_where_the_rule_is_whole() -> None:
    """A judge that cries out at everything would find every planted bug, too."""
    hunted = control("restart_forgets_jobs")
    assert not hunted.found, hunted.detail
