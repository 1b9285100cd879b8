"""The command for a list that was signed in the future, against the real application."""

import getpass
import json

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture
from tests.unit.web.tower_sample import UTC_NOW


def test_it_shows_the_clock_and_asks(tower: Tower) -> None:
    refused = tower.call("list-time", typed="n\n")
    assert refused.exit_code == 1
    assert f"{UTC_NOW:%Y-%m-%d %H:%M} UTC" in refused.stderr
    assert tower.controls.asked == []
    done = tower.call("list-time", "--by", "technician on duty", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "done as asked" in done.stdout
    assert tower.controls.asked == [("list time", "technician on duty")]


def test_scripts_get_json_and_the_login_is_the_name(tower: Tower) -> None:
    said = tower.call("list-time", "--yes", "--json")
    assert said.exit_code == 0
    assert json.loads(said.stdout)["message"] == "done as asked"
    assert tower.controls.asked == [("list time", getpass.getuser())]


def test_the_towers_refusal_is_told(tower: Tower) -> None:
    tower.controls.refusal = "no signed list has come yet"
    refused = tower.call("list-time", "--yes")
    assert refused.exit_code == 1
    assert "no signed list has come yet" in refused.stderr
