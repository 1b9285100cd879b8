"""The commands for counters and inspections, against the real application."""

import json

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture


def flat(text: str) -> str:
    return " ".join(text.split())


def test_counters(tower: Tower) -> None:
    assert "lift 1 cycles 812 12" in flat(tower.call("counters").stdout)
    with_days = flat(tower.call("counters", "--days", "2").stdout)
    assert "2026-03-01 2026-03-02 12" in with_days
    assert json.loads(tower.call("counters", "--json").stdout)["counters"][0]["total"] == 812
    assert tower.call("counters", "--days", "-1").exit_code == 2


def test_what_is_due_stands_first_with_what_to_do(tower: Tower) -> None:
    shown = flat(tower.call("inspect").stdout)
    assert shown == flat(tower.call("inspect", "list").stdout)
    assert shown.startswith("Ropes (ropes, lift 1): OVERDUE, nothing new moves")
    assert "do: look at the ropes" in shown
    assert "look at the pit" not in shown
    assert len(json.loads(tower.call("inspect", "list", "--json").stdout)["parts"]) == 2
    assert "new set" in tower.call("inspect", "records").stdout


def test_a_sign_off_says_what_follows_and_asks(tower: Tower) -> None:
    refused = tower.call("inspect", "sign", "ropes", typed="n\n")
    assert refused.exit_code == 1
    assert "lifts may move at once" in refused.stderr
    assert tower.running.wear.signed == []
    done = tower.call("inspect", "sign", "pit", "--by", "technician on duty", typed="y\n")
    assert done.exit_code == 0, done.output
    assert "Nothing moves because of this" in done.stderr
    scripted = ("--by", "technician on duty", "--note", "dry", "--replaced", "--yes", "--json")
    assert tower.call("inspect", "sign", "ropes", *scripted).exit_code == 0
    assert tower.running.wear.signed == [
        ("pit", "technician on duty", "", False),
        ("ropes", "technician on duty", "dry", True),
    ]
    unknown = tower.call("inspect", "sign", "roof", "--yes")
    assert unknown.exit_code == 1
    assert "it has ropes, pit" in unknown.stderr
