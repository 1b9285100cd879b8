"""Is it a living person before the camera, or a picture of one? Closed results and their record."""

from dataclasses import dataclass
from enum import Enum


class ChallengeKind(Enum):
    """What the person is asked to do; left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    COME_CLOSER = "come_closer"


class ChallengeOutcome(Enum):
    """What came of one challenge."""

    FOLLOWED = "followed"
    WRONG_WAY = "wrong_way"
    TOO_EARLY = "too_early"
    """It began sooner than anybody can react: a prepared film, or chance."""
    TOO_LATE = "too_late"
    INTERRUPTED = "interrupted"
    """The face was lost or jumped, or a second one appeared."""
    NOT_A_HEAD = "not_a_head"
    """It turned, but its points moved as those of a sheet do."""
    ANOTHER_FACE = "another_face"
    """The turned face is not the reserved customer's."""


@dataclass(frozen=True)
class ChallengeRecord:
    """What the audit trail keeps of one challenge; figures are those of the judged frames."""

    kind: ChallengeKind
    outcome: ChallengeOutcome
    angle_deg: float
    """How far the head turned, estimated from the landmarks; above 0 to the person's left."""
    closer: float
    """How much larger the face became; 1 is unchanged."""
    reaction_s: float | None
    """From the prompt to the beginning of the movement; None when nothing moved."""
    took_s: float
    """From the prompt to the outcome."""
    planarity_residual: float | None
    """How badly one homography explains the tracked points, in eye distances (median)."""
    relief: float | None
    """How much further than the surface around it the nose moved, in eye distances."""
    points: int
    """Tracked points behind both."""


@dataclass(frozen=True)
class LivenessRecord:
    """What the audit trail keeps of the whole check; never a picture."""

    challenges: tuple[ChallengeRecord, ...]
    wanted: int
    """How many had to be followed, those for mistakes included."""
    duration_s: float


@dataclass(frozen=True)
class LivenessProved:
    """A head followed every challenge, and it was the same face all along."""

    record: LivenessRecord


@dataclass(frozen=True)
class AttackSuspected:
    """Something followed, but not as a living head does."""

    record: LivenessRecord


@dataclass(frozen=True)
class ChallengeNotFollowed:
    """The person did something else, or nothing."""

    record: LivenessRecord


@dataclass(frozen=True)
class LivenessUndecided:
    """The time of the check-in passed first."""

    record: LivenessRecord


LivenessResult = LivenessProved | AttackSuspected | ChallengeNotFollowed | LivenessUndecided
