"""A failing plan made small: whatever can be left out without losing the failure is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from benchmarks.swarm.plan import Options, Plan
from benchmarks.swarm.room import a_directory
from benchmarks.swarm.run import Result, run_seed

SETTLING_S_MAX = 3600.0
"""While a plan is made small, a tower that has not come to rest by then counts as restless; the
plan that is left is played once more with all its time."""
PartT = TypeVar("PartT")
Fails = Callable[[Plan], bool]


def shrink(
    options: Options, plan: Plan, *, rule: str, within_s: float, say: Callable[[str], None]
) -> Plan:
    """The smallest plan found within this wall time that still violates the same rule.

    First the faults are thinned out by delta debugging (Zeller and Hildebrandt, 2002), then the
    trips, then the faults once more. A plan that is left out of time is returned as it stands.
    """
    until_s = time.perf_counter() + within_s
    settling_s = min(options.settling_s_max, SETTLING_S_MAX)
    quick = replace(options, stop_at_first=True, settling_s_max=settling_s)

    def fails(candidate: Plan) -> bool:
        if time.perf_counter() > until_s:
            return False
        failed = rule in rules(play(quick, candidate))
        if failed:
            say(f"  still fails with {len(candidate.trips)} trips, {len(candidate.faults)} faults")
        return failed

    if plan.faults and fails(replace(plan, faults=())):
        plan = replace(plan, faults=())
    for _ in range(2):
        before = plan.size
        plan = _with_fewer_faults(plan, fails)
        plan = _with_fewer_trips(plan, fails)
        if plan.size == before:
            break
    return plan


def made_small(result: Result, within_s: float, say: Callable[[str], None]) -> Result:
    """The run of the smallest plan that violates the same rule first; within 0 s the run itself."""
    if within_s <= 0:
        return result
    options, plan = result.options, result.plan
    plan = shrink(options, plan, rule=rules(result)[0], within_s=within_s, say=say)
    small = play(replace(options, stop_at_first=True), plan)
    return result if small.held else small


def _with_fewer_faults(plan: Plan, fails: Fails) -> Plan:
    return replace(
        plan, faults=ddmin(plan.faults, lambda kept: fails(replace(plan, faults=tuple(kept))))
    )


def _with_fewer_trips(plan: Plan, fails: Fails) -> Plan:
    return replace(
        plan, trips=ddmin(plan.trips, lambda kept: fails(replace(plan, trips=tuple(kept))))
    )


def play(options: Options, plan: Plan) -> Result:
    """One run in a directory that is thrown away."""
    with a_directory() as directory:
        return run_seed(options, Path(directory), plan)


def rules(result: Result) -> list[str]:
    """The names of the rules that a run has violated, the first one first."""
    told = [name.removeprefix("violated: ") for name in result.counts if name[:10] == "violated: "]
    # What ends a run from outside (nobody ever wakes, no time passes) has no count.
    return told or [problem.split(":")[0] for problem in result.problems]


def ddmin(parts: Sequence[PartT], fails: Callable[[Sequence[PartT]], bool]) -> tuple[PartT, ...]:
    """The parts that are needed for failing: leave out ever smaller chunks as long as it fails."""
    kept, chunks = tuple(parts), 2
    while len(kept) >= 2:
        size = max(1, len(kept) // chunks)
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            if fewer and fails(fewer):
                kept, chunks = fewer, max(2, chunks - 1)
                break
        else:
            if size == 1:
                break
            chunks = min(len(kept), chunks * 2)
    return kept
