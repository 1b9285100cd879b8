"""What a person saw of one visit to the tower."""

from __future__ import annotations

from dataclasses import dataclass, field

from vendtower.domain.out_of_service import Closure

QUEUED_TOO_LONG, TURN_TOO_LATE = "queued too long", "the window was over when their turn came"
OTHERS_MATTER = "the bay was taken up with another's car"
PATIENCE_OVER = "patience over"
WALKED_OFF, LEFT_CAR = "walked off", "left without the car"
NOT_HEARD_OF = "the tower could not have heard of the booking"
CLOSED = frozenset(closure.value for closure in Closure)
"""Why a bay cannot serve; the screen names the others that can."""


@dataclass
class Record:
    """One visit, as the person tells it."""

    who: str
    vin: str
    reservation_id: str
    manner: str = ""
    """How they meant to come, by its name."""
    ending: str = "went away"
    reasons: list[str] = field(default_factory=list)
    bays: set[int] = field(default_factory=set)
    """Where they have tried."""
    began_s: float = 0.0
    tried_s: float = 0.0
    """When the last try began."""
    ended_s: float = 0.0
    """By the calendar."""
    waited_s: float | None = None
    """From the first touch to the car behind the open door."""
