"""Looking for a face around where it was a moment ago, which costs a third of a whole picture.

Used while a challenge is followed: pictures come quickly there, and the face moves little. Every
third picture is searched as a whole all the same, so that somebody who joins is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Face, FaceEngine, Picture

_AROUND = 0.5
"""Of the face's width, to each side of its box: a head turns and sways by less in `_FOR_S`."""
_FOR_S = 0.3
"""A face seen longer ago may be anywhere."""
_WHOLE_EVERY = 3


class NearbySearch:
    """Finds faces in the pictures of one person; quick while they stay about where they are."""

    def __init__(self, engine: FaceEngine, score_min: float) -> None:
        self._engine = engine
        self._score_min = score_min
        self._last: Face | None = None
        """The one face of the last picture that showed one."""
        self._seen_s = 0.0
        self._narrow = 0
        self._hard = 0

    def find(self, frame: Frame) -> list[Face]:
        """Faces in the picture that are sure enough, best first."""
        self._narrow += 1
        fresh = frame.at_s - self._seen_s <= _FOR_S
        if fresh and self._narrow < _WHOLE_EVERY and (faces := self._around(frame.picture)):
            return self._kept(faces, frame)
        self._narrow = 0
        return self._kept(self._sure(self._engine.find(frame.picture)), frame)

    def find_harder(self, frame: Frame) -> list[Face]:
        """For a picture in which `find` saw nobody: a turned or tilted face is seen enlarged.

        The enlarged picture costs four times as much, so the whole is searched now and then only.
        """
        self._hard += 1
        if self._last is not None and self._hard % _WHOLE_EVERY:
            return self._kept(self._around(frame.picture, small_too=True), frame)
        faces = self._engine.find(frame.picture, small_too=True)
        return self._kept(self._sure(faces), frame)

    def _around(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        if self._last is None:
            return []
        return self._sure(find_near(self._engine, picture, self._last, small_too=small_too))

    def _sure(self, faces: Sequence[Face]) -> list[Face]:
        return [face for face in faces if face.score >= self._score_min]

    def _kept(self, faces: list[Face], frame: Frame) -> list[Face]:
        """Remember where to look next; nobody at all leaves that as it was."""
        if faces:
            self._last = faces[0] if len(faces) == 1 else None
            self._seen_s = frame.at_s
        return faces


def find_near(
    engine: FaceEngine, picture: Picture, last: Face, *, small_too: bool = False
) -> list[Face]:
    """Faces around ``last``, in pixels of the whole picture, best first."""
    height, width = picture.shape[:2]
    reach = _AROUND * last.width
    left, top = max(0, int(last.left - reach)), max(0, int(last.top - reach))
    right = min(width, int(last.left + last.width + reach))
    bottom = min(height, int(last.top + last.height + reach))
    if right <= left or bottom <= top:
        return []
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    return [_shifted(face, left, top) for face in engine.find(part, small_too=small_too)]


def _shifted(face: Face, right_px: int, down_px: int) -> Face:
    (left_x, left_y), (right_x, right_y) = face.eyes
    return replace(
        face,
        left=face.left + right_px,
        top=face.top + down_px,
        eyes=((left_x + right_px, left_y + down_px), (right_x + right_px, right_y + down_px)),
        nose=(face.nose[0] + right_px, face.nose[1] + down_px),
    )
