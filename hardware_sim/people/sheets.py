"""Flat and bent sheets with a face on them: prints and screens that somebody holds up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from hardware_sim.people.optics import Floats, Lens, Pose, lay_over
from hardware_sim.people.portraits import PORTRAITS, Image
from hardware_sim.people.relief import Person, Relief, head_origin_px, reduced

_AROUND_FACE_M = (0.10, 0.13, 0.10, 0.13)
"""Left, above, right and below of the head's middle: what a print or a screen shows."""
_MARGIN_M = 0.008
"""White paper, or a screen's dark frame, around the picture."""
_HEIGHTS_PER_M = 500.0
FILMED_AT_M = 0.6
_PIXELS_PER_M = 2000.0
"""Of a screen: 51 pixels an inch are coarser than any real one, and finer than the camera sees."""
_FILMED_SIZE_PX = (480, 560)
_SCREEN_HEIGHT_M = _FILMED_SIZE_PX[1] / _PIXELS_PER_M
_REPLAY_LENS = Lens(*_FILMED_SIZE_PX, focal_px=FILMED_AT_M * _PIXELS_PER_M)


@dataclass(frozen=True)
class Print:
    """A life-size photograph on paper; its origin is the middle of the head.

    ``bend_radius_m`` rolls the paper about an axis in its plane, which ``bend_axis_deg`` turns
    from upright (0, the sheet curves around the cheeks) to level (90, over forehead and chin).
    """

    portrait: str
    pose: Pose
    bend_radius_m: float | None = None
    bend_axis_deg: float = 0.0
    screen: bool = False
    """True: a screen with the still picture; dark frame, brighter, with a reflection."""

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw the sheet over what is behind."""
        relief = _sheet(self.portrait, self.bend_radius_m, self.bend_axis_deg, self.screen)
        relief.draw(picture, lens, self.pose)


@dataclass(frozen=True)
class ReplayScreen:
    """A flat screen that plays a film of a person; its origin is the middle of the screen.

    It shows whoever stood at `FILMED_AT_M` before the film's camera in life size; ``filmed`` is the
    pose that the person had in it at this moment.
    """

    portrait: str
    pose: Pose
    filmed: Pose

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw the screen over what is behind."""
        shown = np.full((*reversed(_FILMED_SIZE_PX), 3), (176, 172, 168), np.uint8)
        Person(self.portrait, self.filmed).draw(shown, _REPLAY_LENS)
        rim = int(_MARGIN_M * _PIXELS_PER_M)
        framed = cv2.copyMakeBorder(
            _with_reflection(shown), rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(18, 18, 18)
        )
        _draw_flat(picture, lens, np.asarray(framed, np.uint8), _PIXELS_PER_M, self.pose)


def _draw_flat(picture: Image, lens: Lens, front: Image, pixels_per_m: float, pose: Pose) -> None:
    height_px, width_px = front.shape[:2]
    half = np.array([width_px, height_px, 0], np.float32) / (2 * pixels_per_m)
    unit = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.float32)
    points = np.asarray(unit * half @ pose.rotation().T + pose.place_m(), np.float32)
    if points[:, 2].min() <= 0.02:
        return
    here = np.array([(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], np.float32)
    seen = cv2.warpPerspective(
        cv2.cvtColor(front, cv2.COLOR_BGR2BGRA),
        cv2.getPerspectiveTransform(here, lens.project(points)),
        (lens.width, lens.height),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0, 0),
    )
    lay_over(picture, seen.astype(np.uint8, copy=False), 0, 0)


@lru_cache(maxsize=64)
def _sheet(portrait: str, radius_m: float | None, axis_deg: float, screen: bool) -> Relief:
    """The print's surface with its picture; the picture keeps its length along the bend."""
    flat, origin, scale = _printed(portrait, screen)
    if radius_m is None:
        heights = np.zeros((2, 2), np.float32)
        return Relief(reduced(_opaque(flat)), scale, origin, heights)
    height_px, width_px = flat.shape[:2]
    x, y = np.meshgrid(
        (np.arange(width_px, dtype=np.float32) - origin[0]) / scale,
        (np.arange(height_px, dtype=np.float32) - origin[1]) / scale,
    )
    axis = np.deg2rad(axis_deg)
    across = x * np.cos(axis) + y * np.sin(axis)
    reach = np.clip(across / radius_m, -0.999, 0.999)
    stretch = radius_m * np.arcsin(reach) - across
    rolled = cv2.remap(
        _opaque(flat),
        ((x + stretch * np.cos(axis)) * scale + origin[0]).astype(np.float32),
        ((y + stretch * np.sin(axis)) * scale + origin[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0, 0),
    )
    return Relief(
        reduced(np.asarray(rolled, np.uint8)),
        scale,
        origin,
        _bent_heights_m((width_px, height_px), origin, scale, radius_m, axis_deg),
    )


def _bent_heights_m(
    size_px: tuple[int, int],
    origin_px: tuple[float, float],
    scale: float,
    radius_m: float,
    axis_deg: float,
) -> Floats:
    x, y = np.meshgrid(
        np.arange(int(size_px[0] / scale * _HEIGHTS_PER_M) + 1) / _HEIGHTS_PER_M
        - origin_px[0] / scale,
        np.arange(int(size_px[1] / scale * _HEIGHTS_PER_M) + 1) / _HEIGHTS_PER_M
        - origin_px[1] / scale,
    )
    axis = np.deg2rad(axis_deg)
    reach = np.clip((x * np.cos(axis) + y * np.sin(axis)) / radius_m, -0.98, 0.98)
    return np.asarray(radius_m * (np.sqrt(1 - reach**2) - 1), np.float32)


def _printed(portrait: str, screen: bool) -> tuple[Image, tuple[float, float], float]:
    """The picture around the head with its margin, the head's middle in it, pixels a metre."""
    whole = PORTRAITS[portrait]
    scale = whole.pixels_per_m
    middle = head_origin_px(whole)
    left, top, right, bottom = (round(part * scale) for part in _AROUND_FACE_M)
    x0, y0 = max(0, int(middle[0]) - left), max(0, int(middle[1]) - top)
    part = whole.picture()[y0 : int(middle[1]) + bottom, x0 : int(middle[0]) + right]
    if screen:
        part = _with_reflection(part)
    rim = round(_MARGIN_M * scale)
    colour = (18, 18, 18) if screen else (245, 245, 245)
    framed = cv2.copyMakeBorder(part, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(framed, np.uint8), (middle[0] - x0 + rim, middle[1] - y0 + rim), scale


def _with_reflection(part: Image) -> Image:
    """A lit screen behind glass: a lamp is seen in it as a soft band."""
    height, width = part.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    band = 45.0 * np.exp(-(((x + 0.6 * y - 0.7) / 0.25) ** 2))
    return np.asarray(np.clip(part * 1.05 + 6.0 + band[..., None], 0, 255), np.uint8)


def _opaque(front: Image) -> Image:
    return np.asarray(cv2.cvtColor(front, cv2.COLOR_BGR2BGRA), np.uint8)
