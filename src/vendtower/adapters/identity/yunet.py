"""YuNet, the face detector of the OpenCV engine, and of dlib where its own finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.engine import Picture

_SCORE_REPORTED_MIN = 0.6
"""Of 1; below it patterns are reported as faces."""
_OVERLAP_MAX = 0.3
_FACES_MAX = 50


@dataclass(frozen=True, eq=False)
class Found:
    """One face; pixels of the picture that was searched."""

    row: npt.NDArray[np.float32]
    """Box (left, top, width, height), five points as x and y, score: as `alignCrop` wants it."""

    @property
    def score(self) -> float:
        """0 to 1."""
        return float(self.row[14])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height."""
        left, top, width, height = (float(value) for value in self.row[:4])
        return left, top, width, height

    def point(self, which: int) -> tuple[float, float]:
        """0 eye on the picture's left, 1 the other, 2 tip of the nose, 3 and 4 mouth corners."""
        return float(self.row[4 + 2 * which]), float(self.row[5 + 2 * which])


class YuNet:
    """The detector; safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._net = cv2.FaceDetectorYN.create(
            str(path), "", (320, 320), _SCORE_REPORTED_MIN, _OVERLAP_MAX, _FACES_MAX
        )

    def find(self, picture: Picture, *, side_px_max: int) -> list[Found]:
        """Faces, best first; the picture is searched no larger than ``side_px_max``."""
        scale = min(1.0, side_px_max / max(picture.shape[:2]))
        small: cv2.typing.MatLike = picture
        if scale < 1.0:
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = small.shape[:2]
        with self._lock:
            self._net.setInputSize((width, height))
            _, rows = self._net.detect(small)
        # No face at all is None, which OpenCV's types do not say.
        found = np.array([] if np.ndim(rows) == 0 else rows, np.float32).reshape(-1, 15)
        found[:, :14] /= scale
        return [Found(row) for row in sorted(found, key=lambda row: -float(row[14]))]
