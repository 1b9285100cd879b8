"""A picture on a surface in space, seen from any side: heads, and whatever else is not flat.

The surface is a height over the picture's plane. For each pixel of the camera the ray is followed
until it meets the surface; where it does, tells which point of the picture is seen. This is done
for every fourth pixel in each direction and interpolated in between, which is what makes it quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from hardware_sim.people.optics import Floats, Lens, Pose, lay_over
from hardware_sim.people.portraits import PORTRAITS, Image, Portrait

_GRID_PX = 4
"""Rays are followed at this spacing."""
_STEPS = 12
"""Equal steps through the slab in which the surface lies, before the last two refinements."""
_HEIGHTS_PER_M = 500.0
"""Resolution of the height table: 2 mm."""


@dataclass(frozen=True, eq=False)
class Relief:
    """A textured surface; its origin is the point that a pose places and turns about."""

    cutouts: Sequence[Image]
    """BGRA with colour multiplied by alpha: full size first, then each half of the one before."""
    pixels_per_m: float
    """Of the full-size cutout."""
    origin_px: tuple[float, float]
    """The origin in the full-size cutout."""
    heights_m: Floats
    """Height towards the viewer, at `_HEIGHTS_PER_M` samples a metre over the whole cutout."""
    lowest_m: float = field(init=False)
    highest_m: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lowest_m", float(self.heights_m.min()) - 1e-4)
        object.__setattr__(self, "highest_m", float(self.heights_m.max()) + 1e-4)

    def draw(self, picture: Image, lens: Lens, pose: Pose) -> None:
        """Draw the surface into the BGR picture, in place."""
        box = self._box(lens, pose)
        if box is None:
            return
        left, top, width, height = box
        across, down = self._where_seen(lens, pose, box)
        size = (across.shape[1] * _GRID_PX, across.shape[0] * _GRID_PX)
        map_x = cv2.resize(across, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
        map_y = cv2.resize(down, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
        shrink = self.pixels_per_m * pose.distance_m / lens.focal_px
        level = int(np.clip(np.floor(np.log2(max(shrink, 1.0)) + 0.3), 0, len(self.cutouts) - 1))
        share = 0.5**level
        seen = cv2.remap(
            self.cutouts[level],
            map_x * share + (share - 1) / 2,
            map_y * share + (share - 1) / 2,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(0, 0, 0, 0),
        )
        lay_over(picture, seen.astype(np.uint8, copy=False), left, top)

    def _box(self, lens: Lens, pose: Pose) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of what the surface can cover; None: out of sight."""
        height_px, width_px = self.cutouts[0].shape[:2]
        flat = np.array(
            [(x, y) for x in (0, width_px) for y in (0, height_px)], np.float32
        ) - np.array(self.origin_px, np.float32)
        corners = [
            (x, y, z) for x, y in flat / self.pixels_per_m for z in (self.lowest_m, self.highest_m)
        ]
        points = np.array(corners, np.float32) @ pose.rotation().T + pose.place_m()
        if points[:, 2].min() <= 0.02:
            return None
        pixels = lens.project(np.asarray(points, np.float32))
        low = np.floor(pixels.min(axis=0)).astype(int)
        high = np.ceil(pixels.max(axis=0)).astype(int) + 1
        left, top = max(int(low[0]), 0), max(int(low[1]), 0)
        right, bottom = min(int(high[0]), lens.width), min(int(high[1]), lens.height)
        if right - left < 2 or bottom - top < 2:
            return None
        return left, top, right - left, bottom - top

    def _where_seen(
        self, lens: Lens, pose: Pose, box: tuple[int, int, int, int]
    ) -> tuple[Floats, Floats]:
        """Points of the full-size cutout that the grid's rays meet."""
        left, top, width, height = box
        columns = -(-width // _GRID_PX)
        rows = -(-height // _GRID_PX)
        x = left + (np.arange(columns, dtype=np.float32) + 0.5) * _GRID_PX - 0.5 - lens.width / 2
        y = top + (np.arange(rows, dtype=np.float32) + 0.5) * _GRID_PX - 0.5 - lens.height / 2
        across, down = np.meshgrid(x / lens.focal_px, y / lens.focal_px)
        turn = pose.rotation()
        start = -pose.place_m() @ turn
        slopes = [across * turn[0, i] + down * turn[1, i] + turn[2, i] for i in range(3)]
        met_x, met_y = self._follow(start, slopes)
        return (
            np.asarray(met_x * self.pixels_per_m + self.origin_px[0], np.float32),
            np.asarray(met_y * self.pixels_per_m + self.origin_px[1], np.float32),
        )

    def _follow(self, start: Floats, slopes: list[Floats]) -> tuple[Floats, Floats]:
        """March all rays through the slab, then refine where each first went below the surface."""
        falling = np.minimum(slopes[2], -1e-3)
        enter = (self.highest_m - start[2]) / falling
        leave = (self.lowest_m - start[2]) / falling
        stride = (leave - enter) / _STEPS
        before, after = enter, leave
        gap_before = np.zeros_like(enter)
        gap_after = np.full_like(enter, -1.0)
        done = np.zeros(enter.shape, bool)
        last_gap = np.full_like(enter, 1.0)
        for step in range(1, _STEPS + 1):
            along = enter + stride * step
            gap = self._gap(start, slopes, along)
            first = ~done & (gap <= 0)
            before = np.where(first, along - stride, before)
            after = np.where(first, along, after)
            gap_before = np.where(first, last_gap, gap_before)
            gap_after = np.where(first, gap, gap_after)
            done |= first
            last_gap = gap
        for _ in range(2):
            share = np.clip(gap_before / np.maximum(gap_before - gap_after, 1e-9), 0.0, 1.0)
            along = before + (after - before) * share
            gap = self._gap(start, slopes, along)
            above = gap > 0
            before, after = np.where(above, along, before), np.where(above, after, along)
            gap_before = np.where(above, gap, gap_before)
            gap_after = np.where(above, gap_after, gap)
        along = np.where(above, before, after)
        return start[0] + slopes[0] * along, start[1] + slopes[1] * along

    def _gap(self, start: Floats, slopes: list[Floats], along: Floats) -> Floats:
        """How far the rays are above the surface after going ``along``."""
        scale = _HEIGHTS_PER_M
        column = (start[0] + slopes[0] * along + self.origin_px[0] / self.pixels_per_m) * scale
        row = (start[1] + slopes[1] * along + self.origin_px[1] / self.pixels_per_m) * scale
        height = cv2.remap(
            self.heights_m,
            column.astype(np.float32, copy=False),
            row.astype(np.float32, copy=False),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(start[2] + slopes[2] * along - height, np.float32)


@dataclass(frozen=True)
class Person:
    """Somebody from the portraits, standing before the camera."""

    portrait: str
    pose: Pose

    def draw(self, picture: Image, lens: Lens) -> None:
        """Draw the person over what is behind."""
        person_relief(self.portrait).draw(picture, lens, self.pose)


@cache
def person_relief(name: str) -> Relief:
    """The portrait of that name on the shape of a head and shoulders."""
    portrait = PORTRAITS[name]
    origin = head_origin_px(portrait)
    return Relief(
        reduced(portrait.cutout()),
        portrait.pixels_per_m,
        origin,
        _head_heights_m(portrait, origin),
    )


def reduced(full: Image) -> list[Image]:
    """The cutout and its halves, as `Relief` wants them."""
    cutouts = [full]
    while min(cutouts[-1].shape[:2]) > 64:
        last = cutouts[-1]
        half = (last.shape[1] // 2, last.shape[0] // 2)
        cutouts.append(
            cv2.resize(last, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        )
    return cutouts


def head_origin_px(portrait: Portrait) -> tuple[float, float]:
    """Where the middle of the head is in the portrait's picture."""
    (left_x, left_y), (right_x, right_y) = portrait.eye_corners
    return (left_x + right_x) / 2, (left_y + right_y) / 2 + 0.02 * portrait.pixels_per_m


def _head_heights_m(portrait: Portrait, origin_px: tuple[float, float]) -> Floats:
    """A head as half an ellipsoid with nose and eye sockets, on shoulders that fall back.

    Sizes are those of a grown-up's head: 156 mm wide at the temples, 230 mm high.
    """
    picture = portrait.picture()
    size_m = (picture.shape[1] / portrait.pixels_per_m, picture.shape[0] / portrait.pixels_per_m)
    x, y = np.meshgrid(
        np.arange(int(size_m[0] * _HEIGHTS_PER_M) + 1) / _HEIGHTS_PER_M
        - origin_px[0] / portrait.pixels_per_m,
        np.arange(int(size_m[1] * _HEIGHTS_PER_M) + 1) / _HEIGHTS_PER_M
        - origin_px[1] / portrait.pixels_per_m,
    )
    skull = np.sqrt(np.clip(1 - (x / 0.082) ** 2 - (y / 0.118) ** 2, 0, None)) * 0.088
    chest = 0.05 * np.clip((y - 0.10) / 0.15, 0, 1) * np.exp(-((x / 0.2) ** 2))
    soft = cv2.GaussianBlur(np.maximum(skull, chest).astype(np.float32), (0, 0), 3.5)
    nose_x = (portrait.nose[0] - origin_px[0]) / portrait.pixels_per_m
    nose_y = (portrait.nose[1] - origin_px[1]) / portrait.pixels_per_m
    nose = 0.022 * np.exp(-(((x - nose_x) / 0.014) ** 2) - ((y - nose_y + 0.008) / 0.024) ** 2)
    sockets = np.zeros_like(nose)
    for side in (-0.032, 0.032):
        sockets += 0.006 * np.exp(-(((x - side) / 0.016) ** 2) - ((y + 0.02) / 0.012) ** 2)
    return np.asarray(soft + nose - sockets, np.float32)
