"""Every named incident ends as it must: real daemon process, simulated world."""

from pathlib import Path

import pytest

from hardware_sim.scenarios.catalogue import FAMILIES, SCENARIOS
from hardware_sim.scenarios.playing import play
from hardware_sim.scenarios.scenario import Scenario


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", list(SCENARIOS))
async def test_it_ends_as_it_must(name: str, tmp_path: Path) -> None:
    outcome = await play(SCENARIOS[name], tmp_path)
    assert outcome.as_expected, f"{outcome.why}\n{outcome.story}"


@pytest.mark.slow
async def test_another_ending_is_noticed(tmp_path: Path) -> None:
    """A scenario whose steps expect what does not happen fails, and says what was found."""

    async def never(stage: object) -> None:
        raise AssertionError("a car that flies was expected")

    outcome = await play(Scenario("never", "", "", "", never), tmp_path)
    assert not outcome.as_expected
    assert outcome.why == "a car that flies was expected"
    assert "link up" in outcome.story, "the daemon's log is not shown"


def test_names_are_given_once() -> None:
    names = [scenario.name for family in FAMILIES for scenario in family.scenarios]
    assert len(names) == len(set(names)) == len(SCENARIOS)
    assert len(names) >= 32
