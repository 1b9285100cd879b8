"""The numbers that decide what a good picture and a match are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class CameraLimits:
    """Patience with a camera."""

    open_timeout_s: float = 3.0
    read_timeout_s: float = 2.0
    retry_s: float = 0.5
    """Between two tries to open a camera."""
    linger_s: float = 2.0
    """How long a camera stays open after a call ended by itself, for the call that follows."""


@dataclass(frozen=True)
class FaceLimits:
    """What makes a picture of a face good, and which distance between two faces is a match.

    The defaults are the dlib engine's; `face_limits` gives each engine's. Distances are Euclidean,
    between descriptors of 128 numbers. `docs/identity.md` says where the first four come from.
    """

    distance_max: float = 0.53
    """1:1, the median over the frames of a decision; a false match rate below 1 in 1000."""
    grey_zone: float = 0.05
    """Above ``distance_max`` by less than this, more frames are looked at before refusing."""
    among_due_stricter: float = 0.11
    """1:few takes ``distance_max`` less this, since it compares with several people."""
    among_due_margin: float = 0.06
    """1:few: how much further away the second best has to be."""
    clear_by: float = 0.04
    """A picture is judged without its mirror image where it is nearer than ``distance_max``, or
    further than the grey zone, by more than this."""
    frames_min: int = 3
    frames_max: int = 7
    same_person_max: float = 0.60
    """Two frames further apart than this are not of one person; the count starts again."""
    frame_interval_s: float = 0.12
    """Frames are looked at no faster than this."""

    score_min: float = 0.15
    """Of the HOG detector, for the nearest face."""
    second_score_min: float = 0.35
    """For any further face: patterns on clothes reach 0.1."""
    certain_score_min: float = 0.70
    """Below it a face in a single picture is worth the slow detector's second opinion."""
    second_size_min: float = 0.5
    """A face smaller than this share of the nearest one is a passer-by in the background."""
    eye_distance_px_min: float = 30.0
    still_eye_distance_px_min: float = 15.0
    """Below it a face in a single picture is not described at all: blurs resemble each other."""
    face_share_max: float = 0.70
    """Width of the face against the shorter side of the picture."""
    frame_light_min: float = 30.0
    """Grey level of 255 that 5 % of the pixels must exceed, or the picture is dark."""
    face_light_min: float = 30.0
    """Mean grey level of the face."""
    burnt_share_max: float = 0.30
    """Share of the face at the sensor's upper end."""
    sharpness_min: float = 1.5
    """Variance of the Laplacian over the variance of the grey levels, per mille, of the face at
    150 pixels."""
    turn_max: float = 0.30
    """Sideways offset of the nose from the middle of the eyes, in eye distances: about 30 deg."""
    cover_checked: bool = True
    """Whether a face that is partly hidden is asked to be uncovered."""
    covered_score_min: float = -0.30
    """A face that is surely hidden is believed from this score on: HOG hardly knows a mask."""
    cover_patience_s: float = 6.0
    """After asking for so long the face is compared as it is: the check may be wrong about it."""
    eye_evenness_max: float = 0.75
    """Dark against light parts of an eye: photographs in the wild reached 0.62, a hand 0.81."""
    shaded_eye_evenness_min: float = 0.60
    shaded_eye_light_max: float = 0.58
    """Light around the eyes against the skin: in the wild from 0.63 on, sunglasses up to 0.53."""
    mouth_lines_min: float = 0.075
    """Contrast of the mouth: in the wild from 0.11 on, masks and hands up to 0.05."""
    still_turn_max: float = 0.45
    """The same for a single picture, of which no better one follows: about 40 deg."""


OPENCV_FACE_LIMITS = FaceLimits(
    distance_max=1.05,
    grey_zone=0.08,
    among_due_stricter=0.08,
    among_due_margin=0.10,
    clear_by=0.08,
    same_person_max=1.15,
    score_min=0.70,
    second_score_min=0.80,
    certain_score_min=0.85,
    covered_score_min=0.60,
    # Its nose is the tip, which stands out further than the base that dlib marks.
    turn_max=0.40,
    still_turn_max=0.60,
)
"""For YuNet and SFace: distances of unit vectors, scores from 0 to 1."""


def face_limits(engine: str, distance_max: float | None = None) -> FaceLimits:
    """The limits of an engine, with the site's own ``distance_max`` where it gives one."""
    limits = OPENCV_FACE_LIMITS if engine == "opencv" else FaceLimits()
    return limits if distance_max is None else replace(limits, distance_max=distance_max)


@dataclass(frozen=True)
class LivenessLimits:
    """What tells a living head from a picture; `docs/identity.md` has the measured distributions.

    Turns are changes of the sideways offset of the nose, lengths are eye distances.
    """

    challenges: int = 2
    """How many have to be followed; 0: nothing is asked, and a photograph may pass."""
    mistakes_max: int = 1
    """Challenges not followed before the answer is no; each is made up for by one more."""
    steady_s_min: float = 0.3
    steady_s_max: float = 0.8
    """The face looks straight ahead for a random time between these before the prompt."""
    restless_max: int = 8
    """How often it may move in that time before the answer is no."""
    unasked_max: int = 1
    """How often it may turn as if asked, when nothing was asked: films do, people seldom."""
    straight_max: float = 0.10
    """Offset from the enrolled look up to which a face looks straight ahead: 13 degrees."""
    wander_max: float = 0.07
    """How far it may move while it is to look straight ahead."""
    reaction_s_min: float = 0.25
    """Nobody sees the prompt and moves the head sooner."""
    reaction_s_max: float = 2.2
    """By then a movement has begun: 0.3 s until the screen shows it and a slow reaction."""
    follow_s: float = 4.0
    """From the prompt to the end of the movement."""
    turn_begun: float = 0.07
    turn_min: float = 0.13
    """About 17 degrees. A flat print held at 45 degrees reached 0.13 in 5 % of the pictures."""
    closer_ratio_min: float = 1.15
    closer_share_max: float = 0.32
    """A face wider than this share of the picture is not asked to come closer."""
    foreshortened_min: float = 0.75
    """Eye distance against that at the start, in a turn: a head turned by 30 degrees keeps 0.80,
    a bent print that seems to turn as far has to be held at 45 degrees and keeps 0.74."""
    planarity_residual_min: float = 0.015
    relief_min: float = 0.05
    points_min: int = 30
    looks: int = 2
    """Pictures of the turned head that are judged; their mean counts."""
    lost_s_max: float = 0.5
    """A face that is not seen for so long has turned too far, and is called back."""
    jump_max: float = 0.5
    """Between two pictures in a row, in widths of the face."""


@dataclass(frozen=True)
class Limits:
    """All limits of the identity process."""

    face: FaceLimits = FaceLimits()
    liveness: LivenessLimits = LivenessLimits()
    camera: CameraLimits = CameraLimits()

    def to_json(self) -> dict[str, dict[str, float]]:
        """For the first message to the process."""
        return asdict(self)

    @classmethod
    def from_json(cls, parts: Mapping[str, Mapping[str, float]]) -> Limits:
        """What `to_json` gave."""
        return cls(
            face=FaceLimits(**parts["face"]),  # type: ignore[arg-type]  # whole numbers stay whole in JSON
            liveness=LivenessLimits(**parts["liveness"]),  # type: ignore[arg-type]  # same
            camera=CameraLimits(**parts["camera"]),
        )
