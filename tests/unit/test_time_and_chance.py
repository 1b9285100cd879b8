"""Clocks and dice come from the ports: only then does a simulated run repeat itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INJECTED = ["src/vendtower/domain", "src/vendtower/ports", "src/vendtower/flows"]
FORBIDDEN_MODULES = {"random", "secrets", "uuid", "time"}
FORBIDDEN_CALLS = {"now", "today", "utcnow", "urandom", "getrandom", "monotonic"}
OF_THE_TOWER_S_COMPUTER = {
    "src/vendtower/adapters/system_clock.py",
    "src/vendtower/adapters/identity",
    "src/vendtower/cli",
    "src/vendtower/web/board.py",
}
"""Where real clocks and dice are made, a person at a terminal asks, or the wiring replaces them."""


def _leaks(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module)) if module in FORBIDDEN_MODULES:
                yield module
            case ast.Call(func=ast.Attribute(attr=attribute)) if attribute in FORBIDDEN_CALLS:
                yield f".{attribute}()"


def _files(where: str) -> list[Path]:
    return sorted((ROOT / where).rglob("*.py"))


@pytest.mark.parametrize("where", INJECTED)
def test_flows_and_domain_have_no_clock_and_no_dice_of_their_own(where: str) -> None:
    found = {str(path): list(_leaks(path.read_text("utf-8"))) for path in _files(where)}
    assert found
    assert not {path: leaks for path, leaks in found.items() if leaks}


def test_the_rest_of_the_controller_has_them_in_few_places() -> None:
    for where in ("src/vendtower", "firmware_bridge"):
        for path in _files(where):
            name = str(path.relative_to(ROOT))
            if not name.startswith(tuple(OF_THE_TOWER_S_COMPUTER)):
                assert not list(_leaks(path.read_text("utf-8"))), name


@pytest.mark.parametrize(
    "planted",
    [
        "import random",
        "from uuid import uuid4",
        "x = datetime.now(UTC)",
        "key = os.urandom(8)",
        "began = time.monotonic()",
    ],
)
def test_a_planted_leak_is_found(planted: str) -> None:
    assert list(_leaks(f"async def f():\n    {planted}"))
