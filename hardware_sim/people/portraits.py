"""Portraits of real people in the public domain, and what the renderer must know of them.

Where each picture comes from is written in ``portraits/README.md``. The outlines were drawn by
hand around head, shoulders and what the person wears, in pixels of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

GRACE_HOPPER = "grace_hopper"
EILEEN_COLLINS = "eileen_collins"

_FOLDER = Path(__file__).with_name("portraits")

_BIOCULAR_M = 0.092
"""Between the outer corners of the eyes of a grown-up; what gives a portrait its scale."""


@dataclass(frozen=True)
class Portrait:
    """One picture of a person who looks straight at the camera; points are ``(x, y)`` pixels."""

    name: str
    file: str
    eye_corners: tuple[tuple[int, int], tuple[int, int]]
    """The outer ones; their distance gives the scale."""
    nose: tuple[int, int]
    outline: tuple[tuple[int, int], ...]
    """A polygon around the person, without the background."""

    @property
    def path(self) -> Path:
        """The picture's file."""
        return _FOLDER / self.file

    @property
    def pixels_per_m(self) -> float:
        """Scale of the picture in the plane of the face."""
        (left_x, left_y), (right_x, right_y) = self.eye_corners
        return float(np.hypot(right_x - left_x, right_y - left_y)) / _BIOCULAR_M

    def picture(self) -> Image:
        """The whole picture, BGR."""
        return _read(self.path)

    def jpeg(self) -> bytes:
        """The file's bytes, for instance as somebody's enrolment picture."""
        return self.path.read_bytes()

    def cutout(self) -> Image:
        """The person alone: BGRA, colour already multiplied by alpha, with a soft edge."""
        picture = self.picture()
        matte = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(matte, [np.array(self.outline, np.int32)], 255.0, cv2.LINE_AA)
        alpha = cv2.GaussianBlur(matte, (0, 0), 1.5)
        colour = cv2.multiply(picture, cv2.merge([alpha, alpha, alpha]), scale=1 / 255)
        return np.dstack([colour, alpha]).astype(np.uint8)


PORTRAITS: dict[str, Portrait] = {
    portrait.name: portrait
    for portrait in (
        Portrait(
            name=GRACE_HOPPER,
            file="grace_hopper.jpg",
            eye_corners=((207, 194), (323, 190)),
            nose=(270, 252),
            outline=(
                *((10, 600), (28, 500), (46, 400), (66, 382), (150, 345), (190, 325)),
                *((200, 306), (180, 296), (166, 275), (155, 222), (153, 192), (160, 175)),
                *((148, 142), (152, 105), (174, 75), (180, 48), (205, 33), (240, 23)),
                *((272, 26), (302, 38), (330, 58), (355, 85), (372, 110), (373, 152)),
                *((364, 172), (374, 195), (374, 228), (362, 272), (350, 300), (334, 310)),
                *((345, 322), (488, 388), (508, 425), (512, 480), (512, 600)),
            ),
        ),
        Portrait(
            name=EILEEN_COLLINS,
            file="eileen_collins.jpg",
            eye_corners=((195, 101), (255, 104)),
            nose=(224, 135),
            outline=(
                *((26, 512), (28, 430), (42, 335), (62, 280), (106, 240), (116, 196)),
                *((145, 160), (184, 148), (176, 130), (160, 105), (154, 72), (163, 40)),
                *((190, 18), (224, 12), (262, 20), (291, 48), (298, 76), (292, 104)),
                *((276, 131), (257, 158), (270, 182), (292, 214), (302, 248), (346, 268)),
                *((358, 312), (356, 350), (412, 342), (466, 366), (498, 418), (508, 470)),
                (508, 512),
            ),
        ),
    )
}


@cache
def _read(path: Path) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(f"portrait {path.name}: not there or not a picture")
    return picture.astype(np.uint8, copy=False)
