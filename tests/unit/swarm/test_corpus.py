"""Plans in files: refused with a reason when they do not fit, and never without a story."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.corpus import corpus
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.plan import PlanError, draw_plan, read_plan, write_plan

SAID = {"story": "A car was lost.", "mended": "It was found."}


def _file(folder: Path, **changed: Any) -> Path:
    path = folder / "entry.json"
    write_plan(path, AIMED, plan(trip(), fault(FaultKind.BREAKS, 2.0, name="hoist-jam")))
    tables = json.loads(path.read_text()) | SAID | changed
    path.write_text(json.dumps({k: v for k, v in tables.items() if v is not None}))
    return path


def test_an_entry_is_a_plan_with_its_story(tmp_path: Path) -> None:
    _file(tmp_path)
    (entry,) = corpus(tmp_path)
    assert (entry.name, entry.story, entry.mended) == ("entry", "A car was lost.", "It was found.")
    assert entry.options == AIMED
    assert entry.plan.size == 2


def test_options_alone_stand_for_the_plan_that_they_draw(tmp_path: Path) -> None:
    _file(tmp_path, trips=None, faults=None)
    assert corpus(tmp_path)[0].plan == draw_plan(AIMED)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"story": None}, "'story' is missing"),
        ({"mended": " "}, "'mended' is missing"),
        ({"format": 0}, "format 0, expected 1"),
        ({"format": None}, "format None, expected 1"),
        ({"faults": [{"kind": "NO_SUCH"}]}, "KeyError: 'NO_SUCH'"),
        ({"trips": [{"manner": "PUNCTUAL"}]}, "KeyError: 'back'"),
        ({"options": {"seed": 1}}, "KeyError: 'site'"),
        ({"faults": None}, "KeyError: 'faults'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    path = _file(tmp_path, **changed)
    with pytest.raises(PlanError, match=r"entry\.json") as refused:
        corpus(tmp_path)
    assert str(path) in str(refused.value)
    assert why in str(refused.value)


def test_an_unknown_option_breakage_or_kiosk_is_refused(tmp_path: Path) -> None:
    tables = json.loads(_file(tmp_path).read_text())
    tables["options"]["colour"] = "red"
    with pytest.raises(PlanError, match="colour"):
        read_plan(_file(tmp_path, options=tables["options"]))
    tables["faults"][0]["name"] = "gremlins"
    with pytest.raises(PlanError, match="'gremlins' is not in the simulator's catalogue"):
        read_plan(_file(tmp_path, faults=tables["faults"]))
    tables["trips"][0]["kiosk"] = 77
    with pytest.raises(PlanError, match="kiosk 77, expected one of"):
        read_plan(_file(tmp_path, trips=tables["trips"]))


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "entry.json").write_text("{")
    with pytest.raises(PlanError, match="cannot be read"):
        corpus(tmp_path)
