"""One run told to people: visits, faults, cases, waits, and what did not hold."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable

from benchmarks.swarm.fault_plan import RATES_PER_DAY
from benchmarks.swarm.run import Result


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
        lines(f"{times:6d}  {what}" for what, times in counts.most_common(40))


def lines(told: Iterable[str]) -> None:
    """Print lines that belong to what stands above them."""
    for line in told:
        print(f"    {line}")


def _waits(waits_s: list[float]) -> None:
    if len(waits_s) > 1:
        cuts = statistics.quantiles(waits_s, n=20)
        print(f"  from kiosk to car: p50 {statistics.median(waits_s):.0f} s, p95 {cuts[18]:.0f} s")


def _failure(result: Result) -> None:
    print("  VIOLATED:")
    lines(result.problems)
    print("  the last minutes:")
    lines(result.last_minutes)
