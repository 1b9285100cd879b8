"""The templates of enrolled customers, in memory only, and how they are made."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from vendtower.adapters.identity.engine import StillFaceEngine, Template
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.quality import burnt_share_of, face_light_of, sharpness_of
from vendtower.adapters.identity.stills import Acquired, NotAPictureError, acquire, decode


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


def make_template(engine: StillFaceEngine, encoded: bytes, limits: FaceLimits) -> Template:
    """A template from an enrolment picture (JPEG, PNG or WebP).

    Raises:
        EnrolmentImpossibleError: not a picture, no face, several faces, or a face that is too
            small, too dark, overexposed, blurred or turned away.

    """
    acquired, findings = _enrolment_face(engine, encoded, limits)
    if acquired is None or findings:
        raise EnrolmentImpossibleError(f"enrolment picture: {findings[0]}")
    return Template(engine.engine, engine.model, engine.describe(acquired.face))


@dataclass(frozen=True)
class EnrolmentTrial:
    """What an enrolment of a picture would come to."""

    findings: tuple[str, ...]
    """Everything that speaks against it, as sentences; empty when it can be enrolled."""
    found_by: str | None
    """How the face was found; None when there is none."""
    eye_distance_px: float | None


def enrolment_trial(engine: StillFaceEngine, encoded: bytes, limits: FaceLimits) -> EnrolmentTrial:
    """Judge a picture as `make_template` would, without making a template."""
    acquired, findings = _enrolment_face(engine, encoded, limits)
    if acquired is None:
        return EnrolmentTrial(tuple(findings), None, None)
    return EnrolmentTrial(tuple(findings), acquired.found_by, round(acquired.eye_distance_px, 1))


def _enrolment_face(
    engine: StillFaceEngine, encoded: bytes, limits: FaceLimits
) -> tuple[Acquired | None, list[str]]:
    """The face, if there is one, and what speaks against enrolling it."""
    try:
        still = decode(encoded)
    except NotAPictureError as error:
        return None, [str(error)]
    acquired = acquire(engine, still, limits)
    if acquired is None:
        return None, ["no face found"]
    findings = still_findings(acquired, limits)
    if acquired.others:
        findings.insert(0, f"{acquired.others + 1} faces found, expected one")
    return acquired, findings


def still_findings(acquired: Acquired, limits: FaceLimits) -> list[str]:
    """Everything that keeps the face of a single picture from being enrolled, as sentences.

    The gates of the camera that a still can pass, with the same limits: size, light, burnt-out
    skin, sharpness and turn. Distance from the camera and the number of frames cannot be asked
    of a picture.
    """
    face = acquired.face
    measures = (
        (
            acquired.eye_distance_px < limits.eye_distance_px_min,
            (
                f"face too small: {acquired.eye_distance_px:.0f} px between the eyes, "
                f"expected at least {limits.eye_distance_px_min:.0f} px"
            ),
        ),
        (
            face_light_of(face) < limits.face_light_min,
            (
                f"face too dark: mean grey level {face_light_of(face):.0f} of 255, "
                f"expected at least {limits.face_light_min:.0f}"
            ),
        ),
        (
            burnt_share_of(face) > limits.burnt_share_max,
            (
                f"face overexposed: {100 * burnt_share_of(face):.0f} % of it at the upper end, "
                f"expected at most {100 * limits.burnt_share_max:.0f} %"
            ),
        ),
        (
            sharpness_of(face) < limits.sharpness_min,
            (
                f"face blurred: sharpness {sharpness_of(face):.1f} per mille, "
                f"expected at least {limits.sharpness_min:.1f}"
            ),
        ),
        (
            abs(face.turn) > limits.still_turn_max,
            (
                f"face turned away: nose {abs(face.turn):.2f} eye distances beside the middle, "
                f"expected at most {limits.still_turn_max:.2f}"
            ),
        ),
    )
    return [sentence for wrong, sentence in measures if wrong]
