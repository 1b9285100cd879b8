"""One tower as its site file describes it: what is built, where, and what the operator wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Self, TypeVar

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from vendtower.domain.errors import LocalFault
from vendtower.domain.site_machine import BaySpec, KioskSpec, LevelSection, LiftSpec, SizeLimits
from vendtower.domain.site_plc import PlcRtu, PlcSection, PlcTcp
from vendtower.domain.site_relations import relation_findings
from vendtower.domain.site_sections import (
    CloudSection,
    IdentitySection,
    PoliciesSection,
    PowerSection,
    SiteSections,
    StorageSection,
    TowerSection,
    WebSection,
)

__all__ = [
    "BaySpec",
    "CloudSection",
    "IdentitySection",
    "KioskSpec",
    "LevelSection",
    "LiftSpec",
    "NotInSite",
    "PlcRtu",
    "PlcSection",
    "PlcTcp",
    "PoliciesSection",
    "PowerSection",
    "Site",
    "SizeLimits",
    "SlotSpec",
    "StorageSection",
    "TowerSection",
    "WebSection",
]

RELATIONS_ERROR = "site_relations"
"""Type of the pydantic error whose context carries the findings of `relation_findings`."""


_ThingT = TypeVar("_ThingT")


class NotInSite(LocalFault):
    """A number that the site file does not know."""


@dataclass(frozen=True)
class SlotSpec:
    """One storage place with everything that its level and class say of it."""

    number: int
    level: int
    height_mm: int
    angle_deg: float
    class_name: str
    limits: SizeLimits
    socket: int | None


class Site(SiteSections):
    """A whole and consistent site.

    Built by ``Site.model_validate(tables)``; a ``pydantic.ValidationError`` holds all findings.
    """

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        findings = relation_findings(self)
        if findings:
            summary = "; ".join(
                f"{'.'.join(map(str, f.path))}: found {f.found}, expected {f.expected}"
                for f in findings
            )
            raise PydanticCustomError(
                RELATIONS_ERROR, "{summary}", {"summary": summary, "findings": findings}
            )
        return self

    @cached_property
    def slots(self) -> Mapping[int, SlotSpec]:
        """All storage places by number, in the order of the file."""
        return MappingProxyType(
            {
                line.number: SlotSpec(
                    number=line.number,
                    level=level.number,
                    height_mm=level.height_mm,
                    angle_deg=line.angle_deg,
                    class_name=line.class_name,
                    limits=self.slot_classes[line.class_name],
                    socket=line.socket,
                )
                for level in self.levels
                for line in level.slots
            }
        )

    def slot(self, number: int) -> SlotSpec:
        """The slot with this number.

        Raises:
            NotInSite: when the tower has none.

        """
        return _one("slot", number, self.slots)

    def level(self, number: int) -> LevelSection:
        """The level with this number.

        Raises:
            NotInSite: when the tower has none.

        """
        return _one("level", number, {level.number: level for level in self.levels})

    def lift(self, number: int) -> LiftSpec:
        """The lift with this number.

        Raises:
            NotInSite: when the tower has none.

        """
        return _one("lift", number, {lift.number: lift for lift in self.lifts})

    def bay(self, number: int) -> BaySpec:
        """The bay with this number.

        Raises:
            NotInSite: when the tower has none.

        """
        return _one("bay", number, {bay.number: bay for bay in self.bays})

    def kiosk(self, number: int) -> KioskSpec:
        """The kiosk with this number.

        Raises:
            NotInSite: when the tower has none.

        """
        return _one("kiosk", number, {kiosk.number: kiosk for kiosk in self.kiosks})

    def kiosk_at_bay(self, bay: int) -> KioskSpec:
        """The kiosk that stands at this bay.

        Raises:
            NotInSite: when the tower has no such bay.

        """
        return _one("kiosk at bay", bay, {kiosk.bay: kiosk for kiosk in self.kiosks})


def _one(what: str, number: int, things: Mapping[int, _ThingT]) -> _ThingT:
    thing = things.get(number)
    if thing is None:
        known = ", ".join(map(str, things)) or "none"
        raise NotInSite(f"{what} {number}: not in the site file, which has {known}")
    return thing
