"""Looking for a face around where it was a moment ago, which costs a third of a whole picture.

Used while a challenge is followed: pictures come quickly there, and the face moves little. Every
third picture is searched as a whole all the same, so that somebody who joins is noticed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Face, FaceEngine, Picture

_AROUND = 0.5
"""Of the face's width, to each side of its box: a head turns and sways by less in 0.3 s."""
_FOR_S = 0.3
"""A face seen longer ago may be anywhere."""
_WHOLE_EVERY = 3


class NearbySearch:
    """Finds faces in the pictures of one person; quick while they stay about where they are."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._last: Face | None = None
        self._seen_s = 0.0
        self._narrow = 0

    def find(self, frame: Frame) -> list[Face]:
        """Faces in the picture, best first."""
        faces = self._around_last(frame)
        if not faces:
            self._narrow = 0
            faces = self._engine.find(frame.picture)
        self._last = faces[0] if len(faces) == 1 else None
        self._seen_s = frame.at_s
        return faces

    def _around_last(self, frame: Frame) -> list[Face]:
        self._narrow += 1
        old = frame.at_s - self._seen_s > _FOR_S
        if self._last is None or old or self._narrow >= _WHOLE_EVERY:
            return []
        return find_near(self._engine, frame.picture, self._last)


def find_near(engine: FaceEngine, picture: Picture, last: Face) -> list[Face]:
    """Faces around ``last``, in pixels of the whole picture, best first."""
    height, width = picture.shape[:2]
    reach = _AROUND * last.width
    left, top = max(0, int(last.left - reach)), max(0, int(last.top - reach))
    right = min(width, int(last.left + last.width + reach))
    bottom = min(height, int(last.top + last.height + reach))
    if right <= left or bottom <= top:
        return []
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    return [_shifted(face, left, top) for face in engine.find(part)]


def _shifted(face: Face, right_px: int, down_px: int) -> Face:
    (left_x, left_y), (right_x, right_y) = face.eyes
    return replace(
        face,
        left=face.left + right_px,
        top=face.top + down_px,
        eyes=((left_x + right_px, left_y + down_px), (right_x + right_px, right_y + down_px)),
        nose=(face.nose[0] + right_px, face.nose[1] + down_px),
    )
