"""A new car: staff announce it at a bay with its figures, and its driver brings it in."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks.swarm.record_of_visit import Record
from benchmarks.swarm.returning import Returning
from benchmarks.swarm.traffic import ReturnManner
from benchmarks.swarm.world import STAFF, World, as_vehicle
from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.plant.car import Car
from vendtower.daemon.wiring import Running
from vendtower.flows.controls import ControlAnswer, Done

ANNOUNCED_WITHIN_S = 1800.0
ASKS_AGAIN_S = 60.0


async def take_in(world: World, number: int, kiosk: int) -> None:
    """Bring one new car in; it goes away again when the tower does not expect it in time."""
    car = BookedCar(vin=f"VTNEWA{number % 10**11:011d}", plate=f"NEW-{number % 10**6}")
    _place_outside(world, car)
    record = Record(f"driver of new car {car.vin}", car.vin, "", manner="ANNOUNCED")
    if not await _announced(world, car, world.kiosks[kiosk]):
        _drive_away(world, car)
        return
    record.began_s = world.calendar.now_s()
    world.known_cars[car.vin] = car
    await Returning(world, kiosk, record, ReturnManner.CAREFUL).play()
    record.ended_s = world.calendar.now_s()
    world.more_records.append(record)
    if record.ending != "car taken" and car.vin in world.tower.plant.outside:
        _drive_away(world, car)


async def _announced(world: World, car: BookedCar, bay: int) -> bool:
    until_s = world.loop.time() + ANNOUNCED_WITHIN_S

    async def admit(running: Running) -> ControlAnswer:
        return await running.controls.admit_car(car.vin, bay, as_vehicle(car), STAFF)

    while world.loop.time() < until_s:
        said = await world.controller.ask(admit)
        world.story.tell("staff", f"announces new car {car.vin} at bay {bay}: {said}")
        if isinstance(said, Done):
            return True
        await asyncio.sleep(ASKS_AGAIN_S)
    return False


def _place_outside(world: World, car: BookedCar) -> None:
    body = Car(
        vin=car.vin,
        length_mm=car.length_mm,
        width_mm=car.width_mm,
        height_mm=car.height_mm,
        weight_kg=car.weight_kg,
    )
    world.tower.act(partial(world.tower.plant.outside.__setitem__, car.vin, body))


def _drive_away(world: World, car: BookedCar) -> None:
    """It stays outside, as all cars that are nowhere in the tower, and nobody books it."""
    world.known_cars.pop(car.vin, None)
