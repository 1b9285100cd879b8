"""Whether a face's movement follows one challenge in direction, size and time; pure."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from vendtower.adapters.identity.limits import LivenessLimits
from vendtower.domain.liveness import ChallengeKind, ChallengeOutcome

_NOSE_DEPTH = 0.43
"""How far the base of the nose lies before the eyes, in eye distances: the slope with which the
landmarks' offset grows with the tangent of the angle, measured on rendered heads at 15 to 30
degrees (0.33 to 0.61 between faces and distances)."""

SIDE = {ChallengeKind.TURN_LEFT: 1.0, ChallengeKind.TURN_RIGHT: -1.0}
"""The person's own left is the right of the picture, where `Face.turn` is above 0. The picture is
not mirrored; a camera that mirrors it must be set not to."""


def angle_deg(turn: float) -> float:
    """Degrees that a head turned, from the change of `Face.turn`; an estimate."""
    return math.degrees(math.atan(turn / _NOSE_DEPTH))


def choose(
    chance: random.Random, asked: Sequence[ChallengeKind], last: bool, may_come_closer: bool
) -> ChallengeKind:
    """A challenge that nobody can foresee.

    Coming closer proves no depth, so it is asked at most once and never when it would leave
    nothing but itself: ``last`` says that this is the last one to be asked for.
    """
    turns = [ChallengeKind.TURN_LEFT, ChallengeKind.TURN_RIGHT]
    turned = any(kind in turns for kind in asked)
    if may_come_closer and ChallengeKind.COME_CLOSER not in asked and (turned or not last):
        turns.append(ChallengeKind.COME_CLOSER)
    return chance.choice(turns)


@dataclass(frozen=True)
class Stance:
    """How the face stood at one moment."""

    at_s: float
    turn: float
    """As `Face.turn`."""
    eye_distance_px: float


class Reached(Enum):
    """The movement is as it was asked for; what moved is still to be judged."""

    REACHED = auto()


class Following:
    """Watches the answer to one challenge."""

    def __init__(
        self, kind: ChallengeKind, start: Stance, asked_s: float, limits: LivenessLimits
    ) -> None:
        self.kind = kind
        self.turned = 0.0
        """Change of `Face.turn` since the start, newest."""
        self.closer = 1.0
        """Growth of the eye distance since the start, newest."""
        self._start = start
        self._asked_s = asked_s
        self._limits = limits
        self._began_s: float | None = None

    @property
    def reaction_s(self) -> float | None:
        """From the prompt to the beginning of a movement."""
        return None if self._began_s is None else self._began_s - self._asked_s

    def late(self, now_s: float) -> bool:
        """Whether the time for this challenge is over."""
        return now_s - self._asked_s > self._limits.follow_s

    def see(self, stance: Stance) -> ChallengeOutcome | Reached | None:
        """Count one picture; None while nothing is decided."""
        limits = self._limits
        self.turned = stance.turn - self._start.turn
        self.closer = stance.eye_distance_px / max(self._start.eye_distance_px, 1.0)
        if self._began_s is None and self._moves():
            self._began_s = stance.at_s
            if stance.at_s - self._asked_s < limits.reaction_s_min:
                return ChallengeOutcome.TOO_EARLY
        slow = self._began_s is None and stance.at_s - self._asked_s > limits.reaction_s_max
        if slow or self.late(stance.at_s):
            return ChallengeOutcome.TOO_LATE
        return self._judged()

    def _moves(self) -> bool:
        near = self.closer - 1.0 >= (self._limits.closer_ratio_min - 1.0) / 2
        return abs(self.turned) >= self._limits.turn_begun or near

    def _judged(self) -> ChallengeOutcome | Reached | None:
        limits = self._limits
        side = SIDE.get(self.kind)
        if side is None:
            if abs(self.turned) >= limits.turn_min:
                return ChallengeOutcome.WRONG_WAY
            return Reached.REACHED if self.closer >= limits.closer_ratio_min else None
        if -side * self.turned >= limits.turn_min:
            return ChallengeOutcome.WRONG_WAY
        return Reached.REACHED if side * self.turned >= limits.turn_min else None
