"""Customers at a bay, one step after the other as people take them: for demos and system tests."""

from __future__ import annotations

from hardware_sim.plant.car import Car
from hardware_sim.plant.door import DoorPosition
from hardware_sim.runner import SimulatedTower


async def take_car_away(tower: SimulatedTower, bay: int, *, timeout_s: float = 60.0) -> Car:
    """Wait for the outer door, walk in, drive out; returns the car once it has left.

    Raises TimeoutError when the door does not open or the way out is not free in time.
    """
    await _outer_door_open(tower, bay, timeout_s)
    mechanics = tower.plant.bays[bay]
    car = mechanics.car
    if car is None:
        raise RuntimeError(f"bay {bay}: its outer door is open, but no car stands in it")
    tower.person_enters(bay)
    await tower.until(lambda: mechanics.curtain_clear, timeout_s)
    tower.car_drives_out(bay)
    await tower.until(lambda: car.vin in tower.plant.outside, timeout_s)
    return car


async def park_car(tower: SimulatedTower, bay: int, car: Car, *, timeout_s: float = 60.0) -> None:
    """Wait for the outer door, drive in, walk out; returns when nobody is inside any more.

    Raises TimeoutError when the door does not open in time.
    """
    await _outer_door_open(tower, bay, timeout_s)
    mechanics = tower.plant.bays[bay]
    tower.car_drives_in(bay, car)
    await tower.until(lambda: mechanics.curtain_clear, timeout_s)
    tower.person_leaves(bay)
    await tower.until(lambda: mechanics.people_inside == 0, timeout_s)


async def _outer_door_open(tower: SimulatedTower, bay: int, timeout_s: float) -> None:
    outer = tower.plant.bays[bay].outer
    await tower.until(lambda: outer.position(tower.plant.now_s) is DoorPosition.OPEN, timeout_s)
