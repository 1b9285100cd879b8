"""What was seen while a challenge was followed, and what the audit trail keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

from vendtower.adapters.identity import challenge
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.challenge import Following, Stance
from vendtower.adapters.identity.engine import Face
from vendtower.adapters.identity.planarity import SurfaceMeasure
from vendtower.domain.liveness import ChallengeKind, ChallengeOutcome, ChallengeRecord


@dataclass(frozen=True, eq=False)
class Sight:
    """A face in a picture."""

    frame: Frame
    face: Face

    @property
    def stance(self) -> Stance:
        """What a challenge is judged by."""
        return Stance(self.frame.at_s, self.face.turn, self.face.eye_distance_px)


@dataclass
class Looks:
    """What is known of the surface at the moments at which the challenge was fulfilled."""

    measures: list[SurfaceMeasure] = field(default_factory=list)
    foreshortened: list[float] = field(default_factory=list)
    sight: Sight | None = None
    customer: bool = False
    """Whether the first of them is the customer's face."""

    def add(self, measure: SurfaceMeasure | None, closer: float, sight: Sight) -> None:
        """Count one picture in which the movement was as it was asked for."""
        self.sight = sight
        self.foreshortened.append(closer)
        if measure is not None:
            self.measures.append(measure)


def record_of(
    kind: ChallengeKind,
    outcome: ChallengeOutcome,
    following: Following | None = None,
    looks: Looks | None = None,
    took_s: float = 0.0,
) -> ChallengeRecord:
    """One challenge as the audit trail keeps it; ``following`` is None where nothing was asked."""
    measures = [] if looks is None else looks.measures
    reaction_s = None if following is None else following.reaction_s
    return ChallengeRecord(
        kind=kind,
        outcome=outcome,
        angle_deg=0.0 if following is None else round(challenge.angle_deg(following.turned), 1),
        closer=1.0 if following is None else round(following.closer, 3),
        reaction_s=None if reaction_s is None else round(reaction_s, 3),
        took_s=round(took_s, 3),
        planarity_residual=round(fmean(each.planarity_residual for each in measures), 4)
        if measures
        else None,
        relief=round(fmean(each.relief for each in measures), 4) if measures else None,
        points=round(fmean(each.points for each in measures)) if measures else 0,
    )
