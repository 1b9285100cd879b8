"""One transfer bay: two doors, a curtain, perhaps a car, and the people in and around it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hardware_sim.plant.car import Car
from hardware_sim.plant.door import Door
from hardware_sim.site import Bay


class DriveState(StrEnum):
    """What the car in a bay does."""

    STANDS = "stands"
    ENTERS = "enters"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast people and drivers are, in seconds."""

    walk_s: float = 1.0
    """Through the light curtain."""
    drive_s: float = 6.0
    """In or out of a bay."""


class BayMechanics:
    """The truth about one bay; the plant changes it."""

    def __init__(self, bay: Bay, at_s: float) -> None:
        self.bay = bay
        self.inner = Door(bay.inner_door_travel_s, at_s)
        self.outer = Door(bay.outer_door_travel_s, at_s)
        self.car: Car | None = None
        self.drive = DriveState.STANDS
        self.front_axle_on = False
        self.rear_axle_on = False
        self.people_inside = 0
        self.people_leaving = 0
        """Of those inside, how many are on their way out, on foot or at the wheel."""
        self.curtain_broken_by: list[str] = []
        """Whoever or whatever stands in the light curtain now."""
        self.estop_pressed = False
        self.call_pressed = False

    @property
    def curtain_clear(self) -> bool:
        """Whether nothing stands in the light curtain."""
        return not self.curtain_broken_by

    @property
    def people_staying(self) -> int:
        """Those inside who have not set out yet."""
        return self.people_inside - self.people_leaving

    @property
    def weight_kg(self) -> int:
        """What presses on the floor scale: the axles that are on it."""
        if self.car is None:
            return 0
        rear_kg = self.car.weight_kg + self.car.occupants_kg - self.front_axle_kg_of(self.car)
        return self.front_axle_kg + (rear_kg if self.rear_axle_on else 0)

    @property
    def front_axle_kg(self) -> int:
        """What the front axle presses on the scale."""
        if self.car is None or not self.front_axle_on:
            return 0
        return self.front_axle_kg_of(self.car)

    @staticmethod
    def front_axle_kg_of(car: Car) -> int:
        """The front axle's part of a car's weight."""
        return round(car.weight_kg * car.front_axle_share)

    def car_stands(self, car: Car | None) -> None:
        """Put a car on the bay's floor, or take it off."""
        self.car = car
        self.drive = DriveState.STANDS
        self.front_axle_on = self.rear_axle_on = car is not None
