"""One hunt for one planted bug: by its aimed plan, by drawn seeds, and with the rule whole."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from benchmarks.swarm.aimed import SITE, one_shaft
from benchmarks.swarm.mutant_list import MUTANTS, Mutant
from benchmarks.swarm.mutation import Reached
from benchmarks.swarm.plan import Options, Plan, draw_plan
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import play, rules

SWARM = Options(
    seed=1,
    site=SITE,
    days=0.02,
    trips_per_day=400.0,
    strength=25.0,
    haste=20.0,
    cars=12,
    settling_s_max=3600.0,
    stop_at_first=True,
)
"""Half an hour of a busy tower: eight customers within minutes, and a fault every two."""


class Way(Enum):
    """How a bug is hunted."""

    AIMED = "aimed"
    WHOLE = "whole"
    """The aimed plan with the rule whole."""
    SEEDS = "seeds"
    WHOLE_SEED = "whole seed"
    """A drawn seed with every rule whole."""


@dataclass(frozen=True)
class Task:
    """One hunt to be carried out, by any process."""

    way: Way
    name: str
    seeds: int = 0
    """At most so many drawn seeds; with a whole seed, its number."""


@dataclass(frozen=True)
class Hunt:
    """What became of one hunt."""

    task: Task
    found: tuple[str, ...]
    """The rules that were violated in the run that ended it."""
    good: bool
    """The bug was found under its rule; with the rule whole: nothing was found."""
    seeds: int = 0
    """The seed that found it; 0 when none did, or none was drawn."""
    other: tuple[str, ...] = ()
    """What else was violated in seeds before that."""
    reached: int = 0
    """How often the broken code ran in these runs."""
    simulated_s: float = 0.0
    """Lived in all its runs together."""
    wall_s: float = 0.0
    detail: str = ""

    @property
    def line(self) -> str:
        """For people who wait."""
        name = self.task.name or f"seed {self.task.seeds}"
        how = f"{self.task.way.value} {self.seeds}" if self.seeds else self.task.way.value
        return (
            f"{'ok ' if self.good else 'NOT'} {name:<24} {how:<10} "
            f"{self.simulated_s:7.0f} s lived {self.wall_s:6.1f} s  {'; '.join(self.found) or '-'}"
        )


def carry_out(task: Task) -> Hunt:
    """One hunt, whole."""
    with tempfile.TemporaryDirectory() as folder:
        if task.way is Way.WHOLE_SEED:
            return _whole_seed(task)
        mutant = MUTANTS[task.name]
        site = one_shaft(Path(folder)) if mutant.one_shaft else mutant.options.site
        if task.way is Way.SEEDS:
            return _by_seeds(task, mutant, replace(SWARM, site=site))
        return _by_aim(task, mutant, replace(mutant.options, site=site))


def _by_aim(task: Task, mutant: Mutant, options: Options) -> Hunt:
    reached = Reached()
    broken = mutant.break_it(reached) if task.way is Way.AIMED else nullcontext()
    with broken:
        result = play(options, mutant.aim)
    found = tuple(rules(result))
    good = not found
    if task.way is Way.AIMED:
        good = bool(reached.times) and bool(set(found) & set(mutant.found_by))
    return Hunt(
        task,
        found,
        good,
        reached=reached.times,
        simulated_s=result.simulated_s,
        wall_s=result.wall_s,
        detail=_detail(result, reached if task.way is Way.AIMED else None),
    )


def _by_seeds(task: Task, mutant: Mutant, options: Options) -> Hunt:
    """One seed after the other until one finds the bug under its rule."""
    reached, other = Reached(), list[str]()
    simulated_s = wall_s = 0.0
    for seed in range(1, task.seeds + 1):
        drawn = replace(options, seed=seed)
        with mutant.break_it(reached):
            result = play(drawn, _plan(drawn))
        simulated_s += result.simulated_s
        wall_s += result.wall_s
        found = tuple(rules(result))
        if reached.times and found and found[0] in mutant.found_by:
            return Hunt(task, found, True, seed, tuple(other), reached.times, simulated_s, wall_s)
        other += [rule for rule in found if rule not in other]
    # The aimed plan is there for what no drawn seed leads to: nothing is wrong with that.
    return Hunt(task, (), True, 0, tuple(other), reached.times, simulated_s, wall_s)


def _whole_seed(task: Task) -> Hunt:
    options = replace(SWARM, seed=task.seeds)
    result = play(options, _plan(options))
    found = tuple(rules(result))
    return Hunt(
        task,
        found,
        not found,
        simulated_s=result.simulated_s,
        wall_s=result.wall_s,
        detail=_detail(result, None),
    )


def _plan(options: Options) -> Plan:
    return draw_plan(options)


def _detail(result: Result, reached: Reached | None) -> str:
    ran = [] if reached is None else [f"the broken code ran {reached.times} times"]
    return "\n".join([*ran, *result.problems, *result.last_minutes[-60:]])
