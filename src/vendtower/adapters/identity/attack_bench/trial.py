"""One trial: an attempt before a virtual camera, judged by the identity process's own code.

Only camera and clock are replaced: the clock advances with the pictures, so that a check-in of ten
seconds costs what its computing costs.
"""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import asdict, dataclass
from threading import Event

from vendtower.adapters.identity.attack_bench.renderers import Attempt, AttemptRenderer
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Picture, StillFaceEngine, Template
from vendtower.adapters.identity.limits import Limits
from vendtower.adapters.identity.liveness import DepthCheck, Means
from vendtower.adapters.identity.sessions import Faces, verify
from vendtower.adapters.identity.templates import make_template
from vendtower.adapters.identity.watch import Watch
from vendtower.domain.identity import CaptureHint, FaceRefused, MatchRecord, Verification

TIMEOUT_S = 60.0
"""As in the example site file: a check-in that nobody continues."""
FRAME_S = 0.1
"""Ten pictures a second, as a cheap IP camera gives them."""
CAMERA_DELAY_S = 0.12
SCREEN_DELAY_S = 0.2
"""From the hint to the screen: the page is drawn at most five times a second."""
MATCHED = "matched"
_START_S = 100.0


@dataclass(frozen=True)
class Conditions:
    """Where somebody stands and how well the camera sees them."""

    distance_m: float = 0.6
    light: float = 1.0
    blur_px: float = 0.0
    noise: float = 2.0
    """Standard deviation of the sensor's noise, in grey levels of 255."""


@dataclass(frozen=True)
class Trial:
    """What is tried, and the seed of everything random in it."""

    kind: str
    person: str
    conditions: Conditions
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a trial, as it is written down."""

    trial: Trial
    answer: str
    """`MATCHED`, or the reason of the refusal."""
    took_s: float
    """Virtual seconds from the first picture to the answer."""
    challenges: tuple[dict[str, object], ...]
    """The audit record's."""
    distance: float | None
    """Of the comparison; None where none was made."""

    @classmethod
    def of(cls, trial: Trial, result: Verification, took_s: float) -> Outcome:
        """From the session's own answer."""
        answer = result.reason.value if isinstance(result, FaceRefused) else MATCHED
        record = result.record
        distance = None if record is None else record.distance
        return cls(trial, answer, took_s, _challenges(record), distance)


def _challenges(record: MatchRecord | None) -> tuple[dict[str, object], ...]:
    if record is None or record.liveness is None:
        return ()
    return tuple(
        {**asdict(each), "kind": each.kind.value, "outcome": each.outcome.value}
        for each in record.liveness.challenges
    )


class VirtualCamera:
    """Takes the attempt's picture when asked for one; its clock is the rig's clock.

    With ``computing`` the clock also goes on by what the rig's thread computes between pictures,
    as on a machine with nothing else to do; the same seed then gives no longer the same run.
    """

    def __init__(self, attempt: Attempt, chance: random.Random, *, computing: bool = False) -> None:
        self._clock_s = _START_S
        self._computing = computing
        self._computed_s = time.thread_time()
        self.pictures: list[Picture] | None = None
        """Kept when it is a list, to be looked at."""
        self._attempt = attempt
        self._chance = chance
        self._number = 0
        self._due_s = _START_S
        self._said: deque[tuple[float, str]] = deque()

    @property
    def now_s(self) -> float:
        """The rig's clock."""
        spent_s = time.thread_time() - self._computed_s if self._computing else 0.0
        return self._clock_s + spent_s

    def wait(self, seconds: float) -> None:
        """Let the clock go on."""
        self._clock_s += seconds

    @property
    def last_number(self) -> int:
        """Of the newest picture so far."""
        return self._number

    @property
    def unavailable(self) -> bool:
        """Never: it is no device."""
        return False

    def say(self, hint: CaptureHint) -> None:
        """The screen shows it after its own delay."""
        self._said.append((self.now_s + SCREEN_DELAY_S, hint.value))

    def newer(self, than: int, timeout_s: float) -> Frame | None:
        """The newest picture, or the next; the clock moves on to when it has arrived."""
        asked_s = self.now_s
        self._due_s += FRAME_S * self._chance.uniform(0.9, 1.1)
        while self._due_s + FRAME_S + CAMERA_DELAY_S <= asked_s:
            self._due_s += FRAME_S
        while self._said and self._said[0][0] <= self._due_s:
            shown_s, hint = self._said.popleft()
            self._attempt.ask(hint, shown_s)
        self._number += 1
        picture = self._attempt.picture(self._due_s, self._number)
        if self.pictures is not None:
            self.pictures.append(picture)
        self._clock_s = max(asked_s, self._due_s + CAMERA_DELAY_S)
        self._computed_s = time.thread_time()
        return Frame(picture, self._number, self.now_s)


class Rig:
    """Engine and enrolled people; trials run one after the other."""

    def __init__(self, engine: StillFaceEngine, limits: Limits, renderer: AttemptRenderer) -> None:
        self._engine = engine
        self._limits = limits
        self._renderer = renderer
        self._templates: dict[str, Template] = {}

    def _template(self, person: str) -> Template:
        if person not in self._templates:
            picture = self._renderer.enrolment_picture(person)
            self._templates[person] = make_template(self._engine, picture, self._limits.face)
        return self._templates[person]

    def run(self, trial: Trial, pictures: list[Picture] | None = None) -> Outcome:
        """Let the trial's attempt try to be accepted as its person."""
        attempt = self._renderer.attempt(
            trial.kind, trial.person, seed=trial.seed, **asdict(trial.conditions)
        )
        result, took_s = self.check(attempt, trial.person, trial.seed, pictures=pictures)
        return Outcome.of(trial, result, took_s)

    def check(
        self,
        attempt: Attempt,
        person: str,
        seed: int,
        *,
        timeout_s: float = TIMEOUT_S,
        depth: DepthCheck | None = None,
        pictures: list[Picture] | None = None,
    ) -> tuple[Verification, float]:
        """Is this the enrolled person? With the virtual seconds that it took."""
        camera = VirtualCamera(attempt, random.Random(seed + 1))
        camera.pictures = pictures
        result = self.verify(camera, person, seed, timeout_s=timeout_s, depth=depth)
        return result, round(camera.now_s - _START_S, 2)

    def verify(
        self,
        camera: VirtualCamera,
        person: str,
        seed: int,
        *,
        timeout_s: float = TIMEOUT_S,
        depth: DepthCheck | None = None,
    ) -> Verification:
        """Who is before this camera, from now on on its clock: the enrolled person?"""
        faces = Faces(self._engine, self._limits.face, lambda: camera.now_s)
        means = Means(self._engine, self._limits, random.Random(seed + 2), depth)
        return verify(self.watch(camera, timeout_s), faces, self._template(person), means)

    def watch(self, camera: VirtualCamera, timeout_s: float) -> Watch:
        """One call's look through this camera."""
        return Watch(
            camera,
            deadline_s=camera.now_s + timeout_s,
            now=lambda: camera.now_s,
            stop=_Pause(camera),
            hint=camera.say,
            interval_s=self._limits.face.frame_interval_s,
        )


class _Pause(Event):
    """Nobody cancels a trial; whoever waits for it moves the virtual clock on."""

    def __init__(self, camera: VirtualCamera) -> None:
        super().__init__()
        self._camera = camera

    def wait(self, timeout: float | None = None) -> bool:
        """Always the whole time."""
        self._camera.wait(timeout or 0.0)
        return False
