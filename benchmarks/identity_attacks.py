"""How often attacks pass and people do not: ``python -m benchmarks.identity_attacks``.

Simulated people and simulated attacks before a simulated camera; sessions, engine and thresholds
are the controller's own. The figures tell how the method separates these rendered heads from
these rendered sheets. They are no error rates of a site, where other faces, cameras, lamps and
impostors come.

``--trials`` is per kind; ``--kind`` restricts; ``--json`` and ``--picture`` write files. Exit
status 1 when a target is missed. APCER is the share of attacks that were accepted, BPCER that of
genuine people who were not (ISO/IEC 30107-3); intervals are Wilson's, 95 %.
"""

import argparse
import json
import math
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from benchmarks.attack_rig import Outcome, Rig, Trial
from benchmarks.identity_rig import machine
from hardware_sim.people.acting import Conditions, Presented
from hardware_sim.people.portraits import PORTRAITS
from vendtower.adapters.identity.engine import Picture
from vendtower.domain.identity import FaceMatched, FaceRefused
from vendtower.domain.liveness import LivenessRecord

DISTANCES_M = (0.5, 0.65, 0.85)
LIGHTS = (1.0, 0.7, 0.4)
BLURS_PX = (0.0, 0.6, 1.0)
NOISES = (2.0, 4.0)
APCER_MAX = 0.02
BPCER_MAX = 0.05
HELD_TO_TARGET = {Presented.FLAT_PRINT, Presented.BENT_PRINT, Presented.STILL_SCREEN}
"""A prepared film may fit by chance; its rate is reported, not promised."""
SECONDS_MEDIAN_MAX = 8.0

Group = dict[str, float | int | list[float]]


def plan(kinds: Sequence[Presented], trials: int, seed: int) -> list[Trial]:
    """The trials, every condition about equally often, in an order that means nothing."""
    chance = random.Random(seed)
    names = sorted(PORTRAITS)
    planned = []
    for kind in kinds:
        for number in range(trials):
            conditions = Conditions(
                distance_m=DISTANCES_M[number % 3],
                light=chance.choice(LIGHTS),
                blur_px=chance.choice(BLURS_PX),
                noise=chance.choice(NOISES),
            )
            name = names[number // 3 % len(names)]
            planned.append(Trial(kind, name, conditions, chance.randrange(2**31)))
    return planned


def accepted(outcome: Outcome) -> bool:
    """Whether the person or thing was taken for the customer."""
    return isinstance(outcome.result, FaceMatched)


def wrong(outcome: Outcome) -> bool:
    """An attack that passed, or a person who did not."""
    return accepted(outcome) != (outcome.trial.what is Presented.GENUINE)


def wilson(errors: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) for no trials."""
    if count == 0:
        return 0.0, 1.0
    share = errors / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def rate(outcomes: Sequence[Outcome]) -> Group:
    """Errors among these trials."""
    errors = sum(map(wrong, outcomes))
    low, high = wilson(errors, len(outcomes))
    share = errors / len(outcomes) if outcomes else 0.0
    return {
        "trials": len(outcomes),
        "errors": errors,
        "rate": round(share, 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def by(outcomes: Sequence[Outcome], key: Callable[[Outcome], object]) -> dict[str, Group]:
    """The rate of each group."""
    groups: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return {str(name): rate(groups[name]) for name in sorted(groups, key=str)}


def report_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Everything about one kind."""
    seconds = sorted(outcome.took_s for outcome in outcomes)
    return {
        "overall": rate(outcomes),
        "answers": dict(Counter(_answer(outcome) for outcome in outcomes)),
        "distance_m": by(outcomes, lambda outcome: outcome.trial.conditions.distance_m),
        "light": by(outcomes, lambda outcome: outcome.trial.conditions.light),
        "blur_px": by(outcomes, lambda outcome: outcome.trial.conditions.blur_px),
        "noise": by(outcomes, lambda outcome: outcome.trial.conditions.noise),
        "portrait": by(outcomes, lambda outcome: outcome.trial.portrait),
        "seconds_median": statistics.median(seconds),
        "seconds_max": seconds[-1],
        "errors": [_described(outcome) for outcome in outcomes if wrong(outcome)],
    }


def _answer(outcome: Outcome) -> str:
    return outcome.result.reason.value if isinstance(outcome.result, FaceRefused) else "matched"


def _described(outcome: Outcome) -> dict[str, object]:
    """One wrong answer, to be looked into and played again by its seed."""
    record = outcome.result.record
    liveness: LivenessRecord | None = None if record is None else record.liveness
    challenges = () if liveness is None else liveness.challenges
    return {
        "answer": _answer(outcome),
        "portrait": outcome.trial.portrait,
        "conditions": asdict(outcome.trial.conditions),
        "seed": outcome.trial.seed,
        "challenges": [
            {**asdict(each), "kind": each.kind.value, "outcome": each.outcome.value}
            for each in challenges
        ],
    }


def met(kind: Presented, report: dict[str, object]) -> bool:
    """Whether the kind's target is reached."""
    overall = report["overall"]
    assert isinstance(overall, dict)
    if kind is Presented.GENUINE:
        seconds = report["seconds_median"]
        assert isinstance(seconds, float)
        return bool(overall["rate"] <= BPCER_MAX and seconds <= SECONDS_MEDIAN_MAX)
    return kind not in HELD_TO_TARGET or bool(overall["rate"] <= APCER_MAX)


@cache
def _rig() -> Rig:
    return Rig()


def run_one(trial: Trial) -> Outcome:
    """One trial in this process."""
    return _rig().run(trial)


def run_all(trials: Sequence[Trial], jobs: int) -> list[Outcome]:
    """All trials, in order; ``jobs`` processes share them."""
    if jobs == 1:
        return [run_one(trial) for trial in trials]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(run_one, trials, chunksize=2))


def contact_sheet(seed: int, kinds: Sequence[Presented]) -> Picture:
    """What the camera saw of one trial of each kind: a row of twelve pictures each."""
    rows = []
    for trial in plan(kinds, 1, seed):
        pictures: list[Picture] = []
        _rig().run(trial, pictures)
        picked = [pictures[round(at)] for at in np.linspace(0, len(pictures) - 1, 12)]
        row = np.hstack([cv2.resize(each, (160, 120)) for each in picked])
        cv2.putText(row, trial.what.value, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1)
        rows.append(np.asarray(row, np.uint8))
    return np.vstack(rows)


def show(kind: Presented, report: dict[str, object]) -> None:
    """A kind's figures as text."""
    name = "BPCER" if kind is Presented.GENUINE else "APCER"
    verdict = "" if met(kind, report) else "   TARGET MISSED"
    promised = kind is Presented.GENUINE or kind in HELD_TO_TARGET
    print(f"\n{kind.value}: {report['answers']}{verdict if promised else '   (no target)'}")
    print(f"  seconds: median {report['seconds_median']}, longest {report['seconds_max']}")
    _line(name, report["overall"])
    for group in ("distance_m", "light", "blur_px", "noise", "portrait"):
        groups = report[group]
        assert isinstance(groups, dict)
        for value, figures in groups.items():
            _line(f"  {group} {value}", figures)


def _line(name: str, figures: object) -> None:
    assert isinstance(figures, dict)
    low, high = figures["interval"]
    print(
        f"  {name:28s} {figures['errors']:3d} of {figures['trials']:3d} = "
        f"{100 * figures['rate']:5.1f} %   ({100 * low:.1f} to {100 * high:.1f} %)"
    )


def main() -> int:
    """Run, print, write; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=[kind.value for kind in Presented])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    kinds = [Presented(value) for value in arguments.kind or [kind.value for kind in Presented]]
    began_s = time.monotonic()
    outcomes = run_all(plan(kinds, arguments.trials, arguments.seed), arguments.jobs)
    reports = {
        kind: report_of([outcome for outcome in outcomes if outcome.trial.what is kind])
        for kind in kinds
    }
    print("SIMULATION: rendered people and attacks; not the error rates of any site")
    for kind, report in reports.items():
        show(kind, report)
    good = all(met(kind, report) for kind, report in reports.items())
    took_s = round(time.monotonic() - began_s, 1)
    print(f"\n{len(outcomes)} trials in {took_s} s; targets {'met' if good else 'MISSED'}")
    if arguments.json:
        content = {
            "simulation": True,
            "machine": machine(),
            "seed": arguments.seed,
            "took_s": took_s,
            "targets_met": good,
            "kinds": {kind.value: report for kind, report in reports.items()},
        }
        arguments.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    if arguments.picture:
        cv2.imwrite(str(arguments.picture), contact_sheet(arguments.seed, kinds))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
