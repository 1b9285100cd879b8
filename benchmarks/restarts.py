"""The daemon, killed at random moments of visits: ``python -m benchmarks.restarts --kills 200``.

Exit status 0 when every customer got their car, no job ran twice, nothing was lost or doubled at
the cloud, and the plant's safety monitor saw nothing; 1 otherwise, with what was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.restart_days import Day, opened_day
from benchmarks.restart_findings import Tally, tally
from benchmarks.restart_plan import KillPlan

CARS_A_DAY = 30
KILLS_A_DAY = 50
SPEED = 6.0
"""The highest multiple at which the example's drives stay within the site file's limits."""


def _quiet(_where: str, _what: str) -> None:
    """Nobody watches."""


async def run_days(
    *,
    kills: int,
    seed: int,
    directory: Path,
    speed: float = SPEED,
    cars: int = CARS_A_DAY,
    tell: Callable[[str, str], None] = _quiet,
    progress: Callable[[Tally, Day], None] = lambda _sum, _day: None,
) -> Tally:
    """Day after day, each in a world of its own, until the daemon was killed so often."""
    plan, total = KillPlan(seed), Tally()
    number = 0
    while total.kills < kills:
        number += 1
        share = min(KILLS_A_DAY, kills - total.kills)
        async with opened_day(
            directory / f"day-{number}", speed=speed, cars=cars, tell=tell
        ) as day:
            await day.run(plan, share, counted=lambda: progress(total, day))
            found = tally(day)
        found.problems = [f"day {number}: {problem}" for problem in found.problems]
        total.add(found)
    return total


class Progress:
    """One line that is written over, or a line now and then where it cannot be."""

    def __init__(self, kills: int) -> None:
        self._kills = kills
        self._began_s = time.monotonic()

    def __call__(self, total: Tally, day: Day) -> None:
        """After each kill."""
        kills = total.kills + len(day.kills)
        visits = total.visits + len(day.customers)
        line = (
            f"{kills}/{self._kills} kills, {visits} customers, "
            f"{time.monotonic() - self._began_s:.0f} s"
        )
        if sys.stderr.isatty():
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
        elif kills % 10 == 0:
            print(line, file=sys.stderr, flush=True)


def show(total: Tally, seed: int, console: Console) -> None:
    """The table, and what was wrong."""
    table = Table(title=f"Restarts by SIGKILL, seed {seed}", title_justify="left")
    table.add_column("what")
    table.add_column("seen", justify="right")
    for each in fields(total):
        if each.name != "problems":
            table.add_row(each.name.replace("_", " "), str(getattr(total, each.name)))
    table.add_row("problems", str(len(total.problems)))
    console.print()
    console.print(table)
    for problem in total.problems:
        console.print(f"- {problem}", markup=False, highlight=False)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restarts")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--speed", type=float, default=SPEED, help="multiple of the mechanics")
    parser.add_argument("--keep", type=Path, default=None, help="leave logs and journals here")
    parser.add_argument("--story", action="store_true", help="tell what happens, line by line")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="vendtower-restarts-") as scratch:
        total = asyncio.run(
            run_days(
                kills=options.kills,
                seed=seed,
                directory=options.keep or Path(scratch),
                speed=options.speed,
                tell=_story if options.story else _quiet,
                progress=Progress(options.kills),
            )
        )
    show(total, seed, Console())
    sys.exit(1 if total.problems else 0)


def _story(where: str, what: str) -> None:
    print(f"{time.monotonic():10.1f} {where:<9} {what}", flush=True)


if __name__ == "__main__":
    main()
