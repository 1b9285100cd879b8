"""The templates of enrolled customers, in memory only, and how they are made."""

from __future__ import annotations

from threading import Lock

import cv2
import numpy as np

from vendtower.adapters.identity.engine import FaceEngine, Picture, Template
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.quality import people_in

_SIDE_PX_MAX = 1280
"""Larger pictures are made smaller first; a face needs 150 pixels."""


class EnrolmentImpossibleError(Exception):
    """No template can be made of this picture; the message says why, without personal data."""


class Templates:
    """Reservation id to template; nothing of it is ever written anywhere."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._templates: dict[str, Template] = {}

    def put(self, reservation_id: str, template: Template) -> None:
        """Keep a template, in place of an earlier one of this reservation."""
        with self._lock:
            _erase(self._templates.pop(reservation_id, None))
            self._templates[reservation_id] = template

    def get(self, reservation_id: str) -> Template | None:
        """The template of this reservation, a copy that outlives `forget` for one comparison."""
        with self._lock:
            kept = self._templates.get(reservation_id)
            if kept is None:
                return None
            return Template(kept.engine, kept.model, kept.descriptor.copy())

    def forget(self, reservation_id: str) -> bool:
        """Erase; True when there was one."""
        with self._lock:
            return _erase(self._templates.pop(reservation_id, None))


def _erase(template: Template | None) -> bool:
    """Overwrite the numbers, not only drop the reference: freed memory is not cleared."""
    if template is None:
        return False
    template.descriptor.fill(0.0)
    return True


def make_template(engine: FaceEngine, encoded: bytes, limits: FaceLimits) -> Template:
    """A template from an enrolment picture (JPEG, PNG or WebP).

    Raises:
        EnrolmentImpossibleError: not a picture, no face, several faces, or a face too small.

    """
    picture = _decoded(encoded)
    faces = people_in(engine.find(picture), limits)
    if not faces:
        faces = people_in(engine.find(picture, small_too=True), limits)
    if not faces:
        raise EnrolmentImpossibleError("no face found in the enrolment picture")
    if len(faces) > 1:
        raise EnrolmentImpossibleError(
            f"{len(faces)} faces found in the enrolment picture, expected one"
        )
    face = faces[0]
    if face.eye_distance_px < limits.eye_distance_px_min:
        raise EnrolmentImpossibleError(
            f"face too small in the enrolment picture: {face.eye_distance_px:.0f} px between the "
            f"eyes, expected at least {limits.eye_distance_px_min:.0f} px"
        )
    return Template(engine.engine, engine.model, engine.describe(face))


def _decoded(encoded: bytes) -> Picture:
    try:
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise EnrolmentImpossibleError("the enrolment picture is not a picture that can be read")
    scale = _SIDE_PX_MAX / max(picture.shape[:2])
    if scale < 1.0:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)
