"""Planted bugs: each rule is broken on purpose, and the judge has to find it.

    python -m benchmarks.swarm.mutants
    python -m benchmarks.swarm.mutants job_before_journal stale_snapshot
    python -m benchmarks.swarm.mutants --seeds 20 --jobs 2

Each bug has an aimed plan. It is played once with the rule whole, where nothing may be found, and
once with the rule broken, where the named rule has to be found violated. Beside that the bug is
hunted with drawn seeds of the ordinary swarm, an hour each, until one of them finds it. A planted
bug whose code never ran counts as not found. Ends with 0 only if each aimed plan found its bug
under its rule, and nothing was found where the rules are whole.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from benchmarks.swarm.mutant_hunt import Hunt, Task, Way, carry_out
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.mutant_table import table, written_into

SEEDS = 3


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    names: tuple[str, ...]
    seeds: int
    jobs: int
    controls: bool
    within_s: float | None = None
    """After this no hunt is begun any more; what was not hunted is missing in the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt the mutants that are named, or all; 0 when each was found and no control was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swarm.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MUTANTS))
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, help="drawn seeds to try at most on each; 0 for none"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--within", type=float, metavar="SECONDS", help="begin no hunt after this time"
    )
    parser.add_argument("--no-controls", action="store_true", help="only with the rule broken")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="write the table into this page's section"
    )
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in MUTANTS]
    if unknown:
        parser.error(f"mutant {unknown[0]!r}, expected one of {', '.join(MUTANTS)}")
    names = tuple(given.names or MUTANTS)
    asked = Asked(names, given.seeds, given.jobs, not given.no_controls, given.within)
    began_s = time.perf_counter()
    hunts = [_told(hunt) for hunt in hunted(asked)]
    wall_s = time.perf_counter() - began_s
    aimed = {hunt.task.name for hunt in hunts if hunt.task.way is Way.AIMED}
    good = all(hunt.good for hunt in hunts) and aimed == set(names)
    print("\n".join(table(hunts)))
    said = "all as it should be" if good else "NOT ALL AS IT SHOULD BE"
    print(f"{said}: {len(names)} planted bugs, {wall_s:.0f} s in {asked.jobs} processes")
    if given.write is not None:
        written_into(given.write, hunts, seeds=asked.seeds, wall_s=wall_s, jobs=asked.jobs)
    return 0 if good else 1


def hunted(asked: Asked) -> Iterable[Hunt]:
    """Every hunt as it ends."""
    tasks = [Task(Way.AIMED, name) for name in asked.names]
    if asked.controls:
        tasks += [Task(Way.WHOLE, name) for name in _with_own_plan(asked.names)]
    # A seed with every rule whole stands for the seeds of all bugs.
    if asked.seeds:
        tasks += [Task(Way.SEEDS, name, asked.seeds) for name in asked.names]
        tasks += [Task(Way.WHOLE_SEED, "", seed) for seed in range(1, asked.seeds + 1)]
    with ProcessPoolExecutor(max_workers=asked.jobs) as pool:
        left = {pool.submit(carry_out, task) for task in tasks}
        try:
            for done in as_completed(list(left), asked.within_s):
                left.remove(done)
                yield done.result()
        except TimeoutError:
            begun = [hunt for hunt in left if not hunt.cancel()]
            yield from (done.result() for done in as_completed(begun))


def _with_own_plan(names: Iterable[str]) -> list[str]:
    """Of bugs that have their plan in common the first: with the rules whole it is one run."""
    first: dict[object, str] = {}
    for name in names:
        mutant = MUTANTS[name]
        first.setdefault((mutant.aim, mutant.options, mutant.one_shaft), name)
    return list(first.values())


def _told(hunt: Hunt) -> Hunt:
    print(hunt.line, flush=True)
    if not hunt.good:
        print(hunt.detail, flush=True)
    return hunt


if __name__ == "__main__":
    raise SystemExit(main())
