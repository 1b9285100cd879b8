"""Closed results of asking: is this the person who reserved this car?"""

from dataclasses import dataclass, field
from enum import Enum

from vendtower.domain.liveness import LivenessRecord


class IdentityMethod(Enum):
    """How a customer proved who they are."""

    FACE_WITH_CODE = "face_with_code"
    """Code first, then 1:1 comparison with the reserved customer."""
    FACE_AMONG_DUE = "face_among_due"
    """Found among the few customers whose reservations are due now."""
    CODE_WITH_STAFF = "code_with_staff"
    """The equal route without a face: code, and staff who saw a document."""


class IdentityRefusal(Enum):
    """Why a customer was not verified."""

    DIFFERENT_PERSON = "different_person"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_DARK = "too_dark"
    CAMERA_UNAVAILABLE = "camera_unavailable"
    FACE_UNAVAILABLE = "face_unavailable"
    """The identity process is not there, or there is no template of the customer."""
    TIMED_OUT = "timed_out"
    PRESENTATION_ATTACK_SUSPECTED = "presentation_attack_suspected"
    """Something with the customer's face was there, but it did not move as a living head does."""
    CHALLENGE_NOT_FOLLOWED = "challenge_not_followed"
    """The face matched, but the person did not do what the screen asked."""


class CaptureHint(Enum):
    """What the person before the camera could do better; shown on the kiosk."""

    SHOW_CODE_OR_FACE = "show_code_or_face"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    ONE_PERSON_ONLY = "one_person_only"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    """The sun or a lamp shines on the face."""
    NO_SUNGLASSES = "no_sunglasses"
    UNCOVER_FACE = "uncover_face"
    """A mask, a hand or a scarf hides part of the face."""
    LOOK_AT_CAMERA = "look_at_camera"
    HOLD_STILL = "hold_still"
    CAMERA_UNAVAILABLE = "camera_unavailable"
    LOOK_STRAIGHT = "look_straight"
    TURN_LEFT = "turn_left"
    """The person's own left, which is the screen's left for whoever stands before it."""
    TURN_RIGHT = "turn_right"
    TYPE_CODE = "type_code"
    """Nothing can be seen for now; the keypad works all the same."""


@dataclass(frozen=True)
class MatchRecord:
    """What the audit trail keeps of one comparison; never a picture or a template."""

    engine: str
    model: str
    distance: float
    distance_max: float
    frames: int
    """Good frames the decision stands on."""
    decision_s: float
    """From the last frame that the answer needed, a challenge's included, to the answer."""
    liveness: LivenessRecord | None = None
    """None where no challenge was asked."""


@dataclass(frozen=True)
class CodePresented:
    """A code was read from a phone's screen."""

    code: str


@dataclass(frozen=True)
class FaceRecognised:
    """Exactly one of the due customers, well apart from the others."""

    reservation_id: str
    record: MatchRecord


@dataclass(frozen=True)
class NobodyIdentified:
    """The time passed, or the camera gave nothing to decide on."""

    reason: IdentityRefusal


@dataclass(frozen=True)
class FaceMatched:
    """The person is the reserved customer."""

    record: MatchRecord


@dataclass(frozen=True)
class FaceRefused:
    """The person is not the reserved customer, or could not be judged (``record`` None)."""

    reason: IdentityRefusal
    record: MatchRecord | None = None


@dataclass(frozen=True)
class Enrolled:
    """A template of the customer is held by the identity process."""

    engine: str
    model: str
    sealed_template: bytes | None = field(default=None, repr=False)
    """To be kept for the next start; None where it is kept already, or templates are not kept."""


@dataclass(frozen=True)
class EnrolmentFailed:
    """No template could be made; the customer takes the other route."""

    why: str
    judged: bool = True
    """False: the identity process was not there or ended meanwhile; it may be asked again."""


def attempt_text(reason: IdentityRefusal, record: MatchRecord | None) -> str:
    """One refused attempt for staff: the reason, and the figures it stands on; no picture."""
    if record is None:
        return reason.value
    text = (
        f"{reason.value} (distance {record.distance:.2f}, limit {record.distance_max:.2f}, "
        f"{record.engine}"
    )
    if record.liveness is not None:
        shown = [f"{each.kind.value} {each.outcome.value}" for each in record.liveness.challenges]
        text += f"; {', '.join(shown)}" if shown else ""
    return f"{text})"


Arrival = CodePresented | FaceRecognised | NobodyIdentified
Verification = FaceMatched | FaceRefused
Enrolment = Enrolled | EnrolmentFailed
