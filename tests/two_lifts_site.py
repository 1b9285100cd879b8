"""The example tower with two lifts, and variants of it."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hardware_sim.demo_site import quickened
from hardware_sim.site import Site as SimulatedSite
from hardware_sim.site import site_from_tables
from vendtower.domain.site import Site

TWO_LIFTS = Path(__file__).parents[1] / "docs" / "examples" / "two-lifts.toml"


def two_lift_tables(*, one_shaft: bool = False) -> dict[str, Any]:
    """The tables of the site file; with both lifts in one shaft if asked for."""
    tables = tomllib.loads(TWO_LIFTS.read_text(encoding="utf-8"))
    if one_shaft:
        for lift in tables["lifts"]:
            lift["shaft"] = "A"
    return tables


@cache
def several_lifts(lifts: int, *, shafts: int | None = None) -> Site:
    """The same tower with 1 to 4 lifts, dealt out over so many shafts (each its own if None)."""
    tables = two_lift_tables()
    first, second = tables["lifts"]
    all_levels = [level["number"] for level in tables["levels"]]
    patterns = [first, second, first, second] if lifts > 1 else [first]
    made = []
    for at, pattern in enumerate(patterns[:lifts]):
        lift = {**pattern, "number": at + 1, "shaft": f"S{at % (shafts or lifts)}"}
        if lifts == 1:
            lift |= {"serves_levels": all_levels, "serves_bays": [1, 2, 3, 4]}
        made.append(lift)
    tables["lifts"] = made
    return Site.model_validate(tables)


def simulated_one_shaft(speed: float) -> SimulatedSite:
    """The simulator's reading of the tower with both lifts in one shaft."""
    return site_from_tables(quickened(two_lift_tables(one_shaft=True), speed))
