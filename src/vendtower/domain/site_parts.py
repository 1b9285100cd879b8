"""The parts of a tower that wear, as its site file names them."""

from enum import Enum
from typing import Literal

from pydantic import Field

from vendtower.domain.site_base import SiteSection


class Counter(Enum):
    """What is counted. The first four come from the PLC, the others are seen by the controller."""

    CYCLES = "cycles"
    """Jobs that a lift has completed."""
    STARTS = "starts"
    """Jobs that a lift has started."""
    HOURS = "hours"
    """Hours in which a lift's drives ran."""
    ENERGY_KWH = "energy_kwh"
    """What a lift's drives have taken."""
    INNER_DOOR = "inner_door"
    """Openings of a bay's door to the shaft."""
    OUTER_DOOR = "outer_door"
    """Openings of a bay's door to the street."""


LIFT_COUNTERS = frozenset({Counter.CYCLES, Counter.STARTS})
DOOR_COUNTERS = frozenset({Counter.INNER_DOOR, Counter.OUTER_DOOR})

COUNT_MAX = 1_000_000_000


class PartSpec(SiteSection):
    """One part that wears or has to be looked at."""

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        json_schema_extra={"expects": "up to 63 lower-case letters, digits and hyphens"},
        description="Names the part in commands and in its record; a new one at its place "
        "keeps it.",
    )
    name: str = Field(min_length=1, max_length=100, description="What people call it.")
    lift: int | None = Field(default=None, ge=1, le=4, description="The lift it belongs to.")
    bay: int | None = Field(
        default=None, ge=1, le=8, description="The bay it belongs to; with neither, the tower."
    )
    counts: Literal["cycles", "starts", "inner_door", "outer_door"] | None = Field(
        default=None,
        description="What wears it: completed or started jobs of the lift, openings of one of the "
        "bay's doors; left out: cycles of a lift, openings of the outer door of a bay.",
    )
    check: str = Field(
        min_length=1, max_length=1000, description="What the technician looks at or measures."
    )
    critical: bool = Field(
        default=False,
        description='With `policies.overdue_parts` "block" nothing new moves while it is overdue.',
    )
    inspect_days: int | None = Field(
        default=None, ge=1, le=3_660, description="An inspection is due after so many days,"
    )
    inspect_count: int | None = Field(
        default=None, ge=1, le=COUNT_MAX, description="or after so many counts."
    )
    life_days: int | None = Field(
        default=None, ge=1, le=36_600, description="The part is to be replaced after so many days,"
    )
    life_hours: int | None = Field(
        default=None, ge=1, le=COUNT_MAX, description="running hours of its lift,"
    )
    life_count: int | None = Field(
        default=None, ge=1, le=COUNT_MAX, description="or counts, whichever comes first."
    )

    @property
    def place(self) -> str:
        """Where it is: ``lift 1``, ``bay 2`` or ``tower``."""
        if self.lift is not None:
            return f"lift {self.lift}"
        return "tower" if self.bay is None else f"bay {self.bay}"

    @property
    def counter(self) -> Counter | None:
        """What wears it; None for a part that only ages."""
        if self.counts is not None:
            return Counter(self.counts)
        if self.lift is not None:
            return Counter.CYCLES
        return None if self.bay is None else Counter.OUTER_DOOR
