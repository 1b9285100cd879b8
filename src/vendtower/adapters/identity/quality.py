"""Whether a picture is good enough to judge a person by, and if not, what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vendtower.adapters.identity.cover import Cover, cover_of
from vendtower.adapters.identity.engine import Face, Picture
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.domain.identity import CaptureHint, IdentityRefusal

_BURNT = 250


@dataclass(frozen=True)
class PoorPicture:
    """Not to be judged by."""

    hint: CaptureHint
    refusal: IdentityRefusal
    """What to answer when it stays like this until the time is over."""


def light_of(picture: Picture) -> float:
    """Grey level of 255 that 5 % of the pixels exceed."""
    grey = cv2.cvtColor(picture[::4, ::4], cv2.COLOR_BGR2GRAY)
    return float(np.percentile(grey, 95))


def sharpness_of(face: Face) -> float:
    """Fine structure against contrast, per mille; hardly depends on light and noise."""
    grey = cv2.cvtColor(face.chip, cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.2)
    contrast = max(float(np.var(smooth)), 1.0)
    return 1000.0 * float(np.var(cv2.Laplacian(smooth, cv2.CV_32F))) / contrast


def face_light_of(face: Face) -> float:
    """Mean grey level of 255 of the face."""
    return float(cv2.cvtColor(face.chip, cv2.COLOR_RGB2GRAY).mean())


def burnt_share_of(face: Face) -> float:
    """Share of the face at the sensor's upper end, 0 to 1."""
    return float((cv2.cvtColor(face.chip, cv2.COLOR_RGB2GRAY) >= _BURNT).mean())


def people_in(faces: Sequence[Face], limits: FaceLimits) -> list[Face]:
    """The faces that count: the largest sure one, and others that are near and sure enough."""
    sure = [face for face in faces if face.score >= limits.score_min]
    if not sure:
        return []
    nearest = max(sure, key=lambda face: (face.score >= limits.second_score_min, face.width))
    return [nearest] + [
        face
        for face in sure
        if face is not nearest
        and face.score >= limits.second_score_min
        and face.width >= limits.second_size_min * nearest.width
    ]


def judge(picture: Picture, people: Sequence[Face], limits: FaceLimits) -> Face | PoorPicture:
    """The one face to judge by, or why there is none."""
    if len(people) > 1:
        return PoorPicture(CaptureHint.ONE_PERSON_ONLY, IdentityRefusal.SEVERAL_FACES)
    if not people:
        if light_of(picture) < limits.frame_light_min:
            return PoorPicture(CaptureHint.MORE_LIGHT, IdentityRefusal.TOO_DARK)
        return PoorPicture(CaptureHint.LOOK_AT_CAMERA, IdentityRefusal.NO_FACE)
    face = people[0]
    return _poor_face(picture, face, limits) or face


def _poor_face(picture: Picture, face: Face, limits: FaceLimits) -> PoorPicture | None:
    if face_light_of(face) < limits.face_light_min:
        return PoorPicture(CaptureHint.MORE_LIGHT, IdentityRefusal.TOO_DARK)
    if face.eye_distance_px < limits.eye_distance_px_min:
        return PoorPicture(CaptureHint.COME_CLOSER, IdentityRefusal.TIMED_OUT)
    if face.width > limits.face_share_max * min(picture.shape[:2]):
        return PoorPicture(CaptureHint.STEP_BACK, IdentityRefusal.TIMED_OUT)
    if abs(face.turn) > limits.turn_max:
        return PoorPicture(CaptureHint.LOOK_AT_CAMERA, IdentityRefusal.TIMED_OUT)
    if burnt_share_of(face) > limits.burnt_share_max:
        return PoorPicture(CaptureHint.LESS_LIGHT, IdentityRefusal.TIMED_OUT)
    if sharpness_of(face) < limits.sharpness_min:
        return PoorPicture(CaptureHint.HOLD_STILL, IdentityRefusal.TIMED_OUT)
    return covered(picture, face, limits, IdentityRefusal.TIMED_OUT)


def covered(
    picture: Picture, face: Face, limits: FaceLimits, refusal: IdentityRefusal
) -> PoorPicture | None:
    """Asks to uncover a face that is partly hidden."""
    match cover_of(picture, face, limits) if limits.cover_checked else None:
        case Cover.SUNGLASSES:
            return PoorPicture(CaptureHint.NO_SUNGLASSES, refusal)
        case Cover.SOMETHING:
            return PoorPicture(CaptureHint.UNCOVER_FACE, refusal)
        case None:
            return None
