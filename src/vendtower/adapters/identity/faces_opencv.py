"""The OpenCV face engine: YuNet finds, SFace describes; both are files that the operator installs.

SFace gives 128 numbers whose angle tells people apart. They are scaled to length 1, so that the
Euclidean distance of two is ``sqrt(2 - 2 cos)``: 0 is the same picture, 1.41 unrelated people,
and the publisher's own limit (cosine 0.363) is 1.128.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from vendtower.adapters.identity.engine import Descriptor, Face, Picture
from vendtower.adapters.identity.model_files import (
    CATALOGUE,
    SFACE,
    YUNET,
    ModelFile,
    ModelsMissing,
    checked,
)
from vendtower.adapters.identity.stopwatch import Stopwatch
from vendtower.adapters.identity.yunet import Found, YuNet

_SIDE_PX = 640
_SIDE_SMALL_TOO_PX = 1280
_NUMBERS = 128


class OpenCvFaces:
    """The engine; the recogniser is not made for several threads, hence a lock."""

    engine = "opencv"
    model = "face_recognition_sface_2021dec+mirror"

    def __init__(self, directory: Path, models: Mapping[str, ModelFile] = CATALOGUE) -> None:
        """Load both networks.

        Raises:
            ModelsMissing: a file is not there, is not the pinned one, or is not such a network.

        """
        self.watch = Stopwatch()
        self._lock = Lock()
        detector = checked(directory, models[YUNET.name])
        recogniser = checked(directory, models[SFACE.name])
        try:
            self._detector = YuNet(detector)
            self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")
            numbers = self._feature(np.zeros((112, 112, 3), np.uint8)).shape
        except cv2.error as error:
            raise ModelsMissing(
                f"model files in {directory}: cannot be loaded: {error.err}"
            ) from error
        if numbers != (_NUMBERS,):
            raise ModelsMissing(
                f"model file {recogniser.name}: gives {numbers} numbers, expected {_NUMBERS}"
            )

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        """Faces from about 30 pixels across (10 with ``small_too``), best first."""
        return self._found(picture, _SIDE_SMALL_TOO_PX if small_too else _SIDE_PX)

    def find_hard(self, picture: Picture) -> list[Face]:
        """YuNet is the best detector there is here; only a smaller picture helps it further.

        Faces that fill the picture are found when they are smaller.
        """
        return self._found(picture, _SIDE_PX // 2)

    def describe(self, face: Face, *, mirrored: bool = True) -> Descriptor:
        """128 numbers, of length 1."""
        with self.watch.measure("describe"):
            both = self._feature(face.chip)
            if mirrored:
                both = both + self._feature(np.ascontiguousarray(face.chip[:, ::-1]))
        return np.asarray(both / max(float(np.linalg.norm(both)), 1e-9))

    def _feature(self, chip_rgb: Picture) -> Descriptor:
        bgr = np.ascontiguousarray(chip_rgb[..., ::-1])
        with self._lock:
            feature = np.array(self._recogniser.feature(bgr), np.float64).ravel()
        return np.asarray(feature / max(float(np.linalg.norm(feature)), 1e-9))

    def _found(self, picture: Picture, side_px_max: int) -> list[Face]:
        with self.watch.measure("detect"):
            found = self._detector.find(picture, side_px_max=side_px_max)
        with self.watch.measure("landmarks"):
            return [self._face(picture, each) for each in found]

    def _face(self, picture: Picture, found: Found) -> Face:
        left, top, width, height = found.box
        with self._lock:
            chip = self._recogniser.alignCrop(picture, found.row[None, :])
        return Face(
            score=found.score,
            left=left,
            top=top,
            width=width,
            height=height,
            eyes=(found.point(0), found.point(1)),
            nose=found.point(2),
            chip=np.ascontiguousarray(np.asarray(chip, np.uint8)[..., ::-1]),
        )
