"""From a view (who stands there, how much light) to the picture that the camera gives."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hardware_sim.people.optics import Lens, Thing
from hardware_sim.people.portraits import Image

_NOISE_PICTURES = 4


@dataclass(frozen=True)
class View:
    """What is before the camera at one moment."""

    things: tuple[Thing, ...] = ()
    light: float = 1.0
    """1 is a well-lit kiosk; pixel values scale with it."""
    blur_px: float = 0.0
    """Standard deviation of the blur: out of focus, or a dirty lens."""
    noise: float = 2.0
    """Standard deviation of the sensor's noise, in grey levels of 255."""
    black: bool = False
    """The lens is covered."""


class Renderer:
    """Renders views; the same seed and frame number give the same picture to the last bit."""

    def __init__(self, seed: int, lens: Lens | None = None) -> None:
        self.lens = lens or Lens()
        self._seed = seed
        self._background = _forecourt(self.lens, seed)
        rng = np.random.default_rng(seed)
        shape = (self.lens.height, self.lens.width, 3)
        self._noise: list[npt.NDArray[np.int16]] = [
            np.round(rng.normal(0.0, 64.0, shape)).astype(np.int16) for _ in range(_NOISE_PICTURES)
        ]

    def frame(self, view: View, number: int) -> Image:
        """The BGR picture of a view; ``number`` counts frames and picks the noise."""
        if view.black:
            picture = np.zeros_like(self._background)
        else:
            picture = self._background.copy()
            for thing in sorted(view.things, key=lambda thing: -thing.pose.distance_m):
                thing.draw(picture, self.lens)
        if view.light != 1.0:
            picture = _bytes(cv2.convertScaleAbs(picture, alpha=view.light))
        if view.blur_px > 0:
            picture = _bytes(cv2.GaussianBlur(picture, (0, 0), view.blur_px))
        if view.noise > 0:
            picture = self._with_noise(picture, view.noise, number)
        return picture

    def _with_noise(self, picture: Image, deviation: float, number: int) -> Image:
        rng = np.random.default_rng((self._seed, number))
        noise = self._noise[int(rng.integers(_NOISE_PICTURES))]
        rows = np.roll(noise, int(rng.integers(self.lens.height)), axis=0)
        return _bytes(cv2.scaleAdd(rows, deviation / 64.0, picture.astype(np.int16)).clip(0, 255))


def _forecourt(lens: Lens, seed: int) -> Image:
    """A calm background: sky, a wall with seams, pavement."""
    rng = np.random.default_rng((seed, 1))
    rows = np.linspace(0, 1, lens.height, dtype=np.float32)[:, None, None]
    sky = np.array((214, 206, 196), np.float32)
    ground = np.array((128, 132, 136), np.float32)
    picture = np.repeat(sky * (1 - rows) + ground * rows, lens.width, axis=1)
    for _ in range(7):
        x = int(rng.integers(lens.width))
        shade = float(rng.uniform(-14, 14))
        picture[int(lens.height * 0.2) : int(lens.height * 0.75), x : x + 40] += shade
    grain = cv2.resize(
        rng.normal(0, 5, (lens.height // 8, lens.width // 8)).astype(np.float32),
        (lens.width, lens.height),
        interpolation=cv2.INTER_CUBIC,
    )
    return (picture + grain[..., None]).clip(0, 255).astype(np.uint8)


def _bytes(picture: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Image:
    return np.asarray(picture).astype(np.uint8, copy=False)
