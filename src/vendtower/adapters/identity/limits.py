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
    between descriptors of 128 numbers. With photographs in the wild 0.60 gave no false accept in
    262 impostor pairs and 0.50 refused 2.6 % of 38 genuine pairs.
    """

    distance_max: float = 0.50
    """1:1, the median over the frames of a decision."""
    grey_zone: float = 0.08
    """Above ``distance_max`` by less than this, more frames are looked at before refusing."""
    among_due_stricter: float = 0.08
    """1:few takes ``distance_max`` less this, since it compares with several people."""
    among_due_margin: float = 0.06
    """1:few: how much further away the second best has to be."""
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
    still_turn_max: float = 0.45
    """The same for a single picture, of which no better one follows: about 40 deg."""


OPENCV_FACE_LIMITS = FaceLimits(
    distance_max=1.05,
    grey_zone=0.08,
    among_due_stricter=0.08,
    among_due_margin=0.10,
    same_person_max=1.15,
    score_min=0.70,
    second_score_min=0.80,
    certain_score_min=0.85,
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
class Limits:
    """All limits of the identity process."""

    face: FaceLimits = FaceLimits()
    camera: CameraLimits = CameraLimits()

    def to_json(self) -> dict[str, dict[str, float]]:
        """For the first message to the process."""
        return asdict(self)

    @classmethod
    def from_json(cls, parts: Mapping[str, Mapping[str, float]]) -> Limits:
        """What `to_json` gave."""
        return cls(
            face=FaceLimits(**parts["face"]),  # type: ignore[arg-type]  # whole numbers stay whole in JSON
            camera=CameraLimits(**parts["camera"]),
        )
