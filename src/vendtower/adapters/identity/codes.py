"""Reading QR codes from the screen of a phone held before the camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.engine import Picture

Grey = npt.NDArray[np.uint8]

_CODE_LENGTH_MAX = 256
"""Check-in codes are short; a longer text is an advertisement or worse."""
_BLOCK_PX = 240
"""A code that was located but not read is enlarged to at least this size and tried again."""


_SIDES_RATIO_MAX = 1.8
"""Longest against shortest side of a code held up by hand; false finds are far more crooked."""


@dataclass(frozen=True)
class CodeSight:
    """What a picture says about codes."""

    code: str | None = None
    """The text, when one was read."""
    located: bool = False
    """There is a code, read or not: somebody is holding up a phone."""


class CodeReader:
    """Reads codes; successive pictures are prepared differently, since they show the same phone.

    One reader belongs to one thread.
    """

    def __init__(self) -> None:
        self._detector = cv2.QRCodeDetector()
        self._turn = 0

    def read(self, picture: Picture) -> CodeSight:
        """Try the picture as it is, then with more contrast, enlarged, or with its light evened."""
        grey = _grey(picture)
        sight = self._try(grey)
        if sight.code is not None:
            return sight
        self._turn += 1
        prepared = _WAYS[self._turn % len(_WAYS)](grey)
        # Raised contrast makes patterns on clothes look like codes, so only reading counts here.
        again = self._try(prepared)
        return CodeSight(again.code, sight.located or again.code is not None)

    def _try(self, grey: Grey) -> CodeSight:
        text, found = self._decoded(grey)
        if text:
            return CodeSight(text if len(text) <= _CODE_LENGTH_MAX else None, located=True)
        if found is None:
            return CodeSight()
        square = found.reshape(-1, 2).astype(np.float32)
        if not _looks_square(square):
            return CodeSight()
        return CodeSight(self._try_closer(grey, square), located=True)

    def _try_closer(self, grey: Grey, square: npt.NDArray[np.float32]) -> str | None:
        """Cut the located code out, straighten and enlarge it, and read that."""
        side = float(np.linalg.norm(square[0] - square[1]))
        size = max(_BLOCK_PX, int(side * 2))
        margin = size / 8
        there = np.array(
            [
                (margin, margin),
                (margin + size, margin),
                (margin + size, margin + size),
                (margin, margin + size),
            ],
            np.float32,
        )
        whole = int(size + 2 * margin)
        straight = cv2.warpPerspective(
            grey,
            cv2.getPerspectiveTransform(square, there),
            (whole, whole),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for prepared in (_stretched(_bytes(straight)), _evened(_bytes(straight))):
            text, _ = self._decoded(prepared)
            if text:
                return text if len(text) <= _CODE_LENGTH_MAX else None
        return None

    def _decoded(self, grey: Grey) -> tuple[str, npt.NDArray[np.generic] | None]:
        """The text, empty when none was read, and the corners of what looks like a code."""
        try:
            text, corners, _ = self._detector.detectAndDecode(grey)
        except cv2.error:
            # OpenCV's own checks fail on some distorted patterns; no code was read from them.
            return "", None
        # The stubs promise an array where OpenCV gives None for "no code in the picture".
        return text, cast("npt.NDArray[np.generic] | None", corners)


def _looks_square(corners: npt.NDArray[np.float32]) -> bool:
    """Whether these may be the corners of a code seen from a sensible angle."""
    if corners.shape != (4, 2) or not np.isfinite(corners).all():
        return False
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return bool(sides.min() >= 1.0 and sides.max() <= _SIDES_RATIO_MAX * sides.min())


def _grey(picture: Picture) -> Grey:
    return _bytes(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def _stretched(grey: Grey) -> Grey:
    """Local contrast up to the full range: a dim screen, or a phone against a bright street."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    return _bytes(cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(smooth))


def _enlarged(grey: Grey) -> Grey:
    return _bytes(cv2.resize(grey, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC))


def _evened(grey: Grey) -> Grey:
    """Each place against the light around it: a lamp that the glass mirrors goes away."""
    around = cv2.GaussianBlur(grey, (0, 0), 12.0).astype(np.float32) + 8.0
    return _bytes((110.0 * grey / around).clip(0, 255))


def _enlarged_and_stretched(grey: Grey) -> Grey:
    return _enlarged(_stretched(grey))


def _enlarged_and_evened(grey: Grey) -> Grey:
    return _enlarged(_evened(grey))


_WAYS: tuple[Callable[[Grey], Grey], ...] = (
    _enlarged_and_stretched,
    _stretched,
    _enlarged_and_evened,
)
"""One for each picture, in turn."""


def _bytes(picture: cv2.typing.MatLike) -> Grey:
    return np.asarray(picture).astype(np.uint8, copy=False)
