"""What people wear or hold before their face: glasses, sunglasses, masks, a hand.

Painted on the portrait before it is laid on the head, so that it turns with it. Lengths are metres
from the middle between the eyes, x to the picture's right and y down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import cv2
import numpy as np

from hardware_sim.people.optics import Floats, Lens, Pose
from hardware_sim.people.portraits import PORTRAITS, Image
from hardware_sim.people.relief import Relief, head_origin_px, person_relief, reduced

Colour = tuple[float, float, float]
"""BGR, 0 to 255."""
_EYE_APART_M = 0.0315
_SHIFT = 4
"""OpenCV draws with this many bits below the pixel."""


class Worn(Enum):
    """One thing before the face."""

    GLASSES = "glasses"
    """Thin dark frames, a little reflection: what must not be refused."""
    THICK_GLASSES = "thick_glasses"
    """Heavy black frames and slightly tinted lenses: nor these."""
    SUNGLASSES = "sunglasses"
    BROWN_SUNGLASSES = "brown_sunglasses"
    """Lenses that let a fifth of the light through, darker towards the top."""
    BLUE_MASK = "blue_mask"
    WHITE_MASK = "white_mask"
    BLACK_MASK = "black_mask"
    HAND_ON_MOUTH = "hand_on_mouth"
    HAND_ON_EYE = "hand_on_eye"


@dataclass(frozen=True)
class WearingPerson:
    """Somebody from the portraits with something before the face."""

    portrait: str
    worn: Worn
    pose: Pose

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw the person over what is behind."""
        _wearing(self.portrait, self.worn).draw(picture, lens, self.pose)


@lru_cache(maxsize=32)
def _wearing(name: str, worn: Worn) -> Relief:
    bare = person_relief(name)
    canvas = _Canvas(name)
    _PAINTERS[worn](canvas)
    cutout = canvas.over(bare.cutouts[0])
    return Relief(reduced(cutout), bare.pixels_per_m, bare.origin_px, bare.heights_m)


class _Canvas:
    """The portrait's picture, painted on in metres around the eyes."""

    def __init__(self, name: str) -> None:
        portrait = PORTRAITS[name]
        self.scale = portrait.pixels_per_m
        origin_x, origin_y = head_origin_px(portrait)
        self.origin = (origin_x, origin_y - 0.02 * self.scale)
        self.picture = portrait.picture().copy()
        self._before = self.picture.copy()

    def _px(self, x_m: float, y_m: float) -> tuple[int, int]:
        x, y = self.origin[0] + x_m * self.scale, self.origin[1] + y_m * self.scale
        return round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT))

    def _length(self, length_m: float) -> int:
        return round(length_m * self.scale * (1 << _SHIFT))

    def ellipse(
        self,
        middle_m: tuple[float, float],
        half_m: tuple[float, float],
        colour: Colour,
        *,
        opaque: float = 1.0,
        rim_m: float | None = None,
    ) -> None:
        """A filled ellipse, or with ``rim_m`` its outline of that width."""
        painted = self.picture.copy()
        thick = -1 if rim_m is None else max(1, round(rim_m * self.scale))
        axes = (self._length(half_m[0]), self._length(half_m[1]))
        cv2.ellipse(
            painted, self._px(*middle_m), axes, 0, 0, 360, colour, thick, cv2.LINE_AA, _SHIFT
        )
        self._lay(painted, opaque)

    def line(
        self,
        one_m: tuple[float, float],
        other_m: tuple[float, float],
        colour: Colour,
        wide_m: float,
    ) -> None:
        """A straight line."""
        thick = max(1, round(wide_m * self.scale))
        cv2.line(
            self.picture, self._px(*one_m), self._px(*other_m), colour, thick, cv2.LINE_AA, _SHIFT
        )

    def polygon(self, corners_m: list[tuple[float, float]], colour: Colour) -> None:
        """A filled shape."""
        corners = np.array([self._px(*corner) for corner in corners_m], np.int32)
        cv2.fillPoly(self.picture, [corners], colour, cv2.LINE_AA, _SHIFT)

    def _lay(self, painted: Image, opaque: float) -> None:
        mixed = cv2.addWeighted(painted, opaque, self.picture, 1 - opaque, 0)
        self.picture = np.asarray(mixed, np.uint8)

    def shade(self, towards: float) -> None:
        """Light from above on all that was painted: from 1 at the top to ``towards`` below."""
        changed = (self.picture != self._before).any(axis=2)
        rows = np.flatnonzero(changed.any(axis=1))
        if len(rows) == 0:
            return
        light: Floats = np.ones(len(self.picture), np.float32)
        light[rows[0] : rows[-1] + 1] = np.linspace(1, towards, rows[-1] - rows[0] + 1)
        shaded = self.picture * light[:, None, None]
        self.picture = np.where(changed[..., None], shaded, self.picture).astype(np.uint8)

    def skin(self) -> Colour:
        """The colour of the cheeks."""
        x, y = (round(part / (1 << _SHIFT)) for part in self._px(0.035, 0.035))
        around = max(2, round(0.006 * self.scale))
        part = self.picture[y - around : y + around, x - around : x + around].reshape(-1, 3)
        blue, green, red = np.median(part, axis=0)
        return float(blue), float(green), float(red)

    def over(self, cutout: Image) -> Image:
        """The painted picture with the cutout's edge."""
        alpha = cutout[..., 3]
        colour = cv2.multiply(self.picture, cv2.merge([alpha, alpha, alpha]), scale=1 / 255)
        return np.dstack([colour, alpha]).astype(np.uint8)


def _lenses(canvas: _Canvas, colour: Colour, opaque: float, half_m: tuple[float, float]) -> None:
    for side in (-1, 1):
        canvas.ellipse((side * _EYE_APART_M, 0.004), half_m, colour, opaque=opaque)


def _frames(canvas: _Canvas, half_m: tuple[float, float], rim_m: float) -> None:
    black = (22.0, 22.0, 24.0)
    inner_m = _EYE_APART_M - half_m[0]
    for side in (-1, 1):
        canvas.ellipse((side * _EYE_APART_M, 0.004), half_m, black, rim_m=rim_m)
        canvas.line((side * (_EYE_APART_M + half_m[0]), 0.0), (side * 0.075, -0.004), black, rim_m)
    canvas.line((-inner_m, 0.0), (inner_m, 0.0), black, rim_m)


def _glint(canvas: _Canvas, strength: float) -> None:
    for side in (-1, 1):
        middle = (side * _EYE_APART_M + 0.008, -0.004)
        canvas.ellipse(middle, (0.003, 0.005), (235.0, 235.0, 230.0), opaque=strength)


def _glasses(canvas: _Canvas) -> None:
    _frames(canvas, (0.025, 0.019), 0.0018)
    _glint(canvas, 0.5)


def _thick_glasses(canvas: _Canvas) -> None:
    _lenses(canvas, (120.0, 120.0, 120.0), 0.15, (0.026, 0.020))
    _frames(canvas, (0.026, 0.020), 0.005)
    _glint(canvas, 0.6)


def _sunglasses(canvas: _Canvas) -> None:
    _lenses(canvas, (24.0, 22.0, 22.0), 0.94, (0.028, 0.022))
    _frames(canvas, (0.028, 0.022), 0.003)
    _glint(canvas, 0.35)


def _brown_sunglasses(canvas: _Canvas) -> None:
    _lenses(canvas, (28.0, 42.0, 62.0), 0.80, (0.030, 0.024))
    _frames(canvas, (0.030, 0.024), 0.0018)
    _glint(canvas, 0.3)


def _mask(canvas: _Canvas, colour: Colour) -> None:
    canvas.polygon(
        [
            *((-0.060, 0.024), (-0.02, 0.020), (0.0, 0.014), (0.02, 0.020), (0.060, 0.024)),
            *((0.056, 0.075), (0.03, 0.105), (-0.03, 0.105), (-0.056, 0.075)),
        ],
        colour,
    )
    blue, green, red = (0.90 * part for part in colour)
    for y_m in (0.042, 0.056, 0.070):
        canvas.line((-0.052, y_m), (0.052, y_m), (blue, green, red), 0.001)
    canvas.shade(0.8)
    for side in (-1, 1):
        canvas.line((side * 0.058, 0.028), (side * 0.078, 0.01), (235.0, 235.0, 235.0), 0.0015)


def _hand(canvas: _Canvas, middle_m: tuple[float, float]) -> None:
    """Four fingers side by side, lighter in their middle, with a dark line between them."""
    blue, green, red = canvas.skin()
    for finger in range(4):
        at = (middle_m[0], middle_m[1] + (finger - 1.5) * 0.0155)
        for half_m, light in ((0.0086, 0.72), (0.0076, 0.90), (0.0045, 0.97)):
            colour = (light * blue, light * green, light * red)
            canvas.ellipse(at, (0.045 + half_m, half_m), colour)
    canvas.shade(0.9)


_PAINTERS: dict[Worn, Callable[[_Canvas], None]] = {
    Worn.GLASSES: _glasses,
    Worn.THICK_GLASSES: _thick_glasses,
    Worn.SUNGLASSES: _sunglasses,
    Worn.BROWN_SUNGLASSES: _brown_sunglasses,
    Worn.BLUE_MASK: lambda canvas: _mask(canvas, (205.0, 175.0, 130.0)),
    Worn.WHITE_MASK: lambda canvas: _mask(canvas, (232.0, 232.0, 230.0)),
    Worn.BLACK_MASK: lambda canvas: _mask(canvas, (36.0, 34.0, 34.0)),
    Worn.HAND_ON_MOUTH: lambda canvas: _hand(canvas, (0.012, 0.066)),
    Worn.HAND_ON_EYE: lambda canvas: _hand(canvas, (0.055, 0.002)),
}
