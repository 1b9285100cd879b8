"""The command that compares the ledger with the sensors."""

import json

import pytest

from tests.unit.cli.test_commands import Tower
from tests.unit.cli.test_commands import tower as tower  # noqa: PLC0414 - a fixture
from tests.unit.web.tower_sample import UTC_NOW
from vendtower.domain.audit import Audit, Finding, PlaceAudit
from vendtower.domain.places import Slot

RIGHT = PlaceAudit(Slot(1), "VIN1", seen=True, finding=Finding.AGREES, words="")
WRONG = PlaceAudit(
    Slot(2), "VIN2", seen=False, finding=Finding.CAR_MISSING, words="slot 2: the sensors see none"
)


def test_a_sound_tower(tower: Tower) -> None:
    tower.controls.made_audit = Audit(UTC_NOW, (RIGHT,), ())
    result = tower.call("audit-tower")
    assert (result.exit_code, result.output.strip()) == (0, "1 of 1 places agree")
    assert "VIN1" in tower.call("audit-tower", "--all").output


def test_what_differs_is_said_and_shows_in_the_exit_status(tower: Tower) -> None:
    tower.controls.made_audit = Audit(UTC_NOW, (RIGHT, WRONG), ("VIN3",))
    result = tower.call("audit-tower")
    flat = " ".join(result.output.split())
    assert result.exit_code == 4
    assert "1 of 2 places agree" in flat
    assert "car VIN3: nobody knows where it stands" in flat
    assert "VIN1" not in flat
    said = tower.call("audit-tower", "--json")
    assert said.exit_code == 4
    assert json.loads(said.stdout)["places"][1] == {
        "place": "slot 2",
        "vin": "VIN2",
        "seen": False,
        "finding": "car missing",
        "words": "slot 2: the sensors see none",
    }


def test_sensors_that_cannot_be_read(tower: Tower) -> None:
    tower.controls.made_audit = Audit(UTC_NOW, (), (), "PLC link down: nothing is compared")
    result = tower.call("audit-tower")
    assert (result.exit_code, "nothing is compared" in result.output) == (4, True)


@pytest.mark.parametrize("named", [[], ["--by", "technician on duty"]])
def test_on_record(tower: Tower, named: list[str]) -> None:
    assert tower.call("audit-tower", "--record", *named).exit_code == 0
    [(what, by)] = tower.controls.asked
    assert what == "audit"
    assert by == (named[1] if named else by)
    tower.controls.refusal = "disk is full"
    assert tower.call("audit-tower", "--record").exit_code == 1
