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
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.swarm.fault_plan import RATES_PER_DAY
from benchmarks.swarm.plan import Options, Plan, draw_plan, read_plan, told, write_plan
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import play, rules, shrink
from benchmarks.swarm.world import Tier

SITE = Path(__file__).parents[1] / "docs" / "examples" / "guangzhou.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds that are asked for; 0 when everything held in all of them."""
    asked = _parser().parse_args(arguments)
    held = True
    for options, plan in _asked_for(asked):
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
        )
        yield options, draw_plan(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seven_days", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after the other")
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--trips", type=float, default=24.0, help="reservations a day")
    parser.add_argument("--strength", type=float, default=1.0, help="multiplies the faults' rates")
    parser.add_argument("--haste", type=float, default=1.0, help="divides the customers' windows")
    parser.add_argument("--cars", type=int, default=30, help="cars in the tower at the start")
    parser.add_argument(
        "--tier",
        choices=[tier.value for tier in Tier],
        default=Tier.PORT.value,
        help="codec: with Modbus frames; port: without them, many times faster",
    )
    parser.add_argument("--site", type=Path, default=SITE)
    parser.add_argument("--plan", type=Path, help="replay this plan instead of drawing one")
    parser.add_argument(
        "--shrink", type=float, default=600.0, help="seconds for making a failing seed small"
    )
    parser.add_argument("--keep", type=Path, default=Path("build"), help="where plans are written")
    return parser


def _make_small(result: Result, within_s: float, folder: Path) -> None:
    """Write the smallest plan that fails in the same way, and tell its story."""
    rule = rules(result)[0]
    options, plan = result.options, result.plan
    if within_s > 0:
        print(f"  making it small ({plan.size} trips and faults, {rule!r}):")
        plan = shrink(options, plan, rule=rule, within_s=within_s, say=print)
        result = play(replace(options, stop_at_first=True), plan)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed-{options.seed}.json"
    write_plan(path, options, plan)
    print("  the plan:")
    _lines(told(plan))
    if within_s > 0:
        print("  the story:")
        _lines(result.last_minutes)
    print(f"  again: python -m benchmarks.seven_days --plan {path}")


def report(result: Result) -> None:
    """Print one run for people."""
    options = result.options
    hours = result.simulated_s / 3600
    print(
        f"seed {options.seed}: {result.calendar_s / 3600:.1f} h, of which {hours:.1f} h were lived "
        f"through and the others empty, in {result.wall_s:.0f} s "
        f"({60 * hours / max(result.wall_s, 0.001):.1f} lived hours a minute), trace {result.trace}"
    )
    rate = sum(RATES_PER_DAY.values()) * options.strength
    print(f"  {result.jobs} lift jobs, {result.boots} boots, {rate:.0f} faults planned a day")
    if result.verdicts:
        _table("visits, due and found", Counter(verdict.row for verdict in result.verdicts))
    else:
        _table("visits until it was broken off", Counter(r.ending for r in result.records))
    _table("went away, because", Counter(r for each in result.records for r in each.reasons))
    _table("faults", _with_prefix(result.counts, "fault: "))
    _table("what broke", _with_prefix(result.counts, "broken: "))
    _table("told to the cloud", _with_prefix(result.counts, "event: "))
    _table("settled by staff", result.settled)
    _table("answers that the tower did not take", result.refusals)
    _waits([r.waited_s for r in result.records if r.waited_s is not None])
    if result.held:
        print("  everything held")
    else:
        _failure(result)


def _with_prefix(counts: Counter[str], prefix: str) -> Counter[str]:
    return Counter({k.removeprefix(prefix): n for k, n in counts.items() if k.startswith(prefix)})


def _table(title: str, counts: Counter[str]) -> None:
    if counts:
        print(f"  {title}:")
        _lines(f"{times:6d}  {what}" for what, times in counts.most_common(40))


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"    {line}")


def _waits(waits_s: list[float]) -> None:
    if len(waits_s) > 1:
        cuts = statistics.quantiles(waits_s, n=20)
        print(f"  from kiosk to car: p50 {statistics.median(waits_s):.0f} s, p95 {cuts[18]:.0f} s")


def _failure(result: Result) -> None:
    options = result.options
    print("  VIOLATED:")
    _lines(result.problems)
    print("  the last minutes:")
    _lines(result.last_minutes)
    print(
        f"  again: python -m benchmarks.seven_days --seed {options.seed} --days {options.days:g} "
        f"--trips {options.trips_per_day:g} --strength {options.strength:g} "
        f"--haste {options.haste:g} --cars {options.cars} --tier {options.tier.value} "
        f"--site {options.site}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
