"""The default face engine: dlib, with weights that are free for commerce.

HOG detector, 5-point landmarks and the ResNet descriptor of 128 numbers. The weights come in the
package ``face_recognition_models``; its 68-point landmarks are not used, their licence forbids
commercial use. Single pictures in which HOG finds nothing (turned, tilted or cut-off faces) are
searched with YuNet where its file is installed, and with dlib's own network (MMOD), which takes
about a second.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import dlib
import numpy as np

from vendtower.adapters.identity.engine import Descriptor, Face, Picture
from vendtower.adapters.identity.model_files import YUNET, ModelsMissing, checked
from vendtower.adapters.identity.stopwatch import Stopwatch
from vendtower.adapters.identity.yunet import Found, YuNet

_LOG = logging.getLogger("vendtower.identity")

_PACKAGE = "face_recognition_models"
_LANDMARKS = "shape_predictor_5_face_landmarks.dat"
_DESCRIPTOR = "dlib_face_recognition_resnet_model_v1"
_DETECTOR = "mmod_human_face_detector.dat"
_DETECT_WIDTH_MAX_PX = 640
"""The detector's time grows with the pixels; faces at a kiosk are large enough at this width."""
_SCORE_REPORTED_MIN = -0.3
"""Below 0 HOG rather sees no face; half-hidden ones lie there."""
_HARD_SIDE_MAX_PX = 600
"""The network's time grows with the pixels: 1.2 s at this size on one core."""
_BOX_PER_EYES = 2.15
"""Side of a box as dlib's landmarks want it, in eye distances; measured on two portraits."""
_MOUTH_TO_EYES = 1.08
"""Distance of eyes and mouth, times this, is the distance of the eyes, seen from the front."""


def models_folder() -> Path:
    """Where the weights are.

    The package is located without importing it: its ``__init__`` needs ``pkg_resources``, which
    newer setuptools no longer have.

    Raises:
        ModelsMissing: the package or one of its three files is not installed.

    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModelsMissing(f"face engine: package {_PACKAGE} is not installed")
    folder = Path(found.origin).parent / "models"
    for name in (_LANDMARKS, f"{_DESCRIPTOR}.dat", _DETECTOR):
        if not (folder / name).is_file():
            raise ModelsMissing(f"face engine: {name} is not in {folder}")
    return folder


class DlibFaces:
    """The engine; one lock around dlib's objects, which are not made for several threads.

    dlib also keeps Python's own lock while it works, so nothing is lost by it.
    """

    engine = "dlib"
    model = f"{_DESCRIPTOR}+mirror"

    def __init__(self, folder: Path | None = None, models_directory: Path | None = None) -> None:
        """Load the weights; YuNet too when ``models_directory`` has it as pinned.

        Raises:
            ModelsMissing: dlib's own weights are not installed.

        """
        folder = folder or models_folder()
        self.watch = Stopwatch()
        self._lock = Lock()
        self._detector: Any = dlib.get_frontal_face_detector()
        self._landmarks: Any = dlib.shape_predictor(str(folder / _LANDMARKS))
        self._network: Any = dlib.face_recognition_model_v1(str(folder / f"{_DESCRIPTOR}.dat"))
        self._mmod_file = folder / _DETECTOR
        self._mmod: Any = None
        self._yunet = None if models_directory is None else _yunet_of(models_directory)

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        """Faces from about 80 pixels across (40 with ``small_too``), best first."""
        rgb, small, scale = _scaled(picture, _DETECT_WIDTH_MAX_PX / picture.shape[1])
        with self._lock:
            with self.watch.measure("detect"):
                boxes, scores, _ = self._detector.run(
                    small, 1 if small_too else 0, _SCORE_REPORTED_MIN
                )
            faces = [
                self._face(rgb, _grown(box, scale), score)
                for box, score in zip(boxes, scores, strict=True)
            ]
        return sorted(faces, key=lambda face: -face.score)

    def find_hard(self, picture: Picture) -> list[Face]:
        """Faces for YuNet, and for dlib's own network where that finds none."""
        rgb, small, scale = _scaled(picture, _HARD_SIDE_MAX_PX / max(picture.shape[:2]))
        if self._yunet is not None:
            with self.watch.measure("detect"):
                found = self._yunet.find(picture, side_px_max=_HARD_SIDE_MAX_PX)
            if found:
                with self._lock:
                    return [self._face(rgb, _box_around(each), each.score) for each in found]
        with self._lock:
            with self.watch.measure("detect"):
                hits = self._mmod_network()(small, 0)
            faces = [self._face(rgb, _grown(hit.rect, scale), hit.confidence) for hit in hits]
        return sorted(faces, key=lambda face: -face.score)

    def describe(self, face: Face, *, mirrored: bool = True) -> Descriptor:
        """128 numbers; about 60 ms on one core for each of the face and its mirror image."""
        chips = [face.chip]
        if mirrored:
            chips.append(np.ascontiguousarray(face.chip[:, ::-1]))
        with self._lock, self.watch.measure("describe"):
            numbers = self._network.compute_face_descriptor(chips)
        return np.asarray(np.array(numbers, np.float64).mean(axis=0))

    def _mmod_network(self) -> Any:
        """Loaded when it is first wanted: few pictures need it."""
        if self._mmod is None:
            self._mmod = dlib.cnn_face_detection_model_v1(str(self._mmod_file))
        return self._mmod

    def _face(self, rgb: Picture, full: Any, score: float) -> Face:
        with self.watch.measure("landmarks"):
            shape = self._landmarks(rgb, full)
            chip = np.asarray(dlib.get_face_chip(rgb, shape), np.uint8)
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
            chip=chip,
        )


def _yunet_of(directory: Path) -> YuNet | None:
    """The optional detector; this engine works without it, so a wrong file is only reported."""
    if not (directory / YUNET.name).exists():
        return None
    try:
        return YuNet(checked(directory, YUNET))
    except (ModelsMissing, cv2.error) as error:
        _LOG.warning("face engine dlib goes on without YuNet: %s", error)
        return None


def _scaled(picture: Picture, scale: float) -> tuple[Picture, Picture, float]:
    """The picture as RGB, the same no larger than it is, and the scale between the two."""
    rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    if scale >= 1.0:
        return rgb, rgb, 1.0
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return rgb, np.asarray(small, np.uint8), scale


def _grown(box: Any, scale: float) -> Any:
    """A box of the scaled picture, in the whole one."""
    return dlib.rectangle(
        *(round(edge / scale) for edge in (box.left(), box.top(), box.right(), box.bottom()))
    )


def _box_around(found: Found) -> Any:
    """The square that dlib's own detectors would draw around a face that YuNet found."""
    eyes = (np.array(found.point(0)) + np.array(found.point(1))) / 2
    mouth = (np.array(found.point(3)) + np.array(found.point(4))) / 2
    middle = 0.6 * eyes + 0.4 * mouth
    eye_distance = float(np.hypot(*(np.array(found.point(1)) - np.array(found.point(0)))))
    # A turned head shows its eyes closer together, but not its mouth closer to them.
    half = _BOX_PER_EYES / 2 * max(eye_distance, _MOUTH_TO_EYES * float(np.hypot(*(mouth - eyes))))
    return dlib.rectangle(*(round(float(edge)) for edge in (*(middle - half), *(middle + half))))
