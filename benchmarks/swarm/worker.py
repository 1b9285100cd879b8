"""A process that plays seeds: a line of JSON for each task comes in, one or two lines go out.

    python -m benchmarks.swarm.worker

The first answer says what came of the run. If that failed, the second has it made small. What the
code under test prints goes to the error stream, so that it cannot be taken for an answer.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.swarm import coverage
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.plan import (
    Options,
    Plan,
    draw_plan,
    options_of,
    options_tables,
    plan_of,
    plan_tables,
    told,
)
from benchmarks.swarm.reach import Counts, reached
from benchmarks.swarm.record import WrittenRecord
from benchmarks.swarm.room import a_directory
from benchmarks.swarm.run import Result, run_seed
from benchmarks.swarm.shrink import made_small, rules

PLAYED, SMALL, BROKEN = "played", "small", "broken"


def answers(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Play one task: options, perhaps a plan, perhaps a planted bug, seconds for the shrinking."""
    options = options_of(task["options"])
    plan = draw_plan(options) if task["plan"] is None else plan_of(task["plan"])
    with _broken_by(task["bug"]):
        began_s = time.process_time()
        result, reached_items = _play(options, plan)
        cpu_s = time.process_time() - began_s
        yield {"answer": PLAYED, "coverage": reached_items, "cpu_s": cpu_s, **_told(result)}
        if result.problems and task["shrink_s"] > 0:
            small = made_small(result, task["shrink_s"], _say)
            yield {"answer": SMALL, **_told(small)}


def _broken_by(bug: str | None) -> AbstractContextManager[object]:
    return nullcontext() if bug is None else MUTANTS[bug].broken()


def _play(options: Options, plan: Plan) -> tuple[Result, Counts]:
    with a_directory() as directory, reached() as counts:
        result = run_seed(options, Path(directory), plan)
        return result, coverage.of_run(result, counts, WrittenRecord(Path(directory)))


def _told(result: Result) -> dict[str, Any]:
    """What a run has to say, as JSON can carry it; the story of a good run is left out."""
    failed = bool(result.problems)
    return {
        "options": options_tables(result.options),
        "plan": plan_tables(result.plan) if failed else None,
        "plan_told": list(told(result.plan)) if failed else [],
        "trace": result.trace,
        "problems": result.problems,
        "rules": rules(result) if failed else [],
        "story": result.last_minutes,
        "simulated_s": result.simulated_s,
        "calendar_s": result.calendar_s,
        "wall_s": result.wall_s,
        "jobs": result.jobs,
        "visits": len(result.records),
    }


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Answer task by task until no more come."""
    faulthandler.enable()  # a run that hangs is ended by SIGABRT and tells where it was
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            try:
                for answer in answers(json.loads(line)):
                    print(json.dumps(answer), file=out, flush=True)
            except Exception:  # whatever it is, it belongs to this seed
                broken = {"answer": BROKEN, "problems": [traceback.format_exc()]}
                print(json.dumps(broken), file=out, flush=True)


if __name__ == "__main__":
    main()
