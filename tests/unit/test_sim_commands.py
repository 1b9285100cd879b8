"""The simulator's commands that need no running world."""

import json

from click.testing import CliRunner

from hardware_sim.cli import main
from hardware_sim.faults.catalogue import FAULTS
from hardware_sim.scenarios.catalogue import SCENARIOS


def test_faults_are_listed_with_what_they_do_and_where() -> None:
    said = CliRunner().invoke(main, ["faults", "--json"])
    assert said.exit_code == 0
    listed = {each["name"]: each for each in json.loads(said.output)}
    assert set(listed) == set(FAULTS)
    assert listed["estop"]["at"] == ["tower", "bay", "lift"]
    assert "--at lift:N" in CliRunner().invoke(main, ["faults"]).output


def test_scenarios_are_listed_by_family() -> None:
    said = CliRunner().invoke(main, ["scenario", "--list"])
    assert said.exit_code == 0
    for name, scenario in SCENARIOS.items():
        assert f"  {name}\n      {scenario.story}\n" in said.output


def test_nothing_named_is_wrong_usage() -> None:
    for words in (["scenario"], ["scenario", "no-such-thing"], ["fault", "gremlins"]):
        assert CliRunner().invoke(main, words).exit_code == 2


def test_a_fault_without_a_running_world_is_said() -> None:
    said = CliRunner().invoke(main, ["fault", "estop", "--control-port", "1"])
    assert said.exit_code == 3
    assert "no simulated world answers on port 1" in said.output
