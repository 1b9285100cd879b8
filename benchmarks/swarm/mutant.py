"""A planted bug with the plan that leads to it and the rule that has to find it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.swarm.aimed import AIMED
from benchmarks.swarm.mutation import Break, Mutation, Reached
from benchmarks.swarm.plan import Options, Plan


@dataclass(frozen=True)
class Mutant:
    """One broken rule, and the plan that leads to it."""

    break_it: Mutation
    aim: Plan
    found_by: tuple[str, ...]
    """The rules under any of which it has been found."""
    options: Options = AIMED
    one_shaft: bool = False
    """Play it on the tower with two lifts, both in one shaft."""

    def broken(self) -> Break:
        """The rule broken, for whoever does not count how often that code runs."""
        return self.break_it(Reached())

    @property
    def what(self) -> str:
        """What is broken, in a sentence."""
        return (self.break_it.__doc__ or "").split("\n")[0].rstrip(".")


def planted(break_it: Mutation, aim: Plan, *found_by: str, options: Options = AIMED) -> Mutant:
    """A bug with its plan, found by any of these rules."""
    return Mutant(break_it, aim, found_by, options)
