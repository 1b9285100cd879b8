"""Telling a living person from a picture of one: random challenges, and what moved.

Runs within a verification, after the face has matched and with the same camera, so that nothing
can be exchanged in between without being seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Protocol

from vendtower.adapters.identity import challenge
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.challenge import Following, Reached
from vendtower.adapters.identity.comparing import compared
from vendtower.adapters.identity.engine import Face, FaceEngine, Template
from vendtower.adapters.identity.limits import Limits, LivenessLimits
from vendtower.adapters.identity.looks import Looks, Sight, record_of
from vendtower.adapters.identity.nearby import NearbySearch
from vendtower.adapters.identity.planarity import SurfaceTracker
from vendtower.adapters.identity.quality import judge, people_in
from vendtower.adapters.identity.watch import Watch
from vendtower.domain.identity import CaptureHint
from vendtower.domain.liveness import (
    AttackSuspected,
    ChallengeKind,
    ChallengeNotFollowed,
    ChallengeOutcome,
    ChallengeRecord,
    LivenessProved,
    LivenessRecord,
    LivenessResult,
    LivenessUndecided,
)

_HINTS = {
    ChallengeKind.TURN_LEFT: CaptureHint.TURN_LEFT,
    ChallengeKind.TURN_RIGHT: CaptureHint.TURN_RIGHT,
    ChallengeKind.COME_CLOSER: CaptureHint.COME_CLOSER,
}
_ATTACK_SIGNS = {ChallengeOutcome.NOT_A_HEAD, ChallengeOutcome.ANOTHER_FACE}
_STEADY_FRAMES_MIN = 3
_ANY_TURN = 10.0


class DepthCheck(Protocol):
    """A second opinion, from a depth or an infrared camera beside the kiosk's."""

    def is_solid(self, frame: Frame, face: Face) -> bool | None:
        """Whether a solid head stands where the face is seen; None when it cannot tell."""
        ...


@dataclass(frozen=True)
class Means:
    """What a check needs beside the camera."""

    engine: FaceEngine
    limits: Limits
    chance: random.Random
    """Must not be foreseeable in operation."""
    depth: DepthCheck | None = None


class _TimeOver(Exception):
    """The check-in's deadline passed."""


class _TooRestless(Exception):
    """The face never looked straight ahead for long enough to ask for anything."""


class LivenessCheck:
    """One check of one person before one camera."""

    def __init__(
        self, watch: Watch, frames: Iterator[Frame], template: Template, means: Means
    ) -> None:
        self._watch = watch
        self._frames = frames
        self._template = template
        self._means = means
        self._limits: LivenessLimits = means.limits.liveness
        # A turned head is wanted here, and it is not sharp while it moves. It was seen uncovered.
        self._steady_limits = replace(means.limits.face, turn_max=_ANY_TURN, cover_checked=False)
        self._moving_limits = replace(self._steady_limits, sharpness_min=0.0)
        self._records: list[ChallengeRecord] = []
        self._unasked = 0
        self.seen_s: float | None = None
        """When the newest picture was taken that was looked at here; None before the first."""
        self._nearby = NearbySearch(means.engine, means.limits.face.score_min)

    def run(self, seen: Sequence[Sight] = ()) -> LivenessResult:
        """Ask until enough challenges were followed, or one too many was not.

        ``seen`` are the pictures just compared: looking straight ahead in them counts.

        Raises:
            Stopped: the call was cancelled.

        """
        began_s = self._watch.now()
        wanted = self._limits.challenges
        mistakes = 0
        result: type[LivenessResult] = LivenessProved
        held = self._straight_so_far(seen)
        try:
            while len(self._records) - mistakes < wanted:
                last = len(self._records) - mistakes == wanted - 1
                outcome, held = self._challenge(held, last=last), []
                if outcome is ChallengeOutcome.FOLLOWED:
                    continue
                mistakes += 1
                wanted += 1
                if mistakes > self._limits.mistakes_max:
                    result = self._refusal()
                    break
        except _TooRestless:
            result = ChallengeNotFollowed
        except _TimeOver:
            result = LivenessUndecided
        duration_s = round(self._watch.now() - began_s, 3)
        return result(LivenessRecord(tuple(self._records), wanted, duration_s))

    def _refusal(self) -> type[AttackSuspected | ChallengeNotFollowed]:
        seen = {record.outcome for record in self._records}
        return AttackSuspected if seen & _ATTACK_SIGNS else ChallengeNotFollowed

    def _challenge(self, held: list[Sight], *, last: bool) -> ChallengeOutcome:
        start = self._steady(held)
        followed = [
            record.kind for record in self._records if record.outcome is ChallengeOutcome.FOLLOWED
        ]
        share = start.face.width / min(start.frame.picture.shape[:2])
        may_come_closer = share <= self._limits.closer_share_max
        kind = challenge.choose(self._means.chance, followed, last, may_come_closer)
        record = self._ask(kind, start)
        self._records.append(record)
        return record.outcome

    # --- before the prompt

    def _straight_so_far(self, seen: Sequence[Sight]) -> list[Sight]:
        """The pictures since which the face has looked straight ahead."""
        held: list[Sight] = []
        for sight in seen:
            straight = abs(sight.face.turn) <= self._limits.straight_max
            if not straight or self._wandered(held, sight.face):
                held = []
            held += [sight] if straight else []
        return held

    def _held_long_enough(self, held: Sequence[Sight], wait_s: float) -> bool:
        if len(held) < _STEADY_FRAMES_MIN:
            return False
        return held[-1].frame.at_s - held[0].frame.at_s >= wait_s

    def _steady(self, held: list[Sight]) -> Sight:
        """Wait until the face has looked straight ahead for a random time."""
        limits = self._limits
        wait_s = self._means.chance.uniform(limits.steady_s_min, limits.steady_s_max)
        if self._held_long_enough(held, wait_s):
            return held[-1]
        self._watch.invite(CaptureHint.LOOK_STRAIGHT)
        restless, rested = 0, None
        while True:
            frame = self._next()
            face = self._watch.face_among(
                self._nearby.find(frame), frame, self._means.engine, self._steady_limits
            )
            if face is None or abs(face.turn) > limits.straight_max or self._wandered(held, face):
                restless += bool(held)
                rested = held[0].face.turn if held else rested
                held = []
                if face is not None and rested is not None:
                    rested = self._note_unasked(face.turn - rested, rested)
                if restless > limits.restless_max or self._unasked > limits.unasked_max:
                    raise _TooRestless
                continue
            held.append(Sight(frame, face))
            if self._held_long_enough(held, wait_s):
                return held[-1]

    def _note_unasked(self, turned: float, rested: float) -> float | None:
        """Count a whole turn that nobody asked for, once; gives where it began, until then."""
        if abs(turned) < self._limits.turn_min:
            return rested
        self._unasked += 1
        return None

    def _wandered(self, held: list[Sight], face: Face) -> bool:
        return bool(held) and abs(face.turn - held[0].face.turn) > self._limits.wander_max

    def _next(self) -> Frame:
        frame = next(self._frames, None)
        if frame is None:
            raise _TimeOver
        self.seen_s = frame.at_s
        return frame

    # --- the prompt and what follows

    def _ask(self, kind: ChallengeKind, start: Sight) -> ChallengeRecord:
        tracker = SurfaceTracker(start.frame.picture, start.face)
        self._watch.invite(_HINTS[kind])
        asked_s = self._watch.now()
        # Described while the person reads: nobody moves in that time.
        if not self._is_customer(start, self._means.limits.face.distance_max):
            return record_of(kind, ChallengeOutcome.ANOTHER_FACE)
        following = Following(kind, start.stance, asked_s, self._limits)
        looks = Looks()
        outcome = self._follow(following, tracker, start, looks)
        if outcome is None:
            outcome = self._judged(kind, looks)
        return record_of(kind, outcome, following, looks, self._watch.now() - asked_s)

    def _follow(
        self, following: Following, tracker: SurfaceTracker, start: Sight, looks: Looks
    ) -> ChallengeOutcome | None:
        """Watch until something is decided; None: there is something to judge in ``looks``."""
        last, called_back = start, False
        while len(looks.foreshortened) < self._limits.looks:
            frame = self._next()
            tracker.follow(frame.picture)
            sight = self._sight(frame)
            lost_s = frame.at_s - last.frame.at_s
            if sight is None:
                if following.late(frame.at_s):
                    return None if looks.sight else ChallengeOutcome.TOO_LATE
                if lost_s > self._limits.lost_s_max and not called_back:
                    # Turned too far to be seen: the way back leads through the angles that are.
                    self._watch.invite(CaptureHint.LOOK_STRAIGHT)
                    called_back = True
                continue
            if lost_s <= self._limits.lost_s_max and self._jumped(last, sight):
                return ChallengeOutcome.INTERRUPTED
            last = sight
            seen = following.see(sight.stance)
            if isinstance(seen, ChallengeOutcome):
                late = seen is ChallengeOutcome.TOO_LATE
                return None if late and looks.sight is not None else seen
            if seen is Reached.REACHED:
                if looks.sight is None:
                    # Now, while the head still turns, and not when everybody waits for the answer.
                    looks.customer = self._is_turned_customer(sight)
                looks.add(tracker.measure(), following.closer, sight)
        return None

    def _sight(self, frame: Frame) -> Sight | None:
        limits = self._moving_limits
        people = people_in(self._nearby.find(frame), limits)
        if not people:
            people = people_in(self._nearby.find_harder(frame), limits)
        seen = judge(frame.picture, people, limits)
        return Sight(frame, seen) if isinstance(seen, Face) else None

    def _jumped(self, last: Sight, sight: Sight) -> bool:
        across = sight.face.left + sight.face.width / 2 - last.face.left - last.face.width / 2
        down = sight.face.top + sight.face.height / 2 - last.face.top - last.face.height / 2
        allowed = self._limits.jump_max * last.face.width
        return bool(across**2 + down**2 > allowed**2)

    # --- judging

    def _judged(self, kind: ChallengeKind, looks: Looks) -> ChallengeOutcome:
        sight = looks.sight
        if sight is None:
            return ChallengeOutcome.INTERRUPTED
        if not self._seen_all_along(looks):
            return ChallengeOutcome.INTERRUPTED
        if kind in challenge.SIDE and not self._moved_as_a_head(challenge.SIDE[kind], looks):
            return ChallengeOutcome.NOT_A_HEAD
        depth = self._means.depth
        if depth is not None and depth.is_solid(sight.frame, sight.face) is False:
            return ChallengeOutcome.NOT_A_HEAD
        return ChallengeOutcome.FOLLOWED if looks.customer else ChallengeOutcome.ANOTHER_FACE

    def _seen_all_along(self, looks: Looks) -> bool:
        """Whether points were followed from the start, so that nothing was exchanged."""
        points = [each.points for each in looks.measures]
        return bool(points) and fmean(points) >= self._limits.points_min

    def _moved_as_a_head(self, side: float, looks: Looks) -> bool:
        limits = self._limits
        if max(looks.foreshortened) < limits.foreshortened_min:
            return False
        return (
            fmean(each.planarity_residual for each in looks.measures)
            >= limits.planarity_residual_min
            and side * fmean(each.relief for each in looks.measures) >= limits.relief_min
        )

    def _is_turned_customer(self, sight: Sight) -> bool:
        face = self._means.limits.face
        return self._is_customer(sight, face.distance_max + face.grey_zone)

    def _is_customer(self, sight: Sight, distance_max: float) -> bool:
        limits = replace(self._means.limits.face, distance_max=distance_max, grey_zone=0.0)
        _, away = compared(self._means.engine, sight.face, self._template, limits)
        return away <= distance_max
