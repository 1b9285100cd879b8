"""The ROC as a picture: how many of the right people match against how many of the wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.domain.errors import LocalFault

_WIDTH, _HEIGHT = 880, 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 30, 60, 70
_DECADES = 4
"""The FMR axis is logarithmic, from 10^-4 to 1; smaller rates stand at its left end."""
_BLACK, _GREY, _LIGHT = (30, 30, 30), (110, 110, 110), (225, 225, 225)
_BLUE, _RED = (170, 90, 20), (40, 40, 200)

Canvas = npt.NDArray[np.uint8]


class PictureNotWritten(LocalFault):
    """The file for the picture cannot be written."""


def write_roc(report: Mapping[str, Any], path: Path) -> None:
    """Draw the report's ROC into a PNG file.

    Raises:
        PictureNotWritten: see there.

    """
    done, png = cv2.imencode(".png", draw_roc(report))
    if not done:
        raise PictureNotWritten(f"picture {path}: cannot be encoded as PNG")
    try:
        path.write_bytes(png.tobytes())
    except OSError as error:
        raise PictureNotWritten(f"picture {path}: cannot be written: {error.strerror}") from error


def draw_roc(report: Mapping[str, Any]) -> Canvas:
    """The picture, BGR."""
    canvas: Canvas = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    _axes(canvas)
    pairs = report["pairs"]
    _text(
        canvas,
        f"{report['engine']}: {pairs['genuine']} genuine and {pairs['impostor']} impostor pairs",
        (_LEFT, 36),
        0.62,
    )
    points = [_place(point["fmr"], point["fnmr"]) for point in report["roc"]]
    if points:
        # A staircase: between two thresholds nothing changes.
        steps = [points[0]]
        for x, y in points[1:]:
            steps += [(x, steps[-1][1]), (x, y)]
        cv2.polylines(canvas, [np.array(steps, np.int32)], False, _BLUE, 2, cv2.LINE_AA)
        _mark_threshold(canvas, report)
    return canvas


def _axes(canvas: Canvas) -> None:
    for decade in range(-_DECADES, 1):
        x, _ = _place(10.0**decade, 0.0)
        cv2.line(canvas, (x, _TOP), (x, _HEIGHT - _BOTTOM), _LIGHT, 1)
        label = "1" if decade == 0 else f"1e{decade}"
        _text(canvas, label, (x - 16, _HEIGHT - _BOTTOM + 22), 0.45, _GREY)
    for tenth in range(0, 11, 2):
        _, y = _place(1.0, tenth / 10)
        cv2.line(canvas, (_LEFT, y), (_WIDTH - _RIGHT, y), _LIGHT, 1)
        _text(canvas, f"{1 - tenth / 10:.1f}", (_LEFT - 40, y + 5), 0.45, _GREY)
    corners = (_LEFT, _TOP), (_WIDTH - _RIGHT, _HEIGHT - _BOTTOM)
    cv2.rectangle(canvas, *corners, _GREY, 1)
    _text(canvas, "FMR: different people that match", (_LEFT, _HEIGHT - 18), 0.5)
    _text(canvas, "1 - FNMR", (8, _TOP - 12), 0.5)


def _mark_threshold(canvas: Canvas, report: Mapping[str, Any]) -> None:
    fmr, fnmr = report["fmr"]["rate"], report["fnmr"]["rate"]
    x, y = _place(fmr, fnmr)
    cv2.circle(canvas, (x, y), 6, _RED, 2, cv2.LINE_AA)
    words = f"threshold {report['threshold']:g}: FMR {100 * fmr:.2f} %, FNMR {100 * fnmr:.2f} %"
    _text(canvas, words, (_LEFT + 40, _HEIGHT - _BOTTOM - 40), 0.55, _RED)
    equal = report["equal_error"]
    words = f"EER {100 * equal['rate']:.2f} % at {equal['threshold']:g}"
    _text(canvas, words, (_LEFT + 40, _HEIGHT - _BOTTOM - 16), 0.55, _GREY)


def _place(fmr: float, fnmr: float) -> tuple[int, int]:
    decades = max(math.log10(fmr), -_DECADES) if fmr > 0 else -_DECADES
    x = _LEFT + (1 + decades / _DECADES) * (_WIDTH - _LEFT - _RIGHT)
    y = _TOP + fnmr * (_HEIGHT - _TOP - _BOTTOM)
    return round(x), round(y)


def _text(
    canvas: Canvas,
    words: str,
    place: tuple[int, int],
    size: float,
    colour: tuple[int, int, int] = _BLACK,
) -> None:
    cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
