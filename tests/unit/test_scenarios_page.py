"""The page of scenarios is the one that the scenarios make."""

from pathlib import Path

from hardware_sim.scenarios.catalogue import SCENARIOS
from hardware_sim.scenarios.document import document

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run python -m hardware_sim.scenarios.document > docs/scenarios.md"
    )


def test_every_scenario_says_what_happens_and_how_it_must_end() -> None:
    for scenario in SCENARIOS.values():
        for text in (scenario.story, scenario.happened, scenario.ending):
            assert text.endswith("."), (scenario.name, text)
            assert "  " not in text, (scenario.name, text)
