"""One trial of the attack benchmark: somebody before a virtual camera, judged by the real code.

Session, face engine, thresholds and messages are those of the identity process. Only the camera
and the clock are replaced: the clock advances with the frames, so that a check-in of ten seconds
costs what its computing costs.
"""

import random
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from threading import Event

import cv2
import numpy as np

from hardware_sim.people.acting import Actor, Conditions, Presented, present
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.people.renderer import Renderer
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Picture, Template
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import Limits
from vendtower.adapters.identity.liveness import DepthCheck, Means
from vendtower.adapters.identity.sessions import Faces, verify
from vendtower.adapters.identity.templates import make_template
from vendtower.adapters.identity.watch import Watch
from vendtower.domain.identity import CaptureHint, Verification

TIMEOUT_S = 60.0
"""As in the example site file: a check-in that nobody continues."""
FRAME_S = 0.1
"""Ten pictures a second, as a cheap IP camera gives them."""
CAMERA_DELAY_S = 0.12
SCREEN_DELAY_S = 0.2
"""From the hint to the screen: the page is drawn at most five times a second."""
_START_S = 100.0


@dataclass(frozen=True)
class Trial:
    """What is tried, and the seed of everything random in it."""

    what: Presented
    portrait: str
    conditions: Conditions
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    trial: Trial
    result: Verification
    took_s: float
    """Virtual seconds from the first picture to the answer."""


class VirtualCamera:
    """Renders the actor when asked for a picture; its clock is the rig's clock."""

    def __init__(self, actor: Actor, renderer: Renderer, chance: random.Random) -> None:
        self.now_s = _START_S
        self.last_picture: Picture | None = None
        self.pictures: list[Picture] | None = None
        """Kept when it is a list, for pictures of the bench."""
        self._actor = actor
        self._renderer = renderer
        self._chance = chance
        self._number = 0
        self._due_s = _START_S
        self._said: deque[tuple[float, str]] = deque()

    @property
    def last_number(self) -> int:
        return self._number

    @property
    def unavailable(self) -> bool:
        return False

    def say(self, hint: CaptureHint) -> None:
        """The screen shows it after its own delay."""
        self._said.append((self.now_s + SCREEN_DELAY_S, hint.value))

    def newer(self, than: int, timeout_s: float) -> Frame | None:
        """The next picture; the clock moves on to when it has arrived."""
        self._due_s += FRAME_S * self._chance.uniform(0.9, 1.1)
        while self._due_s + CAMERA_DELAY_S < self.now_s:
            self._due_s += FRAME_S
        while self._said and self._said[0][0] <= self._due_s:
            shown_s, hint = self._said.popleft()
            self._actor.ask(hint, shown_s)
        self._number += 1
        picture = self._taken()
        self.now_s = self._due_s + CAMERA_DELAY_S
        return Frame(picture, self._number, self.now_s)

    def _taken(self) -> Picture:
        seen = self._renderer.frame(self._actor.view(self._due_s), self._number)
        _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 88])
        picture = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
        if self.pictures is not None:
            self.pictures.append(picture)
        return picture


class Rig:
    """Engine, enrolled customers and renderer; trials run one after the other."""

    def __init__(self, limits: Limits | None = None) -> None:
        cv2.setNumThreads(1)
        self._limits = limits or Limits()

    @cached_property
    def _engine(self) -> DlibFaces:
        return DlibFaces()

    @cached_property
    def _templates(self) -> dict[str, Template]:
        return {
            name: make_template(self._engine, portrait.jpeg(), self._limits.face)
            for name, portrait in PORTRAITS.items()
        }

    def run(self, trial: Trial, pictures: list[Picture] | None = None) -> Outcome:
        """Let the trial's actor try to be accepted as the customer of the portrait."""
        chance = random.Random(trial.seed)
        actor = present(trial.what, trial.portrait, trial.conditions, chance)
        result, took_s = self.check(actor, trial.portrait, trial.seed, pictures=pictures)
        return Outcome(trial, result, took_s)

    def check(
        self,
        actor: Actor,
        portrait: str,
        seed: int,
        *,
        timeout_s: float = TIMEOUT_S,
        depth: DepthCheck | None = None,
        pictures: list[Picture] | None = None,
    ) -> tuple[Verification, float]:
        """Is this actor the customer of the portrait? With the virtual seconds that it took."""
        camera = VirtualCamera(actor, Renderer(seed), random.Random(seed + 1))
        camera.pictures = pictures
        watch = Watch(
            camera,
            deadline_s=_START_S + timeout_s,
            now=lambda: camera.now_s,
            stop=_NeverStopped(),
            hint=camera.say,
            interval_s=0.0,
        )
        faces = Faces(self._engine, self._limits.face, lambda: camera.now_s)
        means = Means(self._engine, self._limits, random.Random(seed + 2), depth)
        result = verify(watch, faces, self._templates[portrait], means)
        return result, round(camera.now_s - _START_S, 2)


class _NeverStopped(Event):
    """Nobody cancels a trial; and nobody waits, since the clock is virtual."""

    def wait(self, timeout: float | None = None) -> bool:
        return False
