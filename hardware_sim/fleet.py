"""A fleet of made-up cars for a simulated tower, and the stock list that staff would load."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.plant.car import Car
from hardware_sim.site import Site


@dataclass(frozen=True)
class _Kind:
    model: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_kg: int


_KINDS = (
    _Kind("city car", 3700, 1680, 1520, 1180),
    _Kind("hatchback", 4280, 1790, 1480, 1390),
    _Kind("saloon", 4720, 1840, 1450, 1620),
    _Kind("estate", 4820, 1850, 1500, 1710),
    _Kind("electric crossover", 4580, 1890, 1630, 2050),
)


def fleet(site: Site, cars: int) -> dict[int, BookedCar]:
    """Slot number to the car that stands in it, spread over the tower.

    Every car fits its slot; the VINs carry no manufacturer's code.
    """
    numbers = sorted(site.slots)
    if not 0 <= cars <= len(numbers):
        raise ValueError(f"{cars} cars, expected 0..{len(numbers)}: one for each slot")
    chosen = [numbers[at * len(numbers) // cars] for at in range(cars)] if cars else []
    return {slot: _car(index, slot) for index, slot in enumerate(chosen)}


def _car(index: int, slot: int) -> BookedCar:
    kind = _KINDS[index % len(_KINDS)]
    return BookedCar(
        vin=f"VTDEMA{slot:011d}",
        plate=f"VT-{slot:03d}",
        model=kind.model,
        length_mm=kind.length_mm,
        width_mm=kind.width_mm,
        height_mm=kind.height_mm,
        weight_kg=kind.weight_kg,
    )


def as_plant_cars(cars: Mapping[int, BookedCar]) -> dict[int, Car]:
    """The same cars as the plant's bodies of steel."""
    return {
        slot: Car(
            vin=car.vin,
            length_mm=car.length_mm,
            width_mm=car.width_mm,
            height_mm=car.height_mm,
            weight_kg=car.weight_kg,
        )
        for slot, car in cars.items()
    }


def stock_list(cars: Mapping[int, BookedCar]) -> str:
    """The CSV that the maintenance command for stock reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["vin", "plate", "model", "length_mm", "width_mm", "height_mm", "weight_kg", "slot"]
    )
    for slot, car in sorted(cars.items()):
        writer.writerow(
            [
                car.vin,
                car.plate,
                car.model,
                car.length_mm,
                car.width_mm,
                car.height_mm,
                car.weight_kg,
                slot,
            ]
        )
    return text.getvalue()
