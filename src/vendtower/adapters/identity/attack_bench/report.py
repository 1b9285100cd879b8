"""Outcomes to figures: APCER and BPCER by kind and condition, with exact intervals; pure.

APCER is the share of attacks of one kind that were accepted, BPCER that of genuine people who were
not (ISO/IEC 30107-3).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from vendtower.adapters.identity.attack_bench.renderers import GENUINE
from vendtower.adapters.identity.attack_bench.trial import MATCHED, Outcome
from vendtower.adapters.identity.pair_bench.rates import INTERVAL, rate_of

APCER_MAX = 0.02
BPCER_MAX = 0.05
SECONDS_MEDIAN_MAX = 8.0
"""A genuine customer, from the first picture to the answer."""
REPORTED_ONLY = {"prepared_turn"}
"""A prepared film may fit by chance; its rate is reported, not promised."""

Report = dict[str, object]

_GROUPS: dict[str, Callable[[Outcome], object]] = {
    "distance_m": lambda outcome: outcome.trial.conditions.distance_m,
    "light": lambda outcome: outcome.trial.conditions.light,
    "blur_px": lambda outcome: outcome.trial.conditions.blur_px,
    "noise": lambda outcome: outcome.trial.conditions.noise,
    "person": lambda outcome: outcome.trial.person,
}


def wrong(outcome: Outcome) -> bool:
    """An attack that passed, or a person who did not."""
    return (outcome.answer == MATCHED) != (outcome.trial.kind == GENUINE)


def report_of(outcomes: Sequence[Outcome]) -> Report:
    """Everything about one kind, of which there is at least one outcome."""
    kind = outcomes[0].trial.kind
    seconds = sorted(outcome.took_s for outcome in outcomes)
    overall = _rate(outcomes)
    return {
        "kind": kind,
        "rate": "BPCER" if kind == GENUINE else "APCER",
        "target": _target(kind),
        "interval": INTERVAL,
        "overall": overall,
        "answers": dict(Counter(outcome.answer for outcome in outcomes)),
        "by": {name: _by(outcomes, key) for name, key in _GROUPS.items()},
        "seconds_median": round(statistics.median(seconds), 2),
        "seconds_max": seconds[-1],
        "met": _met(kind, overall, statistics.median(seconds)),
        "errors": [
            {
                "answer": outcome.answer,
                "distance": outcome.distance,
                **asdict(outcome.trial),
                "challenges": list(outcome.challenges),
            }
            for outcome in outcomes
            if wrong(outcome)
        ],
    }


def _target(kind: str) -> float | None:
    if kind in REPORTED_ONLY:
        return None
    return BPCER_MAX if kind == GENUINE else APCER_MAX


def _rate(outcomes: Sequence[Outcome]) -> dict[str, float | int]:
    rate = rate_of(sum(map(wrong, outcomes)), len(outcomes))
    return {
        "errors": rate.count,
        "trials": rate.of,
        "rate": round(rate.rate or 0.0, 4),
        "low": round(rate.low, 4),
        "high": round(rate.high, 4),
    }


def _by(outcomes: Sequence[Outcome], key: Callable[[Outcome], object]) -> dict[str, object]:
    groups: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return {str(name): _rate(groups[name]) for name in sorted(groups, key=str)}


def _met(kind: str, overall: dict[str, float | int], seconds_median: float) -> bool:
    target = _target(kind)
    if target is None:
        return True
    in_time = kind != GENUINE or seconds_median <= SECONDS_MEDIAN_MAX
    return overall["rate"] <= target and in_time


def text_lines(reports: Sequence[Report]) -> list[str]:
    """The figures as text."""
    lines = ["SIMULATION: rendered people and attacks; not the error rates of any site"]
    for report in reports:
        lines += ["", *_kind_lines(report)]
    return lines


def _kind_lines(report: Report) -> list[str]:
    overall, target = report["overall"], report["target"]
    assert isinstance(overall, dict)
    assert isinstance(target, float | None)
    answers, groups = report["answers"], report["by"]
    assert isinstance(answers, dict)
    assert isinstance(groups, dict)
    heard = ", ".join(f"{count} {answer}" for answer, count in sorted(answers.items()))
    lines = [
        f"{report['kind']}: {heard}",
        f"  seconds: median {report['seconds_median']}, longest {report['seconds_max']}",
        _rate_line(f"{report['rate']}", overall) + _verdict(overall, target, bool(report["met"])),
    ]
    for name, values in groups.items():
        lines += [_rate_line(f"  {name} {value}", rate) for value, rate in values.items()]
    return lines


def _verdict(overall: dict[str, float], target: float | None, met: bool) -> str:
    if target is None:
        return "   no target"
    if not met:
        return f"   TARGET MISSED ({100 * target:.0f} %)"
    shown = "" if overall["high"] <= target else ", too few trials to show it"
    return f"   target {100 * target:.0f} % met{shown}"


def _rate_line(name: str, rate: dict[str, float]) -> str:
    return (
        f"  {name:28s} {rate['errors']:3d} of {rate['trials']:3d} = {100 * rate['rate']:5.1f} %"
        f"   ({100 * rate['low']:.1f} to {100 * rate['high']:.1f} %)"
    )
