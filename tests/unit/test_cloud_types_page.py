"""Every type of event that a flow tells stands in the cloud's contract."""

import ast
import re
from pathlib import Path
from typing import get_args

from vendtower.domain.alarm import AlarmEvent
from vendtower.domain.dropoff import DropoffEvent
from vendtower.domain.key_errand import KeyEvent
from vendtower.domain.pickup_events import VisitEvent
from vendtower.domain.rescue import RescueEvent
from vendtower.flows.key_changes import _TOLD as KEYS_TOLD
from vendtower.flows.key_changes import IN_DOUBT
from vendtower.flows.telling import event_type

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cloud_contract.md"
FLOWS = ROOT / "src" / "vendtower" / "flows"


def listed() -> dict[str, set[str]]:
    section = PAGE.read_text(encoding="utf-8").split("### Every type")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    return {area: set(re.findall(r"`(\w+)`", types)) for area, types in rows}


def owed_literals() -> set[tuple[str, str]]:
    """Area and name of every owed call of ``tell`` that names both."""
    found = set()
    for path in FLOWS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "tell":
                continue
            owed = [k for k in node.keywords if k.arg == "owed"]
            area, name = node.args[1], node.args[2]
            if owed and ast.unparse(owed[0].value) == "False":
                continue
            assert isinstance(area, ast.Constant), f"{path.name}: an area that nobody can read"
            whole = not isinstance(name, ast.JoinedStr)
            names = [n.value for n in ast.walk(name) if whole and isinstance(n, ast.Constant)]
            found |= {(str(area.value), str(n)) for n in names if isinstance(n, str)}
            found.add((str(area.value), ""))
    return found


def word(name: str) -> str:
    return event_type("x", name).split(".")[3]


def test_every_named_type_is_listed() -> None:
    types = listed()
    for area, name in owed_literals():
        assert area in types, f"area {area} is told to the cloud and not in its contract"
        if name and name[0].isupper() and name != "Alarm":
            assert word(name) in types[area], f"{area}: {word(name)} is not listed"


def test_every_event_of_a_state_machine_is_listed() -> None:
    types = listed()
    assert word(IN_DOUBT) in types["key"]
    keys = {told.__name__ for told, _ in KEYS_TOLD}
    for area, union in (("visit", VisitEvent), ("dropoff", DropoffEvent), ("key", KeyEvent)):
        names = {each.__name__ for each in get_args(union)} - (keys if area == "key" else set())
        assert {word(name) for name in names} <= types[area]
    alarms = {each.__name__.removeprefix("Alarm") for each in get_args(AlarmEvent)}
    assert {word(name) for name in alarms} == types["alarm"]
    rescues = {each.__name__ for each in get_args(RescueEvent)} - {"RescueCancelled"}
    assert {word(name) for name in rescues} | {"begun", "cancelled"} == types["rescue"]
