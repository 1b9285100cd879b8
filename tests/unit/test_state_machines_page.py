"""The page of state machines is the one that the tables make."""

import importlib
import pkgutil
from pathlib import Path

import vendtower.domain
from vendtower.daemon.state_machines_document import document
from vendtower.domain.table import TransitionTable

PAGE = Path(__file__).parents[2] / "docs" / "state_machines.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m vendtower.daemon.state_machines_document > docs/state_machines.md"
    )


def test_every_table_of_the_domain_is_drawn() -> None:
    drawn = 0
    for module in pkgutil.iter_modules(vendtower.domain.__path__, "vendtower.domain."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, TransitionTable):
                assert f"```mermaid\n{value.diagram()}```" in document()
                drawn += 1
    assert drawn >= 4


def test_diagram_has_every_row_and_every_end() -> None:
    for row in (
        "    [*] --> EXPECTED",
        "    VERIFIED --> PRESENTED: CarPresented",
        "    DEPARTED --> [*]",
        "    STORED --> [*]",
        "    GONE --> IN_BAY: DroveIn",
    ):
        assert f"{row}\n" in document()
