"""How many hours of a tower a core lives through in a minute.

    python -m benchmarks.swarm_speed [--runs 3] [--tier port codec] [--load 0 1 2 3] [--json FILE]

Prints, for an idle tower and for traffic with faults, the hours that were lived through, the
empty ones that were leapt over, and CPU seconds of this process; medians of several seeds. Lived
and leapt are never added up: the target (150 hours a core-minute at the port, 30 with frames) is
held against the hours that were lived.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.swarm.plan import Options, Plan, draw_plan
from benchmarks.swarm.room import a_directory
from benchmarks.swarm.run import run_seed
from benchmarks.swarm.world import Tier

SITE = Path(__file__).parents[1] / "docs" / "examples" / "two-lifts.toml"
TARGETS = {Tier.PORT: 150.0, Tier.CODEC: 30.0}
"""Hours a core-minute."""


@dataclass(frozen=True)
class Load:
    """What goes on at the tower."""

    name: str
    days: float
    trips_per_day: float
    strength: float
    haste: float
    leap: bool


LOADS = (
    Load("idle", 0.1, 0.0, 0.0, 1.0, leap=False),
    Load("ten trips a day, faults", 0.5, 10.0, 0.25, 1.0, leap=False),
    Load("ten trips a day, faults, leaps", 1.0, 10.0, 0.25, 1.0, leap=True),
    Load("rush with faults", 0.1, 60.0, 1.0, 4.0, leap=True),
)


@dataclass(frozen=True)
class Figure:
    """One load in one tier, medians of its runs."""

    load: str
    tier: str
    runs: int
    lived_h: float
    leapt_h: float
    cpu_s: float
    lived_h_a_core_minute: float
    calendar_h_a_core_minute: float
    held: bool


def measure(load: Load, tier: Tier, runs: int) -> Figure:
    """Run the seeds 1, 2, ... one after the other."""
    found = [_once(load, tier, seed) for seed in range(1, runs + 1)]
    middle = [statistics.median(values) for values in zip(*(f[:3] for f in found), strict=True)]
    lived_h, leapt_h, cpu_s = middle
    rates = [60.0 * lived / cpu for lived, _, cpu, _ in found]
    calendar = [60.0 * (lived + leapt) / cpu for lived, leapt, cpu, _ in found]
    return Figure(
        load=load.name,
        tier=tier.value,
        runs=runs,
        lived_h=round(lived_h, 2),
        leapt_h=round(leapt_h, 2),
        cpu_s=round(cpu_s, 1),
        lived_h_a_core_minute=round(statistics.median(rates), 1),
        calendar_h_a_core_minute=round(statistics.median(calendar), 1),
        held=all(held for *_, held in found),
    )


def _once(load: Load, tier: Tier, seed: int) -> tuple[float, float, float, bool]:
    options = Options(
        seed=seed,
        site=SITE,
        days=load.days,
        trips_per_day=load.trips_per_day,
        strength=load.strength,
        haste=load.haste,
        tier=tier,
        leap=load.leap,
    )
    with a_directory() as directory:
        began_s = time.process_time()
        plan = draw_plan(options) if load.trips_per_day else Plan((), ())
        result = run_seed(options, Path(directory), plan)
        cpu_s = time.process_time() - began_s
    lived_h, calendar_h = result.simulated_s / 3600.0, result.calendar_s / 3600.0
    return lived_h, max(0.0, calendar_h - lived_h), cpu_s, result.held


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 when every run held, whatever its speed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swarm_speed", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="seeds for each figure")
    tiers = [tier.value for tier in Tier]
    parser.add_argument("--tier", nargs="+", choices=tiers, default=tiers)
    parser.add_argument("--load", type=int, nargs="+", choices=range(len(LOADS)), default=None)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    asked = parser.parse_args(arguments)
    figures = []
    for tier in map(Tier, asked.tier):
        for number in asked.load if asked.load is not None else range(len(LOADS)):
            figure = measure(LOADS[number], tier, asked.runs)
            figures.append(figure)
            print(
                f"{figure.tier:5}  {figure.load:31} lived {figure.lived_h:6.2f} h, leapt "
                f"{figure.leapt_h:6.2f} h, CPU {figure.cpu_s:6.1f} s: "
                f"{figure.lived_h_a_core_minute:6.1f} lived h a core-minute (target "
                f"{TARGETS[tier]:g}), {figure.calendar_h_a_core_minute:6.1f} with the leapt ones"
                f"{'' if figure.held else '; NOT HELD'}",
                flush=True,
            )
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(f) for f in figures], indent=2) + "\n")
    return 0 if all(figure.held for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
