"""A car: who it is and how much room and strength it wants."""

from dataclasses import dataclass

SAME_CAR_KG = 100
SAME_CAR_SHARE = 0.1
"""Of a car's known weight: whichever is more. The PLC's own tolerance for an announced car (plc
contract); with more, it takes it for another car.
"""


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


def may_weigh(found_kg: int, papers_kg: int) -> bool:
    """Whether a scale's figure can be this car's weight; else it is the scale, or another car."""
    return abs(found_kg - papers_kg) <= max(SAME_CAR_KG, SAME_CAR_SHARE * papers_kg)
