"""The default face engine: dlib, with weights that are free for commerce.

HOG detector, 5-point landmarks and the ResNet descriptor of 128 numbers. The weights come in the
package ``face_recognition_models``; its 68-point landmarks are not used, their licence forbids
commercial use.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import dlib
import numpy as np

from vendtower.adapters.identity.engine import Descriptor, Face, Picture
from vendtower.domain.errors import LocalFault

_PACKAGE = "face_recognition_models"
_LANDMARKS = "shape_predictor_5_face_landmarks.dat"
_DESCRIPTOR = "dlib_face_recognition_resnet_model_v1"
_DETECT_WIDTH_MAX_PX = 640
"""The detector's time grows with the pixels; faces at a kiosk are large enough at this width."""
_SCORE_REPORTED_MIN = 0.0


class ModelsMissing(LocalFault):
    """The engine's weights are not on this machine."""


def models_folder() -> Path:
    """Where the weights are.

    The package is located without importing it: its ``__init__`` needs ``pkg_resources``, which
    newer setuptools no longer have.

    Raises:
        ModelsMissing: the package or one of the two files is not installed.

    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModelsMissing(f"face engine: package {_PACKAGE} is not installed")
    folder = Path(found.origin).parent / "models"
    for name in (_LANDMARKS, f"{_DESCRIPTOR}.dat"):
        if not (folder / name).is_file():
            raise ModelsMissing(f"face engine: {name} is not in {folder}")
    return folder


class DlibFaces:
    """The engine; one lock around dlib's objects, which are not made for several threads.

    dlib also keeps Python's own lock while it works, so nothing is lost by it.
    """

    engine = "dlib"
    model = _DESCRIPTOR

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or models_folder()
        self._lock = Lock()
        self._detector: Any = dlib.get_frontal_face_detector()
        self._landmarks: Any = dlib.shape_predictor(str(folder / _LANDMARKS))
        self._network: Any = dlib.face_recognition_model_v1(str(folder / f"{_DESCRIPTOR}.dat"))

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        """Faces from about 80 pixels across (40 with ``small_too``), best first."""
        rgb = np.ascontiguousarray(picture[..., ::-1])
        scale = min(1.0, _DETECT_WIDTH_MAX_PX / rgb.shape[1])
        small = rgb
        if scale < 1.0:
            small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False
            )
        with self._lock:
            boxes, scores, _ = self._detector.run(small, 1 if small_too else 0, _SCORE_REPORTED_MIN)
            faces = [
                self._face(rgb, box, score, scale) for box, score in zip(boxes, scores, strict=True)
            ]
        return sorted(faces, key=lambda face: -face.score)

    def describe(self, face: Face) -> Descriptor:
        """128 numbers; about 60 ms on one core."""
        with self._lock:
            return np.array(self._network.compute_face_descriptor(face.chip), np.float64)

    def _face(self, rgb: Picture, box: Any, score: float, scale: float) -> Face:
        full = dlib.rectangle(
            *(round(edge / scale) for edge in (box.left(), box.top(), box.right(), box.bottom()))
        )
        shape = self._landmarks(rgb, full)
        points = np.array([(part.x, part.y) for part in shape.parts()], np.float64)
        # Parts 0 and 1 are the corners of the eye on the picture's right, 2 and 3 the other's.
        right, left = points[0:2].mean(axis=0), points[2:4].mean(axis=0)
        return Face(
            score=float(score),
            left=float(full.left()),
            top=float(full.top()),
            width=float(full.width()),
            height=float(full.height()),
            eyes=((float(left[0]), float(left[1])), (float(right[0]), float(right[1]))),
            nose=(float(points[4, 0]), float(points[4, 1])),
            chip=np.asarray(dlib.get_face_chip(rgb, shape), np.uint8),
        )
