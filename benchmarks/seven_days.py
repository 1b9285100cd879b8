"""A tower that nobody looks after but its staff on duty, for days, with faults at a stated rate.

    python -m benchmarks.seven_days --seed 1
    python -m benchmarks.seven_days --seed 1 --days 0.1 --haste 6 --trips 160 --strength 10
    python -m benchmarks.seven_days --plan build/seed-1.json

Prints what became of every visit and ends with 0 only if all invariants held and every visit ended
as it should or is in a person's hands with a case number. A seed that fails is made small, written
as a plan and told as a story. The same seed, options and code give the same trace.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.swarm.asked import add_weather
from benchmarks.swarm.plan import Options, Plan, PlanError, draw_plan, read_plan, told, write_plan
from benchmarks.swarm.report import lines, report
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import made_small, play, rules
from benchmarks.swarm.world import Tier

SITE = Path(__file__).parents[1] / "docs" / "examples" / "guangzhou.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds that are asked for; 0 when everything held in all of them."""
    asked = _parser().parse_args(arguments)
    held = True
    try:
        runs = list(_asked_for(asked))
    except PlanError as error:
        print(error, file=sys.stderr)
        return 2
    for options, plan in runs:
        result = play(options, plan)
        report(result)
        held = held and result.held
        if not result.held:
            _make_small(result, asked.shrink, asked.keep)
    return 0 if held else 1


def _asked_for(asked: argparse.Namespace) -> Iterator[tuple[Options, Plan]]:
    if asked.plan is not None:
        yield read_plan(asked.plan)
        return
    for seed in range(asked.seed, asked.seed + asked.seeds):
        options = Options(
            seed=seed,
            site=asked.site,
            days=asked.days,
            trips_per_day=asked.trips,
            strength=asked.strength,
            haste=asked.haste,
            cars=asked.cars,
            tier=Tier(asked.tier),
            boards=bool(asked.boards),
        )
        yield options, draw_plan(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seven_days", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after the other")
    parser.add_argument("--days", type=float, default=7.0)
    add_weather(parser)
    parser.set_defaults(trips=24.0, strength=1.0, haste=1.0, cars=30, site=SITE)
    parser.add_argument(
        "--shrink", type=float, default=600.0, help="seconds for making a failing seed small"
    )
    parser.add_argument("--keep", type=Path, default=Path("build"), help="where plans are written")
    return parser


def _make_small(result: Result, within_s: float, folder: Path) -> None:
    """Write the smallest plan that fails in the same way, and tell its story."""
    if within_s > 0:
        print(f"  making it small ({result.plan.size} trips and faults, {rules(result)[0]!r}):")
    small = made_small(result, within_s, print)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed-{small.options.seed}.json"
    write_plan(path, result.options, small.plan)
    print("  the plan:")
    lines(told(small.plan))
    if within_s > 0:
        print("  the story:")
        lines(small.last_minutes)
    print(f"  again: python -m benchmarks.seven_days --plan {path}")
    print(f"  the whole seed: {_command(result.options)}")


def _command(options: Options) -> str:
    return (
        f"python -m benchmarks.seven_days --seed {options.seed} --days {options.days:g} "
        f"--trips {options.trips_per_day:g} --strength {options.strength:g} "
        f"--haste {options.haste:g} --cars {options.cars} --tier {options.tier.value} "
        f"--site {options.site}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
