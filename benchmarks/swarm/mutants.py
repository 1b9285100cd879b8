"""Planted bugs: each rule is broken on purpose, and the judge has to find it.

    python -m benchmarks.swarm.mutants
    python -m benchmarks.swarm.mutants job_before_journal stale_snapshot

Each bug has an aimed plan. It is played once with the rule whole, where nothing may be found, and
once with the rule broken, where the named rule has to be found violated. Ends with 0 only then.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.swarm import mutations
from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.plan import Options, Plan
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import play, rules
from benchmarks.swarm.traffic import Manner

CERTAIN = "the ledger is certain of what is not so"


@dataclass(frozen=True)
class Mutant:
    """One broken rule, and the plan that leads to it."""

    break_it: Callable[[], mutations.Break]
    aim: Plan
    found_by: str
    """The rule that has to be found violated first or at all."""
    options: Options = AIMED


@dataclass(frozen=True)
class Hunt:
    """What became of one mutant."""

    name: str
    found: str
    """The rules that were found violated; empty when none was."""
    simulated_s: float
    wall_s: float
    expected: bool
    detail: str


MUTANTS: dict[str, Mutant] = {
    "job_before_journal": Mutant(
        mutations.job_before_journal,
        plan(trip()),
        "a job is executed that the journal does not have",
    ),
    "plc_without_memory": Mutant(
        mutations.plc_without_memory,
        plan(trip()),
        "the journal has ended a job that still runs",
    ),
    "acknowledged_is_done": Mutant(mutations.acknowledged_is_done, plan(trip()), CERTAIN),
    "unknown_is_repeated": Mutant(
        mutations.unknown_is_repeated,
        plan(trip(), fault(FaultKind.PLC_RESTART, 1.0, upon="gripped")),
        CERTAIN,
    ),
    "restart_forgets_jobs": Mutant(
        mutations.restart_forgets_jobs,
        plan(trip(), fault(FaultKind.CRASH, 1.0, upon="gripped")),
        CERTAIN,
    ),
    "one_sensor_bay_clear": Mutant(
        mutations.one_sensor_bay_clear,
        plan(
            replace(trip(), manner=Manner.LEAVES_CAR),
            fault(
                FaultKind.BREAKS,
                300.0,
                upon="outer door opening",
                name="sensor-stuck",
                where="bay1.presence",
            ),
        ),
        CERTAIN,
    ),
    "stale_snapshot": Mutant(
        mutations.stale_snapshot,
        plan(trip(), fault(FaultKind.PLC_LINE_CUT, 60.0, upon="walks up")),
        "a movement is planned on old data",
    ),
    "door_for_anybody": Mutant(
        mutations.door_for_anybody,
        plan(replace(trip(), manner=Manner.STRANGER_FIRST)),
        "a street door opens for somebody unproven",
    ),
    "two_cars_to_one_slot": Mutant(
        mutations.two_cars_to_one_slot,
        plan(trip()),
        # Sensors and the ledger's comparison refuse it each time: the car never gets a slot.
        "does not come to rest",
    ),
    "retry_with_new_id": Mutant(
        mutations.retry_with_new_id,
        plan(trip(), fault(FaultKind.CLOUD_ERRORS, upon="walks up", name="drop_after")),
        "an event comes under two names",
    ),
    "lease_outlives_its_job": Mutant(
        mutations.lease_outlives_its_job,
        plan(trip(), fault(FaultKind.ESTOP, 5.0, upon="gripped")),
        "a job that has ended still holds something",
    ),
    "departure_not_owed": Mutant(
        mutations.departure_not_owed, plan(trip()), "a departure is not told"
    ),
}


def hunt(name: str) -> Hunt:
    """Play the plan with the rule broken."""
    mutant = MUTANTS[name]
    with mutant.break_it():
        result = play(mutant.options, mutant.aim)
    return _judged(name, result, mutant.found_by in rules(result))


def control(name: str) -> Hunt:
    """Play the plan with the rule whole."""
    mutant = MUTANTS[name]
    result = play(mutant.options, mutant.aim)
    return _judged(name, result, result.held)


def _judged(name: str, result: Result, expected: bool) -> Hunt:
    found = "; ".join(rules(result))
    detail = "\n".join([*result.problems, *result.last_minutes[-60:]])
    return Hunt(name, found, result.simulated_s, result.wall_s, expected, detail)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt the mutants that are named, or all; 0 when each was found and no control was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swarm.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MUTANTS))
    parser.add_argument("--no-controls", action="store_true", help="only with the rule broken")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in MUTANTS]
    if unknown:
        parser.error(f"mutant {unknown[0]!r}, expected one of {', '.join(MUTANTS)}")
    good, began_s = True, time.perf_counter()
    for name in asked.names or MUTANTS:
        good &= _tell("broken", hunt(name))
        if not asked.no_controls:
            good &= _tell("whole", control(name))
    said = "all as it should be" if good else "NOT ALL AS IT SHOULD BE"
    print(f"{said}, {time.perf_counter() - began_s:.0f} s")
    return 0 if good else 1


def _tell(how: str, hunted: Hunt) -> bool:
    print(
        f"{'ok ' if hunted.expected else 'NOT'} {hunted.name:<24} {how:<7} "
        f"{hunted.simulated_s:6.0f} s lived {hunted.wall_s:6.1f} s  {hunted.found or '-'}",
        flush=True,
    )
    if not hunted.expected:
        print(hunted.detail)
    return hunted.expected


if __name__ == "__main__":
    raise SystemExit(main())
