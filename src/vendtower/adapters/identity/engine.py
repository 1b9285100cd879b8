"""What the rest of the identity process wants of a face engine, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vendtower.adapters.identity.stopwatch import Stopwatch
from vendtower.domain.errors import LocalFault

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, BGR."""
Descriptor = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Face:
    """One face found in a picture; points and lengths are pixels of that picture."""

    score: float
    """The detector's own confidence."""
    left: float
    top: float
    width: float
    height: float
    eyes: tuple[tuple[float, float], tuple[float, float]]
    """Middle of each eye, the one on the picture's left first."""
    nose: tuple[float, float]
    """Base of the nose."""
    chip: Picture
    """The face cut out upright, RGB, in the engine's own size."""

    @property
    def eye_distance_px(self) -> float:
        """Between the middles of the eyes."""
        (left_x, left_y), (right_x, right_y) = self.eyes
        return float(np.hypot(right_x - left_x, right_y - left_y))

    @property
    def turn(self) -> float:
        """Sideways offset of the nose along the line of the eyes, in eye distances.

        0 looks straight ahead; above 0 the face is turned to the picture's right.
        """
        (left_x, left_y), (right_x, right_y) = self.eyes
        along = np.array([right_x - left_x, right_y - left_y])
        offset = np.array(
            [self.nose[0] - (left_x + right_x) / 2, self.nose[1] - (left_y + right_y) / 2]
        )
        return float(offset @ along / max(along @ along, 1e-9))


class FaceEngine(Protocol):
    """Finds and describes faces; safe to call from several threads."""

    engine: str
    """Templates of different engines or models are never compared."""
    model: str

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        """Faces in the picture, best first; ``small_too`` also finds far ones, more slowly."""
        ...

    def describe(self, face: Face, *, mirrored: bool = True) -> Descriptor:
        """The face as a vector; near vectors are the same person.

        The mean of the face and its mirror image, which is steadier; without ``mirrored`` the
        face alone, in half the time and 2 to 4 % further from everybody.
        """
        ...


class StillFaceEngine(FaceEngine, Protocol):
    """An engine that also takes its time over a single picture, for enrolment and measuring."""

    watch: Stopwatch
    """Where its time goes."""

    def find_hard(self, picture: Picture) -> list[Face]:
        """Faces that `find` may miss (turned, tilted, cut off), best first; takes a second."""
        ...


@dataclass(frozen=True, eq=False)
class Template:
    """What is kept of an enrolled customer; in memory only."""

    engine: str
    model: str
    descriptor: Descriptor


class NotComparable(LocalFault):
    """Two templates of different engines or models; a distance between them means nothing."""


def compare(one: Template, other: Template) -> float:
    """Distance of two templates.

    Raises:
        NotComparable: they are not of one engine and model.

    """
    if (one.engine, one.model) != (other.engine, other.model):
        raise NotComparable(
            f"templates of {one.engine} {one.model} and {other.engine} {other.model} "
            "are not comparable, expected one engine and model"
        )
    return distance(one.descriptor, other.descriptor)


def distance(one: Descriptor, other: Descriptor) -> float:
    """Euclidean distance of two descriptors of the same engine and model."""
    return float(np.linalg.norm(one - other))
