"""The page of recoveries is the one that the rules make."""

from pathlib import Path

from vendtower.daemon.recovery_document import document
from vendtower.domain.job import Fate
from vendtower.domain.recovery import JournalSays, SensorsSay

PAGE = Path(__file__).parents[2] / "docs" / "recovery.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m vendtower.daemon.recovery_document > docs/recovery.md"
    )


def test_every_combination_has_its_row() -> None:
    for journal in JournalSays:
        for plc in Fate:
            assert f"| {journal.value} | {plc.value} |" in document()
    assert all(f"| {sensors.value} |" in document() for sensors in SensorsSay)
