"""Is it a head or a sheet? Told from how points on the face moved while it turned.

Points on a flat sheet, however it is held and turned, move by one homography. On a head the nose
runs ahead of the cheeks. A sheet that is bent about an axis also breaks the homography, but bulges
smoothly: a quadratic surface explains it, and nothing is left for the nose. Both are measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.engine import Face, Picture

Points = npt.NDArray[np.float64]

_POINTS_MAX = 150
_POINTS_MEASURABLE = 15
"""Below this a fit of seven numbers means nothing."""
_HOMOGRAPHY_TOLERANCE = 0.03
"""In eye distances: points nearer than this to the homography support it."""
_NOSE_ACROSS, _NOSE_ALONG = 0.16, 0.27
"""Half width and half length of the nose in eye distances, and `_NOSE_ABOVE` its middle over its
base: a nose is about 35 mm across and 50 mm long where the eyes are 63 mm apart."""
_NOSE_ABOVE = 0.12
_ROUNDS = 6
_OUTLIER_AT = 1.5
_OUTLIER_FLOOR = 0.004


@dataclass(frozen=True)
class SurfaceMeasure:
    """What the movement of the points says of the surface; lengths in eye distances."""

    points: int
    planarity_residual: float
    """Median distance of the points from where the best homography puts them."""
    relief: float
    """Movement of the nose beyond that of the surface around it; above 0 to the picture's right."""


@dataclass(frozen=True, eq=False)
class FaceAxes:
    """Coordinates of a face: origin between the eyes, x along them, unit the eye distance."""

    middle: Points
    along: Points
    down: Points
    unit_px: float

    @classmethod
    def of(cls, face: Face) -> FaceAxes:
        """The axes of a face in its picture."""
        left, right = np.array(face.eyes[0]), np.array(face.eyes[1])
        unit_px = max(face.eye_distance_px, 1.0)
        along = (right - left) / unit_px
        down = np.array([-along[1], along[0]])
        return cls((left + right) / 2, along, down, unit_px)

    def place(self, points_px: Points) -> Points:
        """Pixels to the face's coordinates."""
        offset = points_px - self.middle
        return np.stack([offset @ self.along, offset @ self.down], axis=1) / self.unit_px


def measure_surface(before: Points, after: Points, nose: Points) -> SurfaceMeasure | None:
    """Judge by points ``(n, 2)`` in one face's coordinates before and after it turned.

    None when they are too few or lie so that nothing can be fitted.
    """
    if len(before) < _POINTS_MEASURABLE:
        return None
    homography, _ = cv2.findHomography(before, after, cv2.RANSAC, _HOMOGRAPHY_TOLERANCE)
    fitted: object = homography
    # The stubs promise a matrix where OpenCV gives None for points that allow no fit.
    if fitted is None:
        return None
    expected = cv2.perspectiveTransform(before.reshape(-1, 1, 2), homography).reshape(-1, 2)
    residual = float(np.median(np.linalg.norm(expected - after, axis=1)))
    return SurfaceMeasure(len(before), residual, _nose_movement(before, after - before, nose))


def _nose_movement(places: Points, moved: Points, nose: Points) -> float:
    """Fit the movement by a quadratic surface and a nose; robust against points that slipped."""
    x, y = places.T
    across = ((x - nose[0]) / _NOSE_ACROSS) ** 2
    along = ((y - nose[1] + _NOSE_ABOVE) / _NOSE_ALONG) ** 2
    model = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y, np.exp(-across - along)])
    weight: npt.NDArray[np.floating] = np.ones(len(x))
    solved: npt.NDArray[np.floating] = np.zeros((model.shape[1], 2))
    for _ in range(_ROUNDS):
        solved, *_ = np.linalg.lstsq(model * weight[:, None], moved * weight[:, None], rcond=None)
        off = np.linalg.norm(moved - model @ solved, axis=1)
        scale = max(_OUTLIER_AT * float(np.median(off)), _OUTLIER_FLOOR)
        weight = np.sqrt(1.0 / (1.0 + (off / scale) ** 2))
    return float(solved[-1, 0])


class SurfaceTracker:
    """Follows points of a face from a picture in which it looks straight ahead."""

    def __init__(self, picture: Picture, face: Face) -> None:
        self._axes = FaceAxes.of(face)
        self._nose = self._axes.place(np.array([face.nose]))[0]
        self._grey = _grey(picture)
        window = int(max(11.0, 0.25 * self._axes.unit_px)) | 1
        self._window = (window, window)
        self._start = self._find_points()
        self._now = self._start.copy()

    def _find_points(self) -> npt.NDArray[np.float32]:
        """Corners inside an ellipse from forehead to chin."""
        axes = self._axes
        mask = np.zeros_like(self._grey)
        middle = axes.middle + axes.down * (0.45 * axes.unit_px)
        cv2.ellipse(
            mask,
            (round(middle[0]), round(middle[1])),
            (round(0.95 * axes.unit_px), round(1.15 * axes.unit_px)),
            float(np.degrees(np.arctan2(axes.along[1], axes.along[0]))),
            0,
            360,
            255.0,
            -1,
        )
        apart_px = max(3.0, 0.05 * axes.unit_px)
        found = cv2.goodFeaturesToTrack(self._grey, _POINTS_MAX, 0.005, apart_px, mask=mask)
        # The stubs promise an array where OpenCV gives None for "no corner".
        corners: object = found
        if corners is None:
            return np.zeros((0, 1, 2), np.float32)
        return np.asarray(found, np.float32).reshape(-1, 1, 2)

    def follow(self, picture: Picture) -> None:
        """Find the points in the next picture; those that do not find their way back are lost."""
        grey = _grey(picture)
        if len(self._now):
            there, found = self._flow(self._grey, grey, self._now)
            back, found_back = self._flow(grey, self._grey, there)
            off_px = np.linalg.norm((back - self._now).reshape(-1, 2), axis=1)
            kept = found & found_back & (off_px < max(0.4, 0.02 * self._axes.unit_px))
            self._start, self._now = self._start[kept], there[kept]
        self._grey = grey

    def _flow(
        self, one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], points: cv2.typing.MatLike
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        there, found, _ = cv2.calcOpticalFlowPyrLK(
            one,
            other,
            points,
            None,  # type: ignore[call-overload]  # the stubs do not know that no first guess is allowed
            winSize=self._window,
            maxLevel=3,
        )
        return np.asarray(there, np.float32), np.asarray(found).ravel() == 1

    def measure(self) -> SurfaceMeasure | None:
        """What the movement since the first picture says."""
        if not len(self._now):
            return None
        return measure_surface(
            self._axes.place(self._start.reshape(-1, 2).astype(np.float64)),
            self._axes.place(self._now.reshape(-1, 2).astype(np.float64)),
            self._nose,
        )


def _grey(picture: Picture) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
