"""What the PLC does with cars: whole ways, refusals, continued strokes. Wants the simulator."""

from __future__ import annotations

import asyncio

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, Place, bay, lift, slot
from firmware_bridge.meanings import (
    BayInhibit,
    BayState,
    BayStatus,
    DoneResult,
    Inhibit,
    LoadState,
    Profile,
    Result,
    Verb,
)
from firmware_bridge.words import numbers_in
from hardware_sim.drivers import park_car, take_car_away
from hardware_sim.plant.car import Car
from tests.contract.plc_bench import PlcBench


@pytest.fixture
def speed_factor() -> float:
    """A whole fetch in a second; jobs that must be met on their way ask for less speed."""
    return 50.0


# --- whole ways of a car


@pytest.mark.slow
async def test_customers_come_and_go_by_themselves(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.run(Verb.FETCH, slot(7), bay(1))
    leaving = asyncio.create_task(take_car_away(tower, 1))
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    assert (await leaving).vin == "VIN-A"
    parking = asyncio.create_task(park_car(tower, 1, Car("VIN-C")))
    await parking
    assert bench.place_of("VIN-C") == ("bay", 1)
    await bench.door(Verb.CLOSE_OUTER_DOOR, bay(1))
    assert tower.violations == []


@pytest.mark.slow
async def test_a_car_out_and_another_one_in(bench: PlcBench) -> None:
    tower = bench.tower
    assert (await bench.run(Verb.FETCH, slot(7), bay(1)))["done_result"] == DoneResult.DONE
    assert bench.place_of("VIN-A") == ("bay", 1)
    assert (await bench.bay(1))["state"] == BayState.READY
    assert 7 not in numbers_in((await bench.block(rm.SLOTS))["occupied"])

    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.bay(1))["state"] == BayState.EXIT
    tower.person_enters(1)
    await bench.until_bay(1, lambda b: bool(b["status"] & BayStatus.CURTAIN_CLEAR))
    tower.car_drives_out(1)
    await tower.until(lambda: bool(tower.events("car left")))
    shown = await bench.bay(1)
    assert not shown["status"] & (BayStatus.PRESENCE | BayStatus.PERSON_INSIDE)
    assert shown["weight"] == 0
    assert await bench.door(Verb.CLOSE_OUTER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.bay(1))["state"] == BayState.FREE

    await bench.car_in_bay(2, Car("VIN-C", height_mm=1600, weight_kg=1700))
    shown = await bench.bay(2)
    assert (shown["length"], shown["height"], shown["weight"]) == (4600, 1600, 1700)
    stored = await bench.run(
        Verb.STORE, bay(2), slot(7), expected_weight_kg=1700, expected_height_mm=1600
    )
    assert stored["done_result"] == DoneResult.DONE
    assert (await bench.run(Verb.MOVE, slot(7), slot(8)))["done_result"] == DoneResult.DONE
    assert bench.place_of("VIN-C") == ("slot", 8)
    assert bench.place_of("VIN-A") == ("outside", 0)
    assert tower.violations == []


# --- what is refused


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        (slot(9), bay(1), Result.PLACE_STATE),
        (lift(1), bay(1), Result.PLACE_STATE),
        (slot(7), slot(20), Result.PLACE_STATE),
    ],
)
async def test_empty_sources_and_taken_destinations(
    bench: PlcBench, source: Place, destination: Place, expected: Result
) -> None:
    assert bench.tower
    verb = Verb.FETCH if destination == bay(1) else Verb.MOVE
    assert await bench.send(await bench.job(verb, source, destination)) is expected


async def test_a_taken_bay_and_a_loaded_lift_take_no_further_car(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.run(Verb.FETCH, slot(7), bay(1))
    words = await bench.job(Verb.FETCH, slot(20), bay(1))
    assert await bench.send(words) is Result.PLACE_STATE
    tower.act(lambda: tower.sensors.override("lift1.loaded", True))
    tower.act(lambda: tower.sensors.override("lift1.load_kg", 1500))
    words = await bench.job(Verb.FETCH, slot(20), bay(2))
    assert await bench.send(words) is Result.PLACE_STATE


async def test_nobody_may_be_in_the_bay_concerned(bench: PlcBench) -> None:
    tower = bench.tower
    tower.act(lambda: tower.people.hide_inside(1))
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.INTERLOCK
    assert (await bench.bay(1))["inhibit"] & BayInhibit.PERSON_INSIDE
    assert await bench.send(await bench.job(Verb.FETCH, slot(7), bay(2))) is Result.ACCEPTED


async def test_an_open_outer_door_keeps_the_lift_away(bench: PlcBench) -> None:
    assert bench.tower
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.INTERLOCK


async def test_an_open_inner_door_keeps_the_lift_still(bench: PlcBench) -> None:
    assert bench.tower
    await bench.run(Verb.PARK, NOWHERE, bay(1))
    assert await bench.door(Verb.OPEN_INNER_DOOR, bay(1)) == DoneResult.DONE
    words = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    assert (await bench.lift())["inhibit"] & Inhibit.DOOR_OPEN
    assert await bench.door(Verb.CLOSE_INNER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.run(Verb.PARK))["done_result"] == DoneResult.DONE
    assert bench.tower.violations == []


async def test_the_inner_door_opens_only_onto_a_waiting_lift_with_the_street_shut(
    bench: PlcBench,
) -> None:
    assert bench.tower
    await bench.run(Verb.PARK, NOWHERE, slot(42))
    words = await bench.job(Verb.OPEN_INNER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    await bench.run(Verb.PARK, NOWHERE, bay(1))
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    words = await bench.job(Verb.OPEN_INNER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK


async def test_no_outer_door_opens_during_a_transfer(bench: PlcBench) -> None:
    assert bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.ACCEPTED
    door = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(door, box=0) is Result.INTERLOCK
    assert (await bench.bay(1))["inhibit"] & BayInhibit.TRANSFER
    await bench.ended(words[0])
    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE


async def test_a_car_that_is_not_the_announced_one_is_not_stored(bench: PlcBench) -> None:
    assert bench.tower
    await bench.car_in_bay(1, Car("VIN-C", height_mm=1600, weight_kg=1700))
    for wrong in ({"expected_weight_kg": 1300}, {"expected_height_mm": 1450}):
        words = await bench.job(Verb.STORE, bay(1), slot(8), **wrong)
        assert await bench.send(words) is Result.MISMATCH


async def test_a_car_that_does_not_fit_is_not_stored_and_may_leave(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.car_in_bay(1, Car("VIN-C", height_mm=2150, weight_kg=2700))
    shown = await bench.bay(1)
    assert shown["profile"] == Profile.TOO_HIGH | Profile.TOO_HEAVY
    assert await bench.send(await bench.job(Verb.STORE, bay(1), slot(1))) is Result.MISMATCH
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    assert (await bench.bay(1))["state"] == BayState.EXIT
    tower.person_enters(1)
    tower.car_drives_out(1)
    await tower.until(lambda: bool(tower.events("car left")))
    assert bench.place_of("VIN-C") == ("outside", 0)


async def test_a_tall_car_fits_a_high_slot_only(bench: PlcBench) -> None:
    assert bench.tower
    await bench.car_in_bay(1, Car("VIN-C", height_mm=1900))
    assert await bench.send(await bench.job(Verb.STORE, bay(1), slot(8))) is Result.MISMATCH
    assert (await bench.run(Verb.STORE, bay(1), slot(1)))["done_result"] == DoneResult.DONE


async def test_a_car_that_weighs_otherwise_ends_the_fetch_on_the_lift(bench: PlcBench) -> None:
    assert bench.tower
    ended = await bench.run(Verb.FETCH, slot(7), bay(1), expected_weight_kg=2400)
    assert ended["done_result"] == DoneResult.LOAD_MISMATCH
    assert ended["load_state"] == LoadState.CAR
    assert (await bench.run(Verb.STORE, lift(1), slot(7)))["done_result"] == DoneResult.DONE
    assert bench.place_of("VIN-A") == ("slot", 7)


async def test_a_slot_sensor_that_lies_ends_the_job_when_nothing_is_gripped(
    bench: PlcBench,
) -> None:
    tower = bench.tower
    tower.act(lambda: tower.sensors.override("slot9.occupied", True))
    ended = await bench.run(Verb.FETCH, slot(9), bay(1))
    assert ended["done_result"] == DoneResult.PLACE_STATE
    assert ended["load_state"] == LoadState.EMPTY
    assert ended["inhibit"] & Inhibit.NOT_HOMED
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE
    assert tower.violations == []


# --- interrupted strokes


@pytest.mark.slow
async def test_somebody_appearing_in_the_bay_stops_the_transfer(bench: PlcBench) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1), speed_permille=400)
    assert await bench.send(words) is Result.ACCEPTED
    await tower.until(lambda: bool(tower.events("inner door open", "bay 1")))
    await tower.until(lambda: tower.plant.lifts[1].shuttle.moving(tower.plant.now_s))
    tower.act(lambda: tower.people.hide_inside(1))
    ended = await bench.ended(words[0])
    assert ended["done_result"] == DoneResult.PERSON_INSIDE
    assert ended["load_state"] == LoadState.SHIFTED
    # Nothing may go on while the person is there; afterwards the job is continued by a new one.
    again = await bench.job(Verb.FETCH, lift(1), bay(1))
    assert await bench.send(again) is Result.INTERLOCK
    tower.act(lambda: tower.people.found_inside(1))
    ended = await bench.run(Verb.FETCH, lift(1), bay(1))
    assert ended["done_result"] == DoneResult.DONE
    assert bench.place_of("VIN-A") == ("bay", 1)
    assert tower.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("goal", [Verb.STORE, Verb.FETCH, Verb.HOME])
async def test_a_stop_in_the_middle_of_the_stroke_is_continued_by_a_new_job(
    bench: PlcBench, goal: Verb
) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1), speed_permille=200)
    assert await bench.send(words) is Result.ACCEPTED
    await tower.until(lambda: bool(tower.events("gripped")))
    await bench.until_lift(lambda v: v["shuttle_vel"] < 0)
    await bench.send(await bench.job(Verb.ABORT))
    ended = await bench.ended(words[0])
    assert ended["load_state"] == LoadState.SHIFTED
    assert 0 < ended["shuttle_pos"] < 5600
    assert bench.place_of("VIN-A") == ("lift", 1)
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    destinations = {Verb.STORE: slot(7), Verb.FETCH: bay(1), Verb.HOME: NOWHERE}
    source = lift(1)
    ended = await bench.run(goal, source, destinations[goal])
    assert ended["done_result"] == DoneResult.DONE
    assert ended["shuttle_pos"] == 0
    expected = {Verb.STORE: ("slot", 7), Verb.FETCH: ("bay", 1), Verb.HOME: ("lift", 1)}
    assert bench.place_of("VIN-A") == expected[goal]
    assert tower.violations == []
