"""The table of the planted bugs and how each was found, for the page and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.swarm.mutant_hunt import Hunt, Way
from benchmarks.swarm.mutant_list import MUTANTS

BEGIN, END = "<!-- planted bugs: written by the hunt -->", "<!-- end of planted bugs -->"


def table(hunts: Sequence[Hunt]) -> list[str]:
    """A Markdown table, a row for each bug."""
    head = "| Bug | What is broken | Found as | By its aimed plan | By drawn seeds |"
    return [head, "|---|---|---|---|---|", *_rows(hunts)]


def _rows(hunts: Sequence[Hunt]) -> Iterator[str]:
    done = {(hunt.task.way, hunt.task.name): hunt for hunt in hunts}
    for name, mutant in MUTANTS.items():
        aimed, seeds = done.get((Way.AIMED, name)), done.get((Way.SEEDS, name))
        if aimed is None:
            continue
        found = aimed.found[0] if aimed.good else "**not found**"
        lived = f"{aimed.simulated_s:,.0f} s lived, {aimed.computed_s:.1f} s"
        yield f"| `{name}` | {mutant.what} | {found} | {lived} | {_by_seeds(seeds)} |"


def _by_seeds(hunt: Hunt | None) -> str:
    if hunt is None:
        return "not hunted"
    lived = f"{hunt.simulated_s:,.0f} s lived, {hunt.computed_s:.1f} s"
    if hunt.seeds:
        return f"seed {hunt.seeds}: {hunt.found[0]}; {lived}"
    if not hunt.reached:
        return f"not in {hunt.task.seeds} seeds, where the broken code never ran"
    others = f"; they say: {'; '.join(hunt.other)}" if hunt.other else ""
    return f"not in {hunt.task.seeds} seeds{others}"


def written_into(
    page: Path, hunts: Sequence[Hunt], *, seeds: int, wall_s: float, jobs: int
) -> None:
    """Put the table and what it took between the two marks of the page.

    Raises:
        ValueError: when the page lacks a mark.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: expected the marks {BEGIN} and {END}")
    found = sum(hunt.task.way is Way.SEEDS and hunt.seeds > 0 for hunt in hunts)
    bugs = sum(hunt.task.way is Way.AIMED for hunt in hunts)
    whole = [h for h in hunts if h.task.way in {Way.WHOLE, Way.WHOLE_SEED}]
    clean = sum(hunt.good for hunt in whole)
    day = datetime.now(UTC).strftime("%d %B %Y").lstrip("0")
    took = (
        f"Played in one go on {day}, in {wall_s:.0f} s ({jobs} processes on a shared machine): "
        f"{sum(h.good for h in hunts if h.task.way is Way.AIMED)} of {bugs} found by their aimed "
        f"plans, {found} also by one of the first {seeds} drawn seeds. Of {len(whole)} runs with "
        f"the rules whole {clean} were clean."
    )
    body = "\n".join(["", "", took, "", *table(hunts), "", ""])
    page.write_text(before + begin + body + end + after, encoding="utf-8")
