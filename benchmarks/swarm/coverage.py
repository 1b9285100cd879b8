"""What a campaign reached, out of all that it could have: counted by seed, added up, told.

A run hands back what its own code reached (`reach.py`), what it was told to play, and what its
journal has at the end. Counts of many runs are added; what no run reached is listed by name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.swarm import universe as all_of
from benchmarks.swarm.reach import Counts, count
from benchmarks.swarm.record import WrittenRecord
from benchmarks.swarm.run import Result
from benchmarks.swarm.traffic import Manner
from benchmarks.swarm.universe import Universe, universe
from vendtower.domain.job import OPEN_JOB_STATES

LISTED_MAX = 40
"""So many names of a group are listed on the screen; the file has all of them."""
_PREFIXES = {
    "fault: ": all_of.FAULTS,
    "broken: ": all_of.BREAKAGES,
    "cloud fault: ": all_of.CLOUD_FAULTS,
    "crash ": all_of.CRASH_POINTS,
}


def of_run(result: Result, reached: Counts, record: WrittenRecord) -> Counts:
    """Everything that one run reached."""
    counts: Counts = {group: Counter(items) for group, items in reached.items()}
    for what, times in result.counts.items():
        for prefix, group in _PREFIXES.items():
            if what.startswith(prefix):
                count(counts, group, what.removeprefix(prefix), times)
    for visit in result.records:
        group = all_of.MANNERS if visit.manner in Manner.__members__ else all_of.RETURNS
        count(counts, group, visit.manner)
    _add_written(counts, record)
    return counts


def _add_written(counts: Counts, record: WrittenRecord) -> None:
    open_states = {state.value for state in OPEN_JOB_STATES}
    for job in record.jobs():
        if job.state not in open_states:
            count(counts, all_of.JOB_ENDS, job.state)
    for case in record.cases():
        count(counts, all_of.CASES, case.kind)
        if case.settlement is not None:
            count(counts, all_of.SETTLEMENTS, case.settlement)
    for code in record.alarm_codes():
        count(counts, all_of.ALARMS, code)


def merged(parts: Iterable[Mapping[str, Mapping[str, int]]]) -> Counts:
    """The counts of several runs added up."""
    total: Counts = {}
    for part in parts:
        for group, items in part.items():
            total.setdefault(group, Counter()).update(items)
    return total


def never_reached(counts: Counts, group: str, within: Universe) -> list[str]:
    """The items of a group that no run reached."""
    return [item for item in within[group] if not counts.get(group, Counter())[item]]


def told(counts: Counts, within: Universe | None = None) -> Iterator[str]:
    """A line for each group, and what was never reached."""
    within = universe() if within is None else within
    yield f"{'coverage':<32} {'reached':>12} {'share':>6}"
    for group, items in within.items():
        missed = len(never_reached(counts, group, within))
        share = 1.0 - missed / len(items)
        yield f"{group:<32} {len(items) - missed:>5} of {len(items):>3} {share:>6.0%}"
    yield "never reached:"
    for group in within:
        missing = never_reached(counts, group, within)
        if missing:
            more = f", and {len(missing) - LISTED_MAX} more" if len(missing) > LISTED_MAX else ""
            yield f"  {group}: {', '.join(missing[:LISTED_MAX])}{more}"


def as_tables(counts: Counts) -> dict[str, Any]:
    """The whole coverage for a file: reached with counts, never reached by name."""
    within = universe()
    return {
        group: {
            "reached": len(items) - len(missing := never_reached(counts, group, within)),
            "of": len(items),
            "never": missing,
            "counts": dict(sorted(counts.get(group, Counter()).items())),
        }
        for group, items in within.items()
    }


def write(path: Path, counts: Counts) -> None:
    """Keep the coverage as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_tables(counts), indent=1) + "\n", encoding="utf-8")
