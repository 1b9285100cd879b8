"""What every benchmark gives: figures with their targets, and how they are printed."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.identity_rig import machine

Measure = Callable[[], Awaitable[Sequence["Figure"]]]


@dataclass(frozen=True)
class Figure:
    """One thing that was measured."""

    name: str
    target: str
    """Empty: measured for information."""
    measured: str
    held: bool | None
    """None without a target."""


def below(name: str, value: float, limit: float, unit: str, *, digits: int = 1) -> Figure:
    """A figure that has to be smaller than its limit."""
    return Figure(name, f"< {limit:g} {unit}", f"{value:.{digits}f} {unit}", value < limit)


def told(name: str, measured: str) -> Figure:
    """A figure without a target."""
    return Figure(name, "", measured, None)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of all; 0.5 gives the median."""
    if not values:
        raise ValueError("no values were measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def where_and_when() -> dict[str, object]:
    """The computer, its software, and the date."""
    return {
        **machine(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "platform": platform.platform(terse=True),
    }


def show(figures: Sequence[Figure], where: dict[str, object]) -> None:
    """One table, with the computer and the date above it."""
    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in where.items()), highlight=False)
    table = Table()
    for column in ("figure", "target", "measured", "held"):
        table.add_column(column)
    for figure in figures:
        held = {True: "yes", False: "NO", None: ""}[figure.held]
        table.add_row(figure.name, figure.target, figure.measured, held)
    console.print(table)


def write(file: Path, figures: Sequence[Figure], where: dict[str, object]) -> None:
    """The same as JSON."""
    content = {"where": where, "figures": [asdict(figure) for figure in figures]}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def run(description: str | None, measures: Sequence[Measure]) -> None:
    """Measure one after the other, print one table; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    where = where_and_when()
    figures = asyncio.run(_all(measures))
    show(figures, where)
    if options.json is not None:
        write(options.json, figures, where)
    sys.exit(1 if any(figure.held is False for figure in figures) else 0)


async def _all(measures: Sequence[Measure]) -> list[Figure]:
    found: list[Figure] = []
    for measure in measures:
        print(f"measuring: {getattr(measure, '__name__', 'figures')}", file=sys.stderr, flush=True)
        found += await measure()
    return found
