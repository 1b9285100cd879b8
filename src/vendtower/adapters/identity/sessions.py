"""The two long calls of the identity process: waiting for somebody, and verifying one person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.codes import CodeReader
from vendtower.adapters.identity.comparing import compared
from vendtower.adapters.identity.decision import OneToFew, OneToOne
from vendtower.adapters.identity.engine import (
    Descriptor,
    Face,
    FaceEngine,
    Template,
    distance,
)
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.liveness import LivenessCheck, Means
from vendtower.adapters.identity.looks import Sight
from vendtower.adapters.identity.stillness import Stillness
from vendtower.adapters.identity.watch import Watch
from vendtower.domain.identity import (
    Arrival,
    CaptureHint,
    CodePresented,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
    Verification,
)
from vendtower.domain.liveness import (
    AttackSuspected,
    ChallengeNotFollowed,
    LivenessProved,
    LivenessResult,
    LivenessUndecided,
)

_UNREAD_MAX = 8
"""Pictures in a row, about one second, for which a code that cannot be read holds up the face."""


@dataclass(frozen=True)
class Faces:
    """The engine with its limits."""

    engine: FaceEngine
    limits: FaceLimits
    now: Callable[[], float] = time.monotonic

    def usable(self, template: Template | None) -> bool:
        """Whether the template was made by this engine and model; others are not compared."""
        return (
            template is not None
            and template.engine == self.engine.engine
            and template.model == self.engine.model
        )

    def record(
        self, *, distance: float, distance_max: float, frames: int, seen_s: float
    ) -> MatchRecord:
        """What the audit trail keeps; ``seen_s`` is when the last frame came."""
        return MatchRecord(
            engine=self.engine.engine,
            model=self.engine.model,
            distance=round(distance, 4),
            distance_max=round(distance_max, 4),
            frames=frames,
            decision_s=round(self.now() - seen_s, 4),
        )


class _SamePerson:
    """Notices that somebody else stands there, so that frames of two people never add up."""

    def __init__(self, limits: FaceLimits) -> None:
        self._limits = limits
        self._last: Descriptor | None = None

    def changed(self, descriptor: Descriptor) -> bool:
        last, self._last = self._last, descriptor
        return last is not None and distance(last, descriptor) > self._limits.same_person_max


def verify(
    watch: Watch, faces: Faces, template: Template | None, liveness: Means | None = None
) -> Verification:
    """1:1 against the reserved customer's template, and then, with ``liveness``, its challenges.

    Raises:
        Stopped: the call was cancelled.

    """
    if template is None or not faces.usable(template):
        return FaceRefused(IdentityRefusal.FACE_UNAVAILABLE)
    frames = watch.frames()
    seen: list[Sight] = []
    result = _compare(watch, frames, faces, template, seen)
    if not isinstance(result, FaceMatched) or liveness is None:
        return result
    check = LivenessCheck(watch, frames, template, liveness)
    living = check.run(seen)
    record = replace(
        result.record,
        liveness=living.record,
        decision_s=round(faces.now() - (check.seen_s or seen[-1].frame.at_s), 4),
    )
    return _with_liveness(record, living, watch.why_not())


def _compare(
    watch: Watch, frames: Iterator[Frame], faces: Faces, template: Template, seen: list[Sight]
) -> Verification:
    """Compare until decided; ``seen`` is filled with what the decision stands on, in order."""
    decision = OneToOne(faces.limits)
    same_person = _SamePerson(faces.limits)
    for frame in frames:
        face = watch.face_in(frame, faces.engine, faces.limits)
        if face is None:
            continue
        descriptor, away = compared(faces.engine, face, template, faces.limits)
        if same_person.changed(descriptor):
            decision.start_again()
            seen.clear()
        seen.append(Sight(frame, face))
        verdict = decision.add(away)
        if verdict is None:
            continue
        record = faces.record(
            distance=verdict.distance,
            distance_max=faces.limits.distance_max,
            frames=verdict.frames,
            seen_s=frame.at_s,
        )
        if verdict.matched:
            return FaceMatched(record)
        return FaceRefused(IdentityRefusal.DIFFERENT_PERSON, record)
    return FaceRefused(watch.why_not())


def _with_liveness(
    record: MatchRecord, living: LivenessResult, why_not: IdentityRefusal
) -> Verification:
    """The answer of both; ``why_not`` is the reason when the time was over first."""
    match living:
        case LivenessProved():
            return FaceMatched(record)
        case AttackSuspected():
            return FaceRefused(IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED, record)
        case ChallengeNotFollowed():
            return FaceRefused(IdentityRefusal.CHALLENGE_NOT_FOLLOWED, record)
        case LivenessUndecided():
            return FaceRefused(why_not, record)
        case _:
            assert_never(living)


def await_arrival(
    watch: Watch, faces: Faces | None, due: Mapping[str, Template], codes: CodeReader
) -> Arrival:
    """A code, or a face among the due customers; without ``faces`` or ``due`` only codes count.

    A picture with a code in it is used for the code alone: who holds up a phone wants that read.
    Only for so long, since some patterns look like a code and never can be read.

    Raises:
        Stopped: the call was cancelled.

    """
    watch.invite(CaptureHint.SHOW_CODE_OR_FACE)
    search = None if faces is None else _Search(faces, due)
    if search is not None and not search.anybody_due:
        search = None
    unread, view = 0, Stillness()
    for frame in watch.frames():
        if view.unchanged(frame):
            continue
        sight = codes.read(frame.picture)
        if sight.code is not None:
            return CodePresented(sight.code)
        if sight.located:
            view.found_something()
        unread = unread + 1 if sight.located else max(0, unread - 1)
        if sight.located and unread <= _UNREAD_MAX:
            continue
        if search is None:
            watch.light_of_code(frame)
            _note(view, frame, empty=not sight.located)
            continue
        face = watch.face_in(frame, search.engine, search.limits)
        _note(view, frame, empty=watch.saw_nobody and not sight.located)
        found = None if face is None else search.add(face, frame.at_s)
        if found is not None:
            return found
    if search is not None and search.saw_stranger:
        return NobodyIdentified(IdentityRefusal.DIFFERENT_PERSON)
    return NobodyIdentified(watch.why_not())


def _note(view: Stillness, frame: Frame, *, empty: bool) -> None:
    if empty:
        view.found_nothing(frame)
    else:
        view.found_something()


class _Search:
    """1:few over the frames of one call."""

    def __init__(self, faces: Faces, due: Mapping[str, Template]) -> None:
        self.engine = faces.engine
        self.limits = faces.limits
        self._faces = faces
        self._due = {name: template for name, template in due.items() if faces.usable(template)}
        self._decision = OneToFew(faces.limits)
        self._same_person = _SamePerson(faces.limits)

    @property
    def anybody_due(self) -> bool:
        """Whether there is a template to compare with."""
        return bool(self._due)

    @property
    def saw_stranger(self) -> bool:
        """Enough good frames, and they were none of the due customers."""
        return self._decision.strangers_frames >= self.limits.frames_min

    def add(self, face: Face, seen_s: float) -> FaceRecognised | None:
        descriptor = self.engine.describe(face)
        if self._same_person.changed(descriptor):
            self._decision.start_again()
        found = self._decision.add(
            {name: distance(descriptor, each.descriptor) for name, each in self._due.items()}
        )
        if found is None:
            return None
        record = self._faces.record(
            distance=found.distance,
            distance_max=self._decision.distance_max,
            frames=found.frames,
            seen_s=seen_s,
        )
        return FaceRecognised(found.reservation_id, record)


def templates_of(due: Sequence[str], get: Callable[[str], Template | None]) -> dict[str, Template]:
    """The templates that are there, of the reservations that are due."""
    found = ((reservation_id, get(reservation_id)) for reservation_id in due)
    return {name: template for name, template in found if template is not None}
