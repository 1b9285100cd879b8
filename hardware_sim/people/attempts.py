"""Attempts for the controller's attack bench; its entry point is ``rendered``.

The bench asks for nothing but the methods here, and this package does not know the bench.
"""

from __future__ import annotations

import random
from functools import lru_cache

import cv2
import numpy as np

from hardware_sim.people.acting import Actor, Conditions, Presented, present
from hardware_sim.people.portraits import PORTRAITS, Image
from hardware_sim.people.renderer import Renderer

_JPEG_QUALITY = 88
_RENDERERS = 8
"""Backgrounds and noises; making one takes as long as ten pictures."""


class RenderedAttempt:
    """An actor before a rendered camera; every picture goes through JPEG."""

    def __init__(self, actor: Actor, seed: int) -> None:
        self._actor = actor
        self._renderer = _renderer(seed % _RENDERERS)

    def ask(self, hint: str, at_s: float) -> None:
        """The screen says this from now on."""
        self._actor.ask(hint, at_s)

    def picture(self, at_s: float, number: int) -> Image:
        """What the camera gives at this moment."""
        seen = self._renderer.frame(self._actor.view(at_s), number)
        _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


class RenderedAttempts:
    """The people of the portraits, and what may be held up in their place."""

    kinds = tuple(kind.value for kind in Presented)
    people = tuple(sorted(PORTRAITS))

    def enrolment_picture(self, person: str) -> bytes:
        """The portrait's own file."""
        return PORTRAITS[person].jpeg()

    def attempt(
        self,
        kind: str,
        person: str,
        *,
        distance_m: float,
        light: float,
        blur_px: float,
        noise: float,
        seed: int,
    ) -> RenderedAttempt:
        """Something of this kind (a value of `Presented`) with this person's face."""
        conditions = Conditions(distance_m, light, blur_px, noise)
        actor = present(Presented(kind), person, conditions, random.Random(seed))
        return RenderedAttempt(actor, seed)


@lru_cache(maxsize=_RENDERERS)
def _renderer(seed: int) -> Renderer:
    return Renderer(seed)
