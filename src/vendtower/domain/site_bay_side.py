"""The site file's sections for what stands around a bay: key cabinets."""

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
