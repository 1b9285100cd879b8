"""Error rates of a matcher with their uncertainty; pure. Words of ISO/IEC 19795-1.

A pair matches when its distance is at most the threshold. FMR is the share of different people
that match, FNMR the share of the same people that do not.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
INTERVAL = "Clopper-Pearson, 95 %"
_HALVINGS = 60
_STEP = 1e-4
"""Thresholds are given to this step."""


@dataclass(frozen=True)
class Rate:
    """So many of so many, with the interval in which the true rate lies."""

    count: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        """None when there is nothing to count."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class RocPoint:
    """Both errors at one threshold."""

    threshold: float
    fmr: float
    fnmr: float


@dataclass(frozen=True)
class Distances:
    """The distances of all compared pairs, sorted."""

    genuine: tuple[float, ...]
    impostor: tuple[float, ...]

    @classmethod
    def of(cls, genuine: Sequence[float], impostor: Sequence[float]) -> Distances:
        """Sort them."""
        return cls(tuple(sorted(genuine)), tuple(sorted(impostor)))

    def false_matches(self, threshold: float) -> Rate:
        """FMR."""
        return rate_of(bisect_right(self.impostor, threshold), len(self.impostor))

    def false_non_matches(self, threshold: float) -> Rate:
        """FNMR."""
        count = len(self.genuine) - bisect_right(self.genuine, threshold)
        return rate_of(count, len(self.genuine))

    def roc(self) -> tuple[RocPoint, ...]:
        """Both errors at every distance that occurs; empty without pairs of both kinds."""
        if not self.genuine or not self.impostor:
            return ()
        return tuple(
            RocPoint(
                threshold,
                bisect_right(self.impostor, threshold) / len(self.impostor),
                1.0 - bisect_right(self.genuine, threshold) / len(self.genuine),
            )
            for threshold in sorted({0.0, *self.genuine, *self.impostor})
        )

    def equal_error(self) -> RocPoint | None:
        """Where both errors are nearest to each other; the EER is their mean."""
        return min(
            self.roc(),
            key=lambda point: (abs(point.fmr - point.fnmr), point.fmr + point.fnmr),
            default=None,
        )

    def threshold_for(self, fmr_target: float) -> float | None:
        """The highest threshold, to four places, whose FMR on this set is within the target.

        None without impostor pairs.
        """
        if not self.impostor:
            return None
        allowed = math.floor(fmr_target * len(self.impostor) + 1e-9)
        if allowed >= len(self.impostor):
            return self.impostor[-1]
        first_too_many = self.impostor[allowed]
        steps = math.floor(first_too_many / _STEP)
        if steps * _STEP >= first_too_many or bisect_left(
            self.impostor, steps * _STEP
        ) != bisect_left(self.impostor, first_too_many):
            steps -= 1
        return round(max(steps, 0) * _STEP, 4)


def rate_of(count: int, of: int) -> Rate:
    """The rate with its exact (Clopper-Pearson, 1934) interval; 0 to 1 when nothing was tried.

    The bounds are those true rates at which so many, or so few, would be seen in 2.5 % of sets.
    """
    tail = (1.0 - CONFIDENCE) / 2.0
    low = 0.0 if count == 0 else _solve(lambda p: 1.0 - _at_most(count - 1, of, p) < tail)
    high = 1.0 if count == of else _solve(lambda p: _at_most(count, of, p) > tail)
    return Rate(count, of, low, high)


def _solve(below: Callable[[float], bool]) -> float:
    """The probability up to which ``below`` holds, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _at_most(count: int, of: int, probability: float) -> float:
    """Binomial distribution: the probability of at most ``count`` hits in ``of`` tries."""
    if probability <= 0.0:
        return 1.0
    if probability >= 1.0:
        return 1.0 if count >= of else 0.0
    yes, no = math.log(probability), math.log1p(-probability)
    total = math.lgamma(of + 1)
    return math.fsum(
        math.exp(total - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * yes + (of - k) * no)
        for k in range(count + 1)
    )
