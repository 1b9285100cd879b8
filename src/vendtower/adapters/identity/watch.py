"""Looking through one camera until a deadline: frames, hints, and what kept going wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event
from typing import Protocol

from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Face, FaceEngine
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.quality import (
    PoorPicture,
    covered,
    judge,
    light_of,
    people_in,
)
from vendtower.domain.identity import CaptureHint, IdentityRefusal

_WAIT_S = 0.2
"""How long to wait for a frame before looking at the clock and the stop again."""
_SMALL_FACES_EVERY = 4
"""Far faces cost four times the detection; they are looked for in every fourth empty frame."""
_HINT_AFTER = 2
"""A hint is given when this many looks in a row ask for it, so that the screen does not flicker."""


DARK_FOR_CODES = 12.0
"""Grey level of 255: below it the lens is covered, for a phone's screen would be brighter."""
BLACK_FOR_S = 3.0
"""Pictures that are that dark for this long, without a brighter one, are as good as none."""


_COVERED = {CaptureHint.NO_SUNGLASSES, CaptureHint.UNCOVER_FACE}


class Stopped(Exception):  # not an error: the caller no longer wants the answer
    """The call was cancelled."""


class FrameSource(Protocol):
    """What is used of a `Camera`."""

    @property
    def last_number(self) -> int: ...

    @property
    def unavailable(self) -> bool: ...

    def newer(self, than: int, timeout_s: float) -> Frame | None: ...


class Watch:
    """One call's look through one camera; used by one thread."""

    def __init__(
        self,
        camera: FrameSource,
        *,
        deadline_s: float,
        now: Callable[[], float],
        stop: Event,
        hint: Callable[[CaptureHint], None],
        interval_s: float,
    ) -> None:
        self._camera = camera
        self._deadline_s = deadline_s
        self._now = now
        self._stop = stop
        self._hint = hint
        self._interval_s = interval_s
        self._given: CaptureHint | None = None
        self._asked: CaptureHint | None = None
        self._asked_times = 0
        self._empty = 0
        self._far = False
        self._looks: Counter[IdentityRefusal] = Counter()
        self._black_since_s: float | None = None
        self._covered_since_s: float | None = None
        self.saw_nobody = False
        """At the last look for a face no face was there, near or far."""

    def now(self) -> float:
        """The clock of deadline and frames."""
        return self._now()

    def frames(self) -> Iterator[Frame]:
        """New frames, no faster than the interval, until the deadline.

        Raises:
            Stopped: the call was cancelled.

        """
        # A picture from before the call may show the customer before.
        number = self._camera.last_number
        not_before_s = self._now()
        while True:
            self._pause_until(not_before_s)
            left_s = self._deadline_s - self._now()
            if left_s <= 0:
                return
            frame = self._camera.newer(number, min(_WAIT_S, left_s))
            if frame is None:
                if self._camera.unavailable:
                    self.camera_missing()
                continue
            number = frame.number
            not_before_s = self._now() + self._interval_s
            self._note_blackness(frame)
            yield frame

    def _note_blackness(self, frame: Frame) -> None:
        if light_of(frame.picture) >= DARK_FOR_CODES:
            self._black_since_s = None
        elif self._black_since_s is None:
            self._black_since_s = self._now()

    @property
    def _black(self) -> bool:
        """The camera sends pictures on which nothing can be, a phone's screen included."""
        since_s = self._black_since_s
        return since_s is not None and self._now() - since_s >= BLACK_FOR_S

    def _pause_until(self, moment_s: float) -> None:
        if self._stop.wait(max(0.0, min(moment_s, self._deadline_s) - self._now())):
            raise Stopped

    def face_in(self, frame: Frame, engine: FaceEngine, limits: FaceLimits) -> Face | None:
        """The one good face, or None after hinting and remembering what was wrong."""
        return self.face_among(engine.find(frame.picture), frame, engine, limits)

    def face_among(
        self, found: Sequence[Face], frame: Frame, engine: FaceEngine, limits: FaceLimits
    ) -> Face | None:
        """As `face_in`, for faces that were looked for already."""
        limits = self._patient(limits)
        people = people_in(found, limits)
        self.saw_nobody = False
        sight = judge(frame.picture, people, limits)
        if isinstance(sight, Face):
            self._looks[IdentityRefusal.TIMED_OUT] += 1
            self._empty = 0
            self._ask(None)
            return sight
        if sight.refusal is IdentityRefusal.NO_FACE:
            sight = _half_hidden(found, frame, limits) or sight
        self._note_cover(sight)
        if sight.hint is CaptureHint.LOOK_AT_CAMERA and not people:
            far = self._perhaps_far(frame, engine, limits)
            self.saw_nobody = far is None
            sight = far or sight
        if self._black and sight.refusal is IdentityRefusal.TOO_DARK:
            self.camera_missing()
            return None
        self._looks[sight.refusal] += 1
        self._ask(sight.hint)
        return None

    def _note_cover(self, sight: PoorPicture) -> None:
        if sight.hint in _COVERED and self._covered_since_s is None:
            self._covered_since_s = self._now()

    def _patient(self, limits: FaceLimits) -> FaceLimits:
        """Without the check for cover once it was asked for in vain."""
        since_s = self._covered_since_s
        if since_s is None or self._now() - since_s < limits.cover_patience_s:
            return limits
        return replace(limits, cover_checked=False)

    def _perhaps_far(
        self, frame: Frame, engine: FaceEngine, limits: FaceLimits
    ) -> PoorPicture | None:
        """Far faces are looked for now and then; in between the last finding holds."""
        if self._empty % _SMALL_FACES_EVERY == 0:
            people = people_in(engine.find(frame.picture, small_too=True), limits)
            self._far = bool(people) and people[0].score >= limits.second_score_min
        self._empty += 1
        if not self._far:
            return None
        return PoorPicture(CaptureHint.COME_CLOSER, IdentityRefusal.NO_FACE)

    def light_of_code(self, frame: Frame) -> None:
        """Nothing but a code is looked for, and none is there: only darkness is worth a hint."""
        if self._black:
            self.camera_missing()
        elif light_of(frame.picture) < DARK_FOR_CODES:
            self._looks[IdentityRefusal.TOO_DARK] += 1
            self._ask(CaptureHint.MORE_LIGHT)
        else:
            self._looks[IdentityRefusal.TIMED_OUT] += 1
            self._ask(CaptureHint.SHOW_CODE_OR_FACE)

    def camera_missing(self) -> None:
        """No pictures, or black ones for long: say so at once."""
        self._looks[IdentityRefusal.CAMERA_UNAVAILABLE] += 1
        if self._given is not CaptureHint.CAMERA_UNAVAILABLE:
            self.invite(CaptureHint.CAMERA_UNAVAILABLE)

    def invite(self, hint: CaptureHint) -> None:
        """Give this hint now."""
        self._given = hint
        self._hint(hint)

    def _ask(self, hint: CaptureHint | None) -> None:
        if hint is not self._asked:
            self._asked, self._asked_times = hint, 0
        self._asked_times += 1
        if hint is not None and hint is not self._given and self._asked_times >= _HINT_AFTER:
            self.invite(hint)

    def why_not(self) -> IdentityRefusal:
        """What to answer when the time is over without a decision: what was so for longest."""
        seen = self._looks.most_common(1)
        return seen[0][0] if seen else IdentityRefusal.TIMED_OUT


def _half_hidden(found: Sequence[Face], frame: Frame, limits: FaceLimits) -> PoorPicture | None:
    """The detector hardly knows a face with a mask; what it suspects is looked at for cover."""
    suspected = [face for face in found if face.score >= limits.covered_score_min]
    if not suspected or suspected[0].eye_distance_px < limits.eye_distance_px_min:
        return None
    # A head that is turned away hides an eye, too.
    if abs(suspected[0].turn) > limits.turn_max:
        return None
    return covered(frame.picture, suspected[0], limits, IdentityRefusal.NO_FACE)
