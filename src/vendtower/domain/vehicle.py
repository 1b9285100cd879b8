"""A car: who it is and how much room and strength it wants."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vehicle:
    """One car, named by its VIN."""

    vin: str
    plate: str
    model: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_kg: int
