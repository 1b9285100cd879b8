"""Whether anything has changed since a look that found nothing: an empty view costs little then."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Picture

_WIDTH, _HEIGHT = 32, 24
"""Cells; at 640 x 480 each is the mean of 400 pixels, which leaves a twentieth of their noise."""
CHANGE_MIN = 3.0
"""Grey levels of 255 in any cell. A person 2 m away, or a dim phone, changes some cell by 10."""
LOOK_AGAIN_S = 5.0
"""An unchanged view is looked at all the same this often: what stands still may be worth it."""
LOOKS_MIN = 4
"""Looks in a row that found nothing before any is left out: codes are looked for in several ways,
and far faces in every fourth."""


class Stillness:
    """Remembers the last view that was looked at and in which nothing was found."""

    def __init__(self) -> None:
        self._empty: npt.NDArray[np.float32] | None = None
        self._looked_s = 0.0
        self._looks = 0

    def unchanged(self, frame: Frame) -> bool:
        """Whether this picture shows what was found empty a moment ago."""
        if self._empty is None or self._looks < LOOKS_MIN:
            return False
        if frame.at_s - self._looked_s >= LOOK_AGAIN_S:
            return False
        if float(np.abs(_cells(frame.picture) - self._empty).max()) < CHANGE_MIN:
            return True
        self._looks = 0
        return False

    def found_nothing(self, frame: Frame) -> None:
        """This picture was looked at in full, and there is nobody and no code in it."""
        self._empty = _cells(frame.picture)
        self._looked_s = frame.at_s
        self._looks += 1

    def found_something(self) -> None:
        """The next pictures are worth a look, also when nothing moves."""
        self._empty, self._looks = None, 0


def _cells(picture: Picture) -> npt.NDArray[np.float32]:
    small = cv2.resize(picture, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)
