"""Every named incident ends as it must.

Each is played on the sealed loop, where the whole daemon runs as a process that can be killed, and
where faces and codes are told apart without pixels. Some are played with the real daemon as a
process of its own too, among them those that are about such processes; ``--real-wires`` plays all
of them so, as ``vendtower-sim scenario`` does.
"""

from pathlib import Path

import pytest

from hardware_sim.scenarios.catalogue import FAMILIES, SCENARIOS
from hardware_sim.scenarios.playing import play
from hardware_sim.scenarios.scenario import Scenario
from tests.bench.sealed_daemon import house

ITS_OWN_PROCESSES = (
    "disk-takes-no-more",
    "identity-process-killed",
    "camera-dark",
    "serial-line-noise",
)
"""About the machine's processes, cameras and serial lines: there is no sealed form of them."""
BOTH = (
    "stranger-with-the-right-code",
    "estop-at-hand-over",
    "person-comes-back-into-the-bay",
    "plc-link-cut",
    "daemon-killed-during-a-movement",
    "cloud-gone-at-the-start",
)
"""So that processes, sockets and a camera's pictures stay proved."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in ITS_OWN_PROCESSES])
async def test_it_ends_as_it_must(name: str, tmp_path: Path) -> None:
    outcome = await play(SCENARIOS[name], tmp_path, house())
    assert outcome.as_expected, f"{outcome.why}\n{outcome.story}"


@pytest.mark.slow
@pytest.mark.real_wires
@pytest.mark.parametrize("name", [*ITS_OWN_PROCESSES, *BOTH])
async def test_with_processes_of_its_own(name: str, tmp_path: Path) -> None:
    outcome = await play(SCENARIOS[name], tmp_path)
    assert outcome.as_expected, f"{outcome.why}\n{outcome.story}"


@pytest.mark.slow
@pytest.mark.real_wires
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
