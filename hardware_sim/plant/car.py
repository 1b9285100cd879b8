"""Cars, and the places where one can be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Car:
    """A car as it really is, whatever a sensor or a booking says of it."""

    vin: str
    length_mm: int = 4600
    width_mm: int = 1850
    height_mm: int = 1500
    weight_kg: int = 1600
    front_axle_share: float = 0.55
    offset_mm: int = 0
    """How far off the middle of the bay its driver parks it."""
    part_open: bool = False
    """A door, the bonnet or the boot stands open."""
    occupants_kg: int = 0
    """People who sit in it, unseen by the bay's person detector."""


class PlaceKind(StrEnum):
    """Where a car can be."""

    SLOT = "slot"
    LIFT = "lift"
    BAY = "bay"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `number` is the painted one, 0 for outside."""

    kind: PlaceKind
    number: int

    def __str__(self) -> str:
        """`slot 12`, `bay 1`, `lift 1`, `outside`."""
        return self.kind if self.kind is PlaceKind.OUTSIDE else f"{self.kind} {self.number}"


OUTSIDE = Place(PlaceKind.OUTSIDE, 0)
