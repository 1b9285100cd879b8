"""Towers to plan in: the example site, and one with two lifts."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from vendtower.domain.moves import Urgency, Wish
from vendtower.domain.places import Bay, Slot
from vendtower.domain.site import Site
from vendtower.domain.vehicle import Vehicle

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "guangzhou.toml"


def tables() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE.read_text())


@cache
def one_lift() -> Site:
    """Five levels, 42 slots, one lift, two bays."""
    return Site.model_validate(tables())


@cache
def two_lifts(*, one_shaft: bool = False) -> Site:
    """Lift 1 serves levels 1 to 3 and bay 1; lift 2 serves level 1, 4 and 5 and both bays."""
    site = tables()
    first = site["lifts"][0]
    second = {**first, "number": 2, "shaft": "A" if one_shaft else "B"}
    site["lifts"] = [
        {**first, "serves_levels": [1, 2, 3], "serves_bays": [1]},
        {**second, "serves_levels": [1, 4, 5], "serves_bays": [1, 2]},
    ]
    return Site.model_validate(site)


def car(vin: str, *, height_mm: int = 1500, weight_kg: int = 1800) -> Vehicle:
    return Vehicle(vin, "A 12345", "Model", 4500, 1900, height_mm, weight_kg)


def customer(vin: str, slot: int, bay: int, waiting_s: float = 0.0) -> Wish:
    """A customer at the bay wants the car from the slot."""
    return Wish(car(vin), Slot(slot), Bay(bay), waiting_s, Urgency.CUSTOMER)


def store(vin: str, bay: int, waiting_s: float = 0.0, *, height_mm: int = 1500) -> Wish:
    """The car in the bay goes to any slot."""
    return Wish(car(vin, height_mm=height_mm), Bay(bay), None, waiting_s, Urgency.STORE)
