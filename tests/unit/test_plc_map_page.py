"""The integrator's page is the one that the map makes."""

from pathlib import Path

import pytest

from firmware_bridge.document import main, page
from firmware_bridge.meanings import Verb

PAGE = Path(__file__).parents[2] / "docs" / "plc_map.md"


def test_page_is_current() -> None:
    """Else: python -m firmware_bridge.document --write docs/plc_map.md."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_page_names_every_verb_and_its_note() -> None:
    text = page()
    for verb in Verb:
        assert f"| {verb.value} | `{verb.name}` |" in text
    assert ":class:" not in text
    assert ":attr:" not in text
    assert "| 2 | `FETCH` | From a slot, or from the lift itself, into a bay. |" in text


def test_command_prints_or_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == page()
    assert main(["--write", str(tmp_path / "map.md")]) == 0
    assert (tmp_path / "map.md").read_text(encoding="utf-8") == page()
