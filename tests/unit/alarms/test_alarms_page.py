"""The page of alarms is the one that the catalogue makes."""

from pathlib import Path

from vendtower.daemon.alarms_document import document
from vendtower.domain.alarm_catalogue import OwnAlarm

PAGE = Path(__file__).parents[3] / "docs" / "alarms.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m vendtower.daemon.alarms_document > docs/alarms.md"
    )


def test_every_own_alarm_has_its_section() -> None:
    for alarm in OwnAlarm:
        assert f"### {alarm.value}\n" in document()
