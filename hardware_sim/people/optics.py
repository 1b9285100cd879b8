"""The pinhole camera of a kiosk, and how a thing's turn is written as a matrix.

Camera coordinates are metres: x to the right of the picture, y down, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from hardware_sim.people.portraits import Image

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lens:
    """Picture size and focal length; 600 pixels at 640 wide see 56 degrees across."""

    width: int = 640
    height: int = 480
    focal_px: float = 600.0

    def project(self, points_m: Floats) -> Floats:
        """Pixels ``(n, 2)`` of points ``(n, 3)`` in camera coordinates; z must be above 0."""
        scale = self.focal_px / points_m[:, 2:3]
        centre = np.array([self.width / 2, self.height / 2], np.float32)
        return np.asarray(points_m[:, :2] * scale + centre, np.float32)


@dataclass(frozen=True)
class Pose:
    """Where a thing is and how it is turned.

    ``yaw_deg`` above 0 turns it to the picture's right, ``pitch_deg`` above 0 down,
    ``roll_deg`` above 0 clockwise.
    """

    distance_m: float
    x_m: float = 0.0
    y_m: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def place_m(self) -> Floats:
        """The thing's own origin in camera coordinates."""
        return np.array([self.x_m, self.y_m, self.distance_m], np.float32)

    def rotation(self) -> Floats:
        """Matrix from the thing's axes (x right, y down, z towards the camera) to the camera's."""
        yaw, pitch, roll = np.deg2rad([self.yaw_deg, self.pitch_deg, self.roll_deg])
        about_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
        about_x = [
            [1, 0, 0],
            [0, np.cos(pitch), np.sin(pitch)],
            [0, -np.sin(pitch), np.cos(pitch)],
        ]
        about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
        turned = np.array(about_z) @ np.array(about_x) @ np.array(about_y)
        return np.asarray(np.diag([1.0, 1.0, -1.0]) @ turned, np.float32)


class Thing(Protocol):
    """Something that stands before the camera and can be drawn over what is behind it."""

    @property
    def pose(self) -> Pose:
        """Where it is; the renderer draws from far to near."""
        ...

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw it into the BGR picture, in place."""
        ...


def lay_over(picture: Image, cutout: Image, left: int, top: int) -> None:
    """Lay a BGRA cutout (colour multiplied by alpha) over the picture, in place.

    The cutout has to lie inside the picture.
    """
    height, width = cutout.shape[:2]
    behind = picture[top : top + height, left : left + width]
    blue, green, red, alpha = cv2.split(cutout)
    rest = cv2.bitwise_not(alpha)
    dimmed = cv2.multiply(behind, cv2.merge([rest, rest, rest]), scale=1 / 255)
    cv2.add(dimmed, cv2.merge([blue, green, red]), dst=behind)
