"""The site file's sections for what stands around a bay: key cabinets, condition evidence."""

from pydantic import Field

from vendtower.domain.site_base import SiteSection

COMPARTMENTS_MAX = 16
"""What the kiosk board's contract has room for."""


class KeyCabinetSection(SiteSection):
    """The key cabinet on a kiosk's board."""

    first: int = Field(
        ge=1, le=9999, description="The lowest number painted on it; each number once in the tower."
    )
    count: int = Field(ge=1, le=COMPARTMENTS_MAX, description="How many compartments it has.")

    @property
    def numbers(self) -> range:
        """The numbers painted on its compartments."""
        return range(self.first, self.first + self.count)


class ConditionSection(SiteSection):
    """Evidence of a car's condition at hand-over and return."""

    ask: bool = Field(
        default=False,
        description="Whether the kiosk asks for a signature, and at a return for odometer and fuel "
        "or charge.",
    )
    ask_s: float = Field(
        default=90.0, ge=1, le=900, description="After this it goes on without an answer."
    )
    kept_days: float = Field(
        default=30.0,
        ge=0,
        le=3650,
        description="How long the tower keeps a file after the cloud has taken it.",
    )
