"""The figures of a bench, as values for JSON and as text for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from vendtower.adapters.identity.engine import distance
from vendtower.adapters.identity.pair_bench.describing import Described, Description, NotDescribed
from vendtower.adapters.identity.pair_bench.pairs import Pair
from vendtower.adapters.identity.pair_bench.rates import INTERVAL, Distances, Rate, rate_of

_ROC_POINTS_MAX = 400
_STAGES = ("detect", "landmarks", "describe")


@dataclass(frozen=True)
class Compared:
    """A pair with the distance of its two faces."""

    pair: Pair
    distance: float


@dataclass(frozen=True)
class Bench:
    """Everything that was measured."""

    engine: str
    threshold: float
    fmr_target: float
    pairs: Sequence[Pair]
    descriptions: Mapping[str, Description]
    enrolment_gates: bool
    """Pictures that enrolment would refuse count as failures to acquire."""

    def why_not(self, file: str) -> str | None:
        """Why a picture takes no part; None when it does."""
        match self.descriptions[file]:
            case NotDescribed(why=why):
                return why
            case Described(not_enrollable=reasons) if self.enrolment_gates and reasons:
                return reasons[0]
        return None

    def compared(self) -> list[Compared]:
        """The pairs of which both faces were acquired."""
        found = []
        for pair in self.pairs:
            one, other = self.descriptions[pair.file_x], self.descriptions[pair.file_y]
            if self.why_not(pair.file_x) or self.why_not(pair.file_y):
                continue
            if isinstance(one, Described) and isinstance(other, Described):
                found.append(Compared(pair, distance(one.descriptor, other.descriptor)))
        return found

    def report(self) -> dict[str, Any]:
        """Values for JSON; all but ``time_ms`` are the same each time."""
        compared = self.compared()
        distances = Distances.of(
            [each.distance for each in compared if each.pair.same],
            [each.distance for each in compared if not each.pair.same],
        )
        described = [each for each in self.descriptions.values() if isinstance(each, Described)]
        return {
            "schema": 1,
            "engine": self.engine,
            "model": described[0].model if described else None,
            "threshold": self.threshold,
            "interval": INTERVAL,
            "pairs": self._pair_counts(distances),
            "fmr": _rate(distances.false_matches(self.threshold)),
            "fnmr": _rate(distances.false_non_matches(self.threshold)),
            "fnmr_with_failures_to_acquire": _rate(self._refused_at_all(distances)),
            "equal_error": _equal_error(distances),
            "fmr_target": self._target(distances),
            "failures_to_acquire": self._failures(),
            "several_faces": sorted(each.file for each in described if each.others),
            "not_enrollable": {
                each.file: list(each.not_enrollable)
                for each in sorted(described, key=lambda each: each.file)
                if each.not_enrollable
            },
            "found_by": dict(sorted(Counter(each.found_by for each in described).items())),
            "time_ms": self._times(),
            "roc": [asdict(point) for point in _thinned(distances.roc())],
            "comparisons": [
                {**asdict(each.pair), "distance": round(each.distance, 4)} for each in compared
            ],
        }

    def _pair_counts(self, distances: Distances) -> dict[str, int]:
        genuine, impostor = len(distances.genuine), len(distances.impostor)
        return {
            "given": len(self.pairs),
            "genuine": genuine,
            "impostor": impostor,
            "left_out": len(self.pairs) - genuine - impostor,
        }

    def _refused_at_all(self, distances: Distances) -> Rate:
        """Of all pairs of one person: those beyond the threshold, and those never compared."""
        given = sum(pair.same for pair in self.pairs)
        lost = given - len(distances.genuine)
        return rate_of(distances.false_non_matches(self.threshold).count + lost, given)

    def _target(self, distances: Distances) -> dict[str, Any]:
        threshold = distances.threshold_for(self.fmr_target)
        seen = None if threshold is None else distances.false_matches(threshold)
        return {
            "fmr": self.fmr_target,
            "threshold": threshold,
            "fmr_at_threshold": None if seen is None else _rate(seen),
            "fnmr_at_threshold": (
                None if threshold is None else _rate(distances.false_non_matches(threshold))
            ),
            "set_is_large_enough": seen is not None and seen.high <= self.fmr_target,
        }

    def _failures(self) -> dict[str, Any]:
        files = {file: why for file in sorted(self.descriptions) if (why := self.why_not(file))}
        return {**_rate(rate_of(len(files), len(self.descriptions))), "files": files}

    def _times(self) -> dict[str, Any]:
        times: dict[str, Any] = {}
        for stage in _STAGES:
            spent_ms = sorted(
                1000.0 * seconds
                for each in self.descriptions.values()
                for name, seconds in each.spent_s.items()
                if name == stage
            )
            if spent_ms:
                times[stage] = {
                    "mean": round(fmean(spent_ms), 1),
                    "median": round(spent_ms[len(spent_ms) // 2], 1),
                    "p95": round(spent_ms[math.ceil(0.95 * len(spent_ms)) - 1], 1),
                }
        return times


def _rate(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "of": rate.of, "rate": rate.rate} | (
        {"low": round(rate.low, 6), "high": round(rate.high, 6)} if rate.of else {}
    )


def _equal_error(distances: Distances) -> dict[str, float] | None:
    point = distances.equal_error()
    if point is None:
        return None
    return {"rate": (point.fmr + point.fnmr) / 2, "threshold": round(point.threshold, 4)}


def _thinned(points: Sequence[Any]) -> Sequence[Any]:
    """At most so many points, the first and the last among them."""
    if len(points) <= _ROC_POINTS_MAX:
        return points
    step = (len(points) - 1) / (_ROC_POINTS_MAX - 1)
    return [points[round(step * nth)] for nth in range(_ROC_POINTS_MAX)]


# --- for people


def text_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report in sentences."""
    pairs, failures = report["pairs"], report["failures_to_acquire"]
    yield f"engine {report['engine']}, {report['model'] or 'no face described'}"
    yield (
        f"{pairs['given']} pairs: {pairs['genuine']} of one person and {pairs['impostor']} of two "
        f"compared, {pairs['left_out']} left out"
    )
    yield f"failures to acquire  {rate_text(failures)}"
    yield from (f"  {file}: {why}" for file, why in failures["files"].items())
    yield f"at the threshold {report['threshold']:g} (intervals {report['interval']}):"
    yield f"  FMR   {rate_text(report['fmr'])}"
    yield f"  FNMR  {rate_text(report['fnmr'])}"
    yield ("  FNMR with failures to acquire  " + rate_text(report["fnmr_with_failures_to_acquire"]))
    if (equal := report["equal_error"]) is not None:
        yield f"EER {100 * equal['rate']:.2f} % at {equal['threshold']:.4f}"
    yield from _target_lines(report["fmr_target"])
    if report["several_faces"]:
        yield "several faces, the largest near the middle was taken: " + ", ".join(
            report["several_faces"]
        )
    yield f"enrolment would refuse {len(report['not_enrollable'])} of the pictures with a face"
    yield "time a picture (ms): " + ", ".join(
        f"{stage} {time['median']} median, {time['p95']} p95"
        for stage, time in report["time_ms"].items()
    )


def _target_lines(target: Mapping[str, Any]) -> Iterator[str]:
    if target["threshold"] is None:
        yield f"no threshold for FMR {target['fmr']:g}: there are no pairs of two people"
        return
    yield (
        f"for FMR {target['fmr']:g} on this set: threshold {target['threshold']:.4f}, "
        f"FNMR {rate_text(target['fnmr_at_threshold'])}"
    )
    if not target["set_is_large_enough"]:
        high = target["fmr_at_threshold"]["high"]
        yield (
            f"  the set is too small to show that target: the true FMR there may be up to "
            f"{100 * high:.2f} %"
        )


def rate_text(rate: Mapping[str, Any]) -> str:
    """``2 of 38, 5.26 % (0.64 to 17.75 %)``."""
    if not rate["of"]:
        return "none to count"
    return (
        f"{rate['count']} of {rate['of']}, {100 * rate['rate']:.2f} % "
        f"({100 * rate['low']:.2f} to {100 * rate['high']:.2f} %)"
    )
