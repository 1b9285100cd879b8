"""Whether something hides part of a face: sunglasses, a mask, a hand.

No network is asked. The face is laid upright and straight by its eyes, and three places are looked
at: in each eye the lashes and pupil are darker than the lid beside them; the skin around an eye is
about as light as the cheeks; and a mouth has lines. `docs/identity.md` has what was measured.
"""

from __future__ import annotations

from enum import Enum, auto

import cv2
import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.engine import Face, Picture
from vendtower.adapters.identity.limits import FaceLimits

_Grey = npt.NDArray[np.float32]

_PER_EYES_PX = 40
"""Pixels of an eye distance in the straightened face."""
_LEFT, _TOP, _RIGHT, _BOTTOM = -1.1, -0.9, 1.1, 1.7
"""Its edges, in eye distances from the middle between the eyes, y down."""
_SMOOTH_PX = 0.8
"""So that a sensor's noise is no structure."""
_DARK_SHARE, _LIGHT_SHARE = 10.0, 80.0
"""Percentiles that stand for the lashes, and for the skin around an eye."""


class Cover(Enum):
    """What hides the face."""

    SUNGLASSES = auto()
    """Both eyes lie in the dark, and nothing is seen of them."""
    SOMETHING = auto()
    """An eye or the mouth is not there: a mask, a hand, a scarf."""


def cover_of(picture: Picture, face: Face, limits: FaceLimits) -> Cover | None:
    """What hides the face; None when eyes and mouth are seen."""
    grey = _straightened(picture, face)
    eyes = [_part(grey, side - 0.26, -0.14, side + 0.26, 0.20) for side in (-0.5, 0.5)]
    hidden = [eye_evenness(eye) for eye in eyes]
    if (
        min(hidden) > limits.shaded_eye_evenness_min
        and _eye_light(grey, eyes) < limits.shaded_eye_light_max
    ):
        return Cover.SUNGLASSES
    if max(hidden) > limits.eye_evenness_max:
        return Cover.SOMETHING
    if mouth_lines(grey) < limits.mouth_lines_min:
        return Cover.SOMETHING
    return None


def eye_evenness(eye: _Grey) -> float:
    """The eye's dark parts against its light ones: 0.2 to 0.64 for an eye, 1 for a plain thing."""
    return float(np.percentile(eye, _DARK_SHARE)) / max(
        float(np.percentile(eye, _LIGHT_SHARE)), 1.0
    )


def _eye_light(grey: _Grey, eyes: list[_Grey]) -> float:
    """The lighter eye's surroundings against the lightest skin: cheeks, nose or forehead."""
    skin = max(
        float(np.median(_part(grey, *place)))
        for place in (
            (-0.73, 0.42, -0.37, 0.72),
            (0.37, 0.42, 0.73, 0.72),
            (-0.14, 0.10, 0.14, 0.45),
            (-0.35, -0.65, 0.35, -0.45),
        )
    )
    return max(float(np.percentile(eye, _LIGHT_SHARE)) for eye in eyes) / max(skin, 1.0)


def mouth_lines(grey: _Grey) -> float:
    """Contrast around the mouth: its deviation against its median, 0.11 and more for a mouth."""
    mouth = _part(grey, -0.40, 0.75, 0.40, 1.35)
    return float(mouth.std() / max(float(np.median(mouth)), 1.0))


def _straightened(picture: Picture, face: Face) -> _Grey:
    (left_x, left_y), (right_x, right_y) = face.eyes
    middle = np.array([(left_x + right_x) / 2, (left_y + right_y) / 2])
    along = np.array([right_x - left_x, right_y - left_y])
    down = np.array([-along[1], along[0]])
    back = np.column_stack(
        [along / _PER_EYES_PX, down / _PER_EYES_PX, middle + along * _LEFT + down * _TOP]
    )
    size = (round((_RIGHT - _LEFT) * _PER_EYES_PX), round((_BOTTOM - _TOP) * _PER_EYES_PX))
    straight = cv2.warpAffine(
        picture,
        back,
        size,
        flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    grey = cv2.cvtColor(straight, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), _SMOOTH_PX), np.float32)


def _part(grey: _Grey, left: float, top: float, right: float, bottom: float) -> _Grey:
    across = [int((x - _LEFT) * _PER_EYES_PX) for x in (left, right)]
    below = [int((y - _TOP) * _PER_EYES_PX) for y in (top, bottom)]
    return grey[below[0] : below[1], across[0] : across[1]]
