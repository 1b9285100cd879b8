"""A failure told to people: what did not hold, plan and story, and how to see it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.swarm.campaign import DIFFERS, HASH_SEED, OTHER_HASH_SEED, Failure
from benchmarks.swarm.crew import Outcome
from benchmarks.swarm.plan import FORMAT, Options, options_tables, plan_tables

PROBLEM_LINES = 12
STORY_LINES = 60


def told_failure(failure: Failure, keep: Path) -> Iterator[str]:
    """All of it in words; the plan is written into the folder on the way."""
    outcome = failure.outcome
    if failure.repeated is not None:
        yield from _told_difference(outcome, failure.repeated, keep)
        return
    yield f"{_named(outcome)} FAILED"
    for problem in outcome.problems[:5]:
        yield from (f"  {line}" for line in problem.splitlines()[:PROBLEM_LINES])
    told = outcome.small or outcome.played
    if told:
        yield "  the plan:" if outcome.small else "  the plan, not made small:"
        yield from (f"    {line}" for line in told["plan_told"])
        yield "  the story:"
        yield from (f"    {line}" for line in told["story"][-STORY_LINES:])
    if outcome.last_words:
        yield "  what the worker said last:"
        yield from (f"    {line}" for line in outcome.last_words)
    path = write_failure(outcome, keep)
    bug = "" if outcome.task.bug is None else f" --bug {outcome.task.bug}"
    yield f"  again: python -m benchmarks.swarm --plan {shlex.quote(str(path))}{bug}"


def by_rule(failures: Iterable[Failure]) -> dict[str, list[str]]:
    """The runs that failed, by what they violated first."""
    names: dict[str, list[str]] = {}
    for failure in failures:
        outcome = failure.outcome
        rule = DIFFERS if failure.repeated is not None else _rule(outcome)
        names.setdefault(rule, []).append(outcome.task.name)
    return names


def _rule(outcome: Outcome) -> str:
    """What was violated first; of a run that gave no answer, why."""
    named = outcome.played.get("rules", ())
    return str(named[0]) if named else outcome.problems[0].splitlines()[-1]


def write_failure(outcome: Outcome, keep: Path) -> Path:
    """Keep the smallest plan that failed; of one that held or never answered, its options."""
    told = outcome.small or outcome.played
    tables: dict[str, Any] = {
        "format": FORMAT,
        "options": options_tables(outcome.task.options),
        "found": list(outcome.problems[:5]),
    }
    if told.get("plan"):
        tables |= {**told["plan"], "options": told["options"] | {"stop_at_first": False}}
    elif outcome.task.plan is not None:
        tables |= plan_tables(outcome.task.plan)
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"{outcome.task.name}.json"
    path.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    return path


def _named(outcome: Outcome) -> str:
    options: Options = outcome.task.options
    return (
        f"{outcome.task.name} ({options.site.name}, {options.tier.value} tier, "
        f"{options.days * 24:g} h, {options.trips_per_day / 24:g} trips an hour, strength "
        f"{options.strength:g}, haste {options.haste:g}, {options.cars} cars)"
    )


def _told_difference(first: Outcome, second: Outcome, keep: Path) -> Iterator[str]:
    yield f"{_named(first)} FAILED"
    yield f"  {DIFFERS}: {first.trace}, then {second.trace or 'none'}"
    for problem in second.problems[:2]:
        yield from (f"  the second: {line}" for line in problem.splitlines()[:PROBLEM_LINES])
    yield from _first_difference(first.played, second.played)
    path = shlex.quote(str(write_failure(first, keep)))
    for hash_seed in (HASH_SEED, OTHER_HASH_SEED):
        yield f"  again: PYTHONHASHSEED={hash_seed} python -m benchmarks.swarm --plan {path}"


def _first_difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    for one, other in zip_longest(first.get("story", []), second.get("story", []), fillvalue="-"):
        if one != other:
            yield f"  first difference in the last minutes: {one!r} and {other!r}"
            return
    yield "  the last minutes do not differ; it came before"
