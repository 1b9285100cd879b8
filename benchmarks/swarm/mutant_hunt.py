"""One hunt for one planted bug: by its aimed plan, by drawn seeds, and with the rule whole."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from benchmarks.swarm.aimed import one_shaft
from benchmarks.swarm.mutant import Mutant
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.mutation import Reached
from benchmarks.swarm.plan import Options, draw_plan
from benchmarks.swarm.room import a_directory
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import play, rules
from benchmarks.swarm.varied import Fixed, options_of_seed

HOURS = 1.0
"""Of the ordinary swarm in which a bug is hunted by drawn seeds."""
SETTLING_S_MAX = 3600.0


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
    computed_s: float = 0.0
    """Of computing time, whatever else the machine did meanwhile."""
    detail: str = ""

    @property
    def line(self) -> str:
        """For people who wait."""
        name = self.task.name or f"seed {self.task.seeds}"
        how = f"{self.task.way.value} {self.seeds}" if self.seeds else self.task.way.value
        took = f"{self.simulated_s:7.0f} s lived {self.computed_s:6.1f} s"
        found = "; ".join(self.found) or "-"
        return f"{'ok ' if self.good else 'NOT'} {name:<24} {how:<10} {took}  {found}"


def carry_out(task: Task) -> Hunt:
    """One hunt, whole."""
    began_s = time.process_time()
    with a_directory() as folder:
        mutant = MUTANTS.get(task.name)
        site = one_shaft(Path(folder)) if mutant is not None and mutant.one_shaft else None
        if mutant is None:
            hunt = _whole_seed(task)
        elif task.way is Way.SEEDS:
            hunt = _by_seeds(task, mutant, site)
        else:
            options = replace(mutant.options, site=site or mutant.options.site)
            hunt = _by_aim(task, mutant, options)
    return replace(hunt, computed_s=time.process_time() - began_s)


def _drawn(seed: int, site: Path | None = None) -> Options:
    """The options of an ordinary seed, which ends with the first thing that must never be."""
    options = options_of_seed(seed, Fixed(hours=HOURS, site=site))
    return replace(options, stop_at_first=True, settling_s_max=SETTLING_S_MAX)


def _by_aim(task: Task, mutant: Mutant, options: Options) -> Hunt:
    reached = Reached()
    aimed = task.way is Way.AIMED
    with mutant.break_it(reached) if aimed else nullcontext():
        result = play(options, mutant.aim)
    found = tuple(rules(result))
    good = bool(reached.times and set(found) & set(mutant.found_by)) if aimed else not found
    return Hunt(
        task,
        found,
        good,
        reached=reached.times,
        simulated_s=result.simulated_s,
        detail=_detail(result, reached if aimed else None),
    )


def _by_seeds(task: Task, mutant: Mutant, site: Path | None) -> Hunt:
    """One seed after the other until one finds the bug under its rule."""
    reached, other = Reached(), list[str]()
    simulated_s = 0.0
    for seed in range(1, task.seeds + 1):
        options = _drawn(seed, site)
        with mutant.break_it(reached):
            result = play(options, draw_plan(options))
        simulated_s += result.simulated_s
        found = tuple(rules(result))
        if reached.times and set(found) & set(mutant.found_by):
            return Hunt(task, found, True, seed, tuple(other), reached.times, simulated_s)
        other += [rule for rule in found if rule not in other]
    # The aimed plan is there for what no drawn seed leads to: nothing is wrong with that.
    return Hunt(task, (), True, 0, tuple(other), reached.times, simulated_s)


def _whole_seed(task: Task) -> Hunt:
    options = _drawn(task.seeds)
    result = play(options, draw_plan(options))
    found = tuple(rules(result))
    detail = _detail(result, None)
    return Hunt(task, found, not found, simulated_s=result.simulated_s, detail=detail)


def _detail(result: Result, reached: Reached | None) -> str:
    ran = [] if reached is None else [f"the broken code ran {reached.times} times"]
    return "\n".join([*ran, *result.problems, *result.last_minutes[-60:]])
