"""Delays counted in buckets that grow by the same factor: months fit into thirty numbers."""

from bisect import bisect_left

BOUNDS_S = tuple(
    round(step * 10.0**decade, 6) for decade in range(-4, 2) for step in (1.0, 2.0, 5.0)
)
"""Upper bounds of the buckets, 0.1 ms to 50 s in steps of 1, 2, 5; what is longer comes after."""


class LagHistogram:
    """How often a delay was how long, and the longest."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.longest_s = 0.0

    def add(self, delay_s: float) -> None:
        """Count one delay in seconds; less than nothing counts as nothing."""
        self._counts[bisect_left(BOUNDS_S, delay_s)] += 1
        self.longest_s = max(self.longest_s, delay_s)

    @property
    def counts(self) -> tuple[int, ...]:
        """Delays up to each of ``BOUNDS_S`` and above the bound before; last, what is longer."""
        return tuple(self._counts)

    @property
    def total(self) -> int:
        """All that were counted."""
        return sum(self._counts)
