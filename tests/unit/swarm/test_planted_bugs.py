"""Every planted bug can be planted, and the page's table is made from what the hunts say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.swarm.mutant_hunt import Hunt, Task, Way
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.mutant_table import BEGIN, END, written_into

BUG = "job_before_journal"
RULE = "a job is executed that the journal does not have"


@pytest.mark.parametrize("name", MUTANTS)
def test_what_is_replaced_is_there(name: str) -> None:
    """A renamed function would leave a planted bug without effect."""
    mutant = MUTANTS[name]
    with mutant.broken():
        assert mutant.what
        assert mutant.found_by


def test_there_are_more_than_twenty() -> None:
    assert len(MUTANTS) >= 22


def test_the_page_tells_what_was_found_and_how(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    hunts = [
        Hunt(Task(Way.AIMED, BUG), (RULE,), True, reached=1, simulated_s=71.0, computed_s=0.3),
        Hunt(Task(Way.SEEDS, BUG, 3), (RULE,), True, 2, reached=4, simulated_s=900.0),
        Hunt(Task(Way.WHOLE, BUG), (), True),
        Hunt(Task(Way.AIMED, "plc_without_memory"), (), False),
        Hunt(Task(Way.SEEDS, "plc_without_memory", 3), (), True),
    ]
    written_into(page, hunts, seeds=3, wall_s=12.0, jobs=2)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "1 of 2 found by their aimed plans, 1 also by one of the first 3 drawn seeds" in text
    assert f"| {RULE} | 71 s lived, 0.3 s | seed 2: {RULE}; 900 s lived, 0.0 s |" in text
    assert "| **not found** |" in text
    assert "not in 3 seeds, where the broken code never ran" in text


def test_a_page_without_the_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="expected the marks"):
        written_into(page, [], seeds=3, wall_s=1.0, jobs=1)
