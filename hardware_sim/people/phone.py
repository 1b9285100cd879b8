"""A phone with a QR code on its screen, held before the camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import segno

from hardware_sim.people.optics import Lens, Pose, lay_over
from hardware_sim.people.portraits import Image

_HEIGHT_TO_WIDTH = 2.1
_PIXELS_ACROSS = 320
_QUIET_ZONE = 4
"""Light modules around a code that ISO/IEC 18004 asks for."""


@dataclass(frozen=True)
class Phone:
    """A phone; its origin is the middle of the screen."""

    code: str
    pose: Pose
    width_m: float = 0.072
    brightness: float = 1.0
    """Of the screen: 1 is a bright one, 0.15 one on its power saving setting."""
    cracks: int = 0
    """Cracks from one impact: light lines across the screen, and a splintered spot."""
    glare: float = 0.0
    """A lamp that the glass mirrors: 1 whitens its streak to the screen's own white."""

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw the phone over what is behind."""
        face = _front(self.code, round(self.brightness, 3), self.cracks, round(self.glare, 2))
        height_px, width_px = face.shape[:2]
        half_x = self.width_m / 2
        half_y = half_x * _HEIGHT_TO_WIDTH
        unit = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.float32)
        corners = unit * np.array([half_x, half_y, 0], np.float32)
        points = np.asarray(corners @ self.pose.rotation().T + self.pose.place_m(), np.float32)
        if points[:, 2].min() <= 0.02:
            return
        there = lens.project(points)
        here = np.array([(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], np.float32)
        seen = cv2.warpPerspective(
            face,
            cv2.getPerspectiveTransform(here, there),
            (lens.width, lens.height),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(0, 0, 0, 0),
        )
        lay_over(picture, seen.astype(np.uint8, copy=False), 0, 0)


@lru_cache(maxsize=32)
def _front(code: str, brightness: float, cracks: int, glare: float) -> Image:
    """The phone from the front, BGRA: dark frame, lit screen, the code in its middle."""
    width = _PIXELS_ACROSS
    height = int(width * _HEIGHT_TO_WIDTH)
    rim = width // 24
    front = np.full((height, width, 4), (22, 20, 20, 255), np.uint8)
    screen = front[rim : height - rim, rim : width - rim, :3]
    screen[:] = np.array((250, 246, 242)) * brightness
    modules = np.array([list(row) for row in segno.make_qr(code, error="m").matrix], np.uint8)
    padded = np.pad(modules, _QUIET_ZONE)
    scale = max(1, screen.shape[1] // padded.shape[1])
    light = np.kron(1 - padded, np.ones((scale, scale), np.uint8))
    top = (screen.shape[0] - light.shape[0]) // 2
    left = (screen.shape[1] - light.shape[1]) // 2
    area = screen[top : top + light.shape[0], left : left + light.shape[1]]
    dark = np.array((12, 12, 12), np.float32) * brightness
    bright = np.array((250, 246, 242), np.float32) * brightness
    area[:] = np.where(light[..., None] == 1, bright, dark).astype(np.uint8)
    if cracks:
        _crack(screen, cracks, 40 + 150 * brightness)
    if glare:
        _shine(screen, glare)
    return front


def _crack(screen: Image, cracks: int, level: float) -> None:
    """Lines from an impact off the middle; glass dust scatters what light there is."""
    height, width = screen.shape[:2]
    rng = np.random.default_rng(cracks)
    hit = (int(width * 0.62), int(height * 0.45))
    lit = np.zeros((height, width), np.float32)
    cv2.circle(lit, hit, width // 28, 0.9, -1, cv2.LINE_AA)
    for number in range(cracks):
        turn = 2 * np.pi * (number + rng.uniform(-0.3, 0.3)) / cracks
        point = np.array(hit, np.float64)
        while 0 <= point[0] < width and 0 <= point[1] < height:
            turn += rng.uniform(-0.35, 0.35)
            onward = point + width / 14 * np.array([np.cos(turn), np.sin(turn)])
            ends = [tuple(int(x) for x in np.round(each)) for each in (point, onward)]
            cv2.line(lit, ends[0], ends[1], 0.75, int(rng.integers(1, 4)), cv2.LINE_AA)
            point = onward
    _lighten(screen, lit, level)


def _shine(screen: Image, glare: float) -> None:
    """A soft slanting streak across a third of the screen."""
    height, width = screen.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    away = np.abs((x - width * 0.45) + 0.5 * (y - height / 2)) / (width * 0.17)
    _lighten(screen, glare * np.exp(-(away**2)).astype(np.float32), 252.0)


def _lighten(screen: Image, share: npt.NDArray[np.float32], to: float) -> None:
    mixed = screen + (to - screen) * share[..., None]
    screen[:] = mixed.clip(0, 255).astype(np.uint8)
