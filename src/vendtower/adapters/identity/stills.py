"""A face from a single picture: enrolment pictures, and whatever the pair bench is given.

A camera tries again with the next frame; a picture is all there is, so it is looked at as it is,
enlarged, tilted, framed, brightened and in parts, until a face is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from vendtower.adapters.identity.engine import Face, Picture, StillFaceEngine
from vendtower.adapters.identity.limits import FaceLimits

_SIDE_PX_MAX = 1280
"""Larger pictures are made smaller first; a face needs 150 pixels."""
_SIDE_PX_MIN = 480
"""Smaller ones are enlarged: the detectors do not look for faces below 40 pixels."""
_TILTS_DEG = (-25.0, 25.0, -50.0, 50.0, 90.0, -90.0, 180.0)
"""Tilted heads, and pictures whose file does not say which side is up."""
_MARGIN = 0.3
"""Added around pictures that are cut off at the face."""
_PART = 0.6
"""Side of a part that is looked at enlarged, as a share of the picture's."""
_PART_SIDE_PX = 600
_SMALL_SHARE = 0.2
"""A face narrower than this share of the picture may be in the background of a larger one."""


class NotAPictureError(Exception):
    """The bytes are not a picture that can be read."""


@dataclass(frozen=True, eq=False)
class Still:
    """A decoded picture, brought to a size that the detectors are made for."""

    picture: Picture
    scale: float
    """Pixels of ``picture`` for one of the file."""


@dataclass(frozen=True, eq=False)
class Acquired:
    """A face that was found."""

    face: Face
    """Its places are those in the picture as it was when the face was found."""
    others: int
    """Further faces that are near and sure enough to be people."""
    eye_distance_px: float
    """In pixels of the file."""
    found_by: str
    """What it took: plain, enlarged, tilted, framed, brightened or zoomed, and whether it was
    the slow detector: network."""
    beyond_enrolment: bool
    """Only a thorough search found it."""


@dataclass(frozen=True, eq=False)
class _Look:
    """One way of looking at the picture, and the faces it gave."""

    found_by: str
    picture: Picture
    faces: Sequence[Face]
    scale: float = 1.0
    """Pixels of ``picture`` for one of the still."""
    beyond_enrolment: bool = False

    @property
    def slow(self) -> bool:
        """Whether it was the slow detector's."""
        return self.found_by.endswith("network")

    def best(self, limits: FaceLimits) -> Face | None:
        """The most prominent one."""
        return max(
            self.faces, key=lambda face: _prominence(face, self.picture, limits), default=None
        )


def decode(encoded: bytes) -> Still:
    """A picture (JPEG, PNG, WebP) the right way up, as its EXIF data say; grey becomes BGR.

    Raises:
        NotAPictureError: see there.

    """
    try:
        read = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        read = None
    if read is None:
        raise NotAPictureError("not a picture that can be read (JPEG, PNG or WebP)")
    side = max(read.shape[:2])
    scale = min(1.0, _SIDE_PX_MAX / side) if side >= _SIDE_PX_MIN else _SIDE_PX_MIN / side
    if scale != 1.0:
        way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        read = cv2.resize(read, None, fx=scale, fy=scale, interpolation=way)
    return Still(np.ascontiguousarray(read, np.uint8), scale)


def acquire(
    engine: StillFaceEngine, still: Still, limits: FaceLimits, *, thorough: bool = False
) -> Acquired | None:
    """The largest face, those near the middle first; None when no look finds any.

    A picture without a face takes about 4 s on one core, and ``thorough`` about 13 s.
    """
    for look in _looks(engine, still.picture, thorough=thorough):
        best = look.best(limits)
        if best is None or best.score < _score_wanted(look.found_by, limits):
            continue
        if not look.slow and _doubtful(best, look.picture, limits):
            look, best = _second_opinion(engine, look, best, limits)  # noqa: PLW2901  # replaces it
        return Acquired(
            face=best,
            others=_others(best, look.faces, limits),
            eye_distance_px=best.eye_distance_px / (look.scale * still.scale),
            found_by=look.found_by,
            beyond_enrolment=look.beyond_enrolment,
        )
    return None


def _looks(engine: StillFaceEngine, picture: Picture, *, thorough: bool) -> Iterator[_Look]:
    """Quick looks first; each later one is for pictures in which the earlier found nothing.

    Tilted ones come before the slow detector, which also sees faces that lie on their side, but
    whose landmarks are wrong then.
    """
    yield _Look("plain", picture, engine.find(picture))
    yield _Look("enlarged", picture, engine.find(picture, small_too=True))
    tilts = (_tilted(picture, tilt_deg) for tilt_deg in _TILTS_DEG)
    yield max((_Look("tilted", each, engine.find(each)) for each in tilts), key=_surest)
    yield _Look("network", picture, engine.find_hard(picture))
    framed = _framed(picture)
    yield _Look("framed", framed, engine.find(framed, small_too=True))
    yield _Look("framed network", framed, engine.find_hard(framed))
    if not thorough:
        return
    changed = [("brightened", _brightened(picture), 1.0)]
    changed += [("zoomed", part, scale) for part, scale in _parts(picture)]
    for name, changed_picture, scale in changed:
        for found_by, find in (
            (name, partial(engine.find, small_too=True)),
            (f"{name} network", engine.find_hard),
        ):
            yield _Look(
                found_by, changed_picture, find(changed_picture), scale, beyond_enrolment=True
            )


def _surest(look: _Look) -> float:
    return max((face.score for face in look.faces), default=-1.0)


def _score_wanted(found_by: str, limits: FaceLimits) -> float:
    """Among many tries some pattern looks a little like a face."""
    return limits.certain_score_min if found_by == "tilted" else limits.second_score_min


def _doubtful(face: Face, picture: Picture, limits: FaceLimits) -> bool:
    """Unsure, turned (its landmarks may be wrong then), or small, perhaps in the background."""
    return (
        face.score < limits.certain_score_min
        or abs(face.turn) > limits.turn_max / 2
        or face.width < _SMALL_SHARE * min(picture.shape[:2])
    )


def _second_opinion(
    engine: StillFaceEngine, look: _Look, best: Face, limits: FaceLimits
) -> tuple[_Look, Face]:
    """What the slow detector sees of this face, or a more prominent one that was missed."""
    hard = replace(look, found_by=f"{look.found_by} network", faces=engine.find_hard(look.picture))
    again = hard.best(limits)
    if again is None or again.score < limits.second_score_min:
        return look, best
    if not _same_place(again, best):
        prominent = _prominence(again, look.picture, limits)
        if prominent < _prominence(best, look.picture, limits):
            return look, best
    return hard, again


def _prominence(face: Face, picture: Picture, limits: FaceLimits) -> tuple[bool, float]:
    """Sure before unsure, then large and near the middle."""
    height, width = picture.shape[:2]
    away = np.hypot(
        (face.left + face.width / 2) / width - 0.5, (face.top + face.height / 2) / height - 0.5
    )
    return face.score >= limits.second_score_min, face.width * float(1.0 - away)


def _others(chosen: Face, faces: Sequence[Face], limits: FaceLimits) -> int:
    return sum(
        face is not chosen
        and face.score >= limits.second_score_min
        and face.width >= limits.second_size_min * chosen.width
        and not _same_place(face, chosen)
        for face in faces
    )


def _same_place(one: Face, other: Face) -> bool:
    apart = np.hypot(
        one.left + one.width / 2 - other.left - other.width / 2,
        one.top + one.height / 2 - other.top - other.height / 2,
    )
    return bool(float(apart) < 0.5 * max(one.width, other.width))


def _framed(picture: Picture) -> Picture:
    height, width = (round(_MARGIN * side) for side in picture.shape[:2])
    return np.asarray(
        cv2.copyMakeBorder(picture, height, height, width, width, cv2.BORDER_REPLICATE), np.uint8
    )


def _parts(picture: Picture) -> Iterator[tuple[Picture, float]]:
    """The middle and the corners, each as large as the slow detector looks at a whole picture."""
    height, width = picture.shape[:2]
    high, wide = round(height * _PART), round(width * _PART)
    down, right = height - high, width - wide
    scale = _PART_SIDE_PX / max(high, wide)
    for top, left in ((down // 2, right // 2), (0, 0), (0, right), (down, 0), (down, right)):
        part = picture[top : top + high, left : left + wide]
        enlarged = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        yield np.asarray(enlarged, np.uint8), scale


def _brightened(picture: Picture) -> Picture:
    """Local contrast evened out, for dark and for backlit faces."""
    lightness, a, b = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB))
    even = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(lightness)
    return np.asarray(cv2.cvtColor(cv2.merge([even, a, b]), cv2.COLOR_LAB2BGR), np.uint8)


def _tilted(picture: Picture, tilt_deg: float) -> Picture:
    """Turned about the middle, on a canvas that holds all of it."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt_deg, 1.0)
    across, up = abs(turn[0, 0]), abs(turn[0, 1])
    size = (round(height * up + width * across), round(height * across + width * up))
    turn[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    return np.asarray(
        cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
