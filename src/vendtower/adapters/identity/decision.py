"""From the distances of single frames to one answer; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from vendtower.adapters.identity.limits import FaceLimits


@dataclass(frozen=True)
class Verdict:
    """The answer of a 1:1 comparison."""

    matched: bool
    distance: float
    """Median over the frames."""
    frames: int


class OneToOne:
    """Is this the reserved customer? Decides by the median, never by the luckiest frame."""

    def __init__(self, limits: FaceLimits) -> None:
        self._limits = limits
        self._distances: list[float] = []

    def start_again(self) -> None:
        """Another person stands there now; what was seen before does not count."""
        self._distances.clear()

    def add(self, distance: float) -> Verdict | None:
        """Count one good frame; None while more are wanted."""
        self._distances.append(distance)
        count, limits = len(self._distances), self._limits
        if count < limits.frames_min:
            return None
        middle = median(self._distances)
        if middle <= limits.distance_max:
            return Verdict(True, middle, count)
        if middle > limits.distance_max + limits.grey_zone or count >= limits.frames_max:
            return Verdict(False, middle, count)
        return None


@dataclass(frozen=True)
class Recognised:
    """One of the due customers, well apart from the others."""

    reservation_id: str
    distance: float
    frames: int


class OneToFew:
    """Who of the few that are due is this? Stricter than 1:1, and a margin to the second best."""

    def __init__(self, limits: FaceLimits) -> None:
        self._limits = limits
        self._frames: list[Mapping[str, float]] = []

    @property
    def distance_max(self) -> float:
        """What a median may be at most."""
        return self._limits.distance_max - self._limits.among_due_stricter

    @property
    def strangers_frames(self) -> int:
        """Good frames seen so far without an answer."""
        return len(self._frames)

    def start_again(self) -> None:
        """Another person stands there now."""
        self._frames.clear()

    def add(self, distances: Mapping[str, float]) -> Recognised | None:
        """Count one good frame: the distance to each due customer."""
        self._frames = [*self._frames, distances][-self._limits.frames_max :]
        if len(self._frames) < self._limits.frames_min:
            return None
        middles = {
            reservation_id: median(frame[reservation_id] for frame in self._frames)
            for reservation_id in distances
            if all(reservation_id in frame for frame in self._frames)
        }
        if not middles:
            return None
        best = min(middles, key=lambda reservation_id: middles[reservation_id])
        others = [middle for reservation_id, middle in middles.items() if reservation_id != best]
        if middles[best] > self.distance_max:
            return None
        if others and min(others) - middles[best] < self._limits.among_due_margin:
            return None
        return Recognised(best, middles[best], len(self._frames))
