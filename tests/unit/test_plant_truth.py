"""The plant's truth: time that composes, cars that are moved, people, and sensors that may lie."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.bay import Pace
from hardware_sim.plant.car import OUTSIDE, Car, Place, PlaceKind
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.plant.plant import Plant
from hardware_sim.plant.sensors import UnknownSensorError
from tests.fast_site import fast_site

SITE = fast_site(1.0)
PACE = Pace(walk_s=1.0, drive_s=6.0)


def new_plant() -> Plant:
    return Plant(SITE, cars={7: Car("A", weight_kg=2000), 20: Car("B")}, pace=PACE)


def open_outer(plant: Plant, bay: int = 1) -> None:
    plant.travel_door(bay, "outer", opening=True)
    plant.advance(plant.now_s + 10.0)


def snapshot(plant: Plant) -> tuple[object, ...]:
    """Everything that can be seen of a plant at its present time."""
    now_s = plant.now_s
    axes = [
        (axis.position(now_s), axis.velocity(now_s), axis.moving(now_s))
        for lift in plant.lifts.values()
        for axis in lift.axes.values()
    ]
    doors = [
        plant.door(bay, which).opened_share(now_s)
        for bay in plant.bays
        for which in ("inner", "outer")
    ]
    sensed = [plant.sensors.number(name) for name in plant.sensors.names()]
    return (axes, doors, plant.places(), sensed, list(plant.log.events), plant.next_event_s())


def busy_plant() -> Plant:
    """A plant in which much is under way at once."""
    plant = new_plant()
    plant.move_axis(1, AxisName.HOIST, 9600.0)
    plant.move_axis(1, AxisName.TURNTABLE, 200.0)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0, 0.5)
    open_outer(plant)
    plant.travel_door(2, "outer", opening=True)
    plant.people.car_drives_in(1, Car("C"))
    plant.people.person_leaves(1)
    return plant


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 12.0), min_size=1, max_size=8))
def test_advancing_in_parts_is_advancing_at_once(parts: list[float]) -> None:
    in_parts, at_once = busy_plant(), busy_plant()
    start_s = in_parts.now_s
    for part_s in sorted(parts):
        in_parts.advance(start_s + part_s)
    at_once.advance(start_s + max(parts))
    assert snapshot(in_parts) == snapshot(at_once)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 12.0), st.lists(st.floats(0.0, 12.0), max_size=5))
def test_a_stop_in_mid_motion_composes_too(stop_s: float, parts: list[float]) -> None:
    plants = [busy_plant(), busy_plant()]
    start_s = plants[0].now_s
    for plant in plants:
        plant.advance(start_s + stop_s)
        plant.stop_lift(1)
    for part_s in sorted(parts):
        plants[0].advance(start_s + stop_s + part_s)
    for plant in plants:
        plant.advance(start_s + stop_s + 20.0)
    assert snapshot(plants[0]) == snapshot(plants[1])


def test_time_does_not_go_back() -> None:
    plant = new_plant()
    plant.advance(5.0)
    with pytest.raises(ValueError, match="cannot go back from 5"):
        plant.advance(4.0)


def test_a_car_is_taken_and_placed_by_the_shuttle() -> None:
    plant = new_plant()
    plant.move_axis(1, AxisName.HOIST, 2400.0)
    plant.advance(10.0)
    assert plant.reached_place(1) == Place(PlaceKind.SLOT, 7)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)
    plant.advance(20.0)
    plant.grip(1)
    plant.advance(21.9)
    assert plant.where_is("A") == Place(PlaceKind.SLOT, 7)
    plant.advance(22.0)
    assert plant.where_is("A") == Place(PlaceKind.LIFT, 1)
    assert plant.sensors.number("lift1.load_kg") == 2000
    assert not plant.sensors.on("slot7.occupied")
    plant.release(1)
    plant.advance(30.0)
    assert plant.where_is("A") == Place(PlaceKind.SLOT, 7)


def test_a_stop_cancels_a_grip_and_the_car_stays() -> None:
    plant = new_plant()
    plant.move_axis(1, AxisName.HOIST, 2400.0)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)
    plant.advance(20.0)
    plant.grip(1)
    plant.advance(21.0)
    plant.stop_lift(1)
    plant.advance(30.0)
    assert plant.where_is("A") == Place(PlaceKind.SLOT, 7)
    assert not plant.lifts[1].moving(plant.now_s)


def test_a_shuttle_that_is_not_out_grips_nothing() -> None:
    plant = new_plant()
    plant.move_axis(1, AxisName.HOIST, 2400.0)
    plant.advance(10.0)
    plant.grip(1)
    plant.advance(20.0)
    assert plant.log.told("gripped nothing")
    assert plant.where_is("A") == Place(PlaceKind.SLOT, 7)


def test_hoisting_a_car_takes_energy_and_an_interrupted_way_takes_less() -> None:
    def energy_j(stop_s: float | None) -> float:
        plant = new_plant()
        plant.lifts[1].car = Car("C", weight_kg=2000)
        plant.move_axis(1, AxisName.HOIST, 9600.0)
        if stop_s is not None:
            plant.advance(stop_s)
            plant.stop_lift(1)
        plant.advance(60.0)
        return plant.lifts[1].energy_j

    assert energy_j(None) == pytest.approx(2000 * 9.81 * 9.6)
    assert 0 < energy_j(5.0) < energy_j(None)


def test_driving_in_and_out_as_the_sensors_see_it() -> None:
    plant = new_plant()
    open_outer(plant)
    plant.people.car_drives_in(1, Car("C", weight_kg=2000, front_axle_share=0.6))
    start_s = plant.now_s

    def seen() -> tuple[bool, bool, bool, int]:
        sensors = plant.sensors
        names = ("bay1.curtain_clear", "bay1.presence", "bay1.person_inside")
        clear, present, person = (sensors.on(name) for name in names)
        return clear, present, person, sensors.number("bay1.weight_kg")

    assert seen() == (False, True, True, 0)
    plant.advance(start_s + 3.0)
    assert seen() == (False, True, True, 1200)
    plant.advance(start_s + 6.0)
    assert seen() == (True, True, True, 2000)
    assert plant.sensors.number("bay1.length_mm") == 4600
    plant.people.person_leaves(1)
    plant.advance(start_s + 7.0)
    assert seen() == (True, True, False, 2000)
    plant.people.person_enters(1)
    plant.advance(start_s + 8.0)
    plant.people.car_drives_out(1)
    plant.advance(start_s + 11.0)
    assert seen() == (False, True, True, 800)
    plant.advance(start_s + 14.0)
    assert seen() == (True, False, False, 0)
    assert plant.where_is("C") == OUTSIDE


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (lambda plant: plant.people.person_enters(1), "outer door is closed"),
        (lambda plant: plant.people.person_leaves(1), "outer door is closed"),
        (lambda plant: plant.people.car_drives_in(1, Car("C")), "expected open"),
        (lambda plant: plant.people.car_drives_out(1), "expected open"),
        (lambda plant: plant.people.found_inside(1), "nobody is inside"),
        (lambda plant: plant.people.person_clears_curtain(1), "nobody stands in its curtain"),
    ],
)
def test_what_nobody_could_do_with_the_door_closed(
    what: Callable[[Plant], None], reason: str
) -> None:
    with pytest.raises(ImpossibleError, match=reason):
        what(new_plant())


def test_what_nobody_could_do_with_the_door_open() -> None:
    plant = new_plant()
    open_outer(plant)
    with pytest.raises(ImpossibleError, match="nobody is inside who could walk"):
        plant.people.person_leaves(1)
    with pytest.raises(ImpossibleError, match="no car stands"):
        plant.people.car_drives_out(1)
    with pytest.raises(ImpossibleError, match="is in the tower already"):
        plant.people.car_drives_in(1, Car("A"))
    plant.people.car_drives_in(1, Car("C"))
    plant.people.person_leaves(1)
    with pytest.raises(ImpossibleError, match="nobody is inside who could walk"):
        plant.people.person_leaves(1)
    with pytest.raises(ImpossibleError, match="stands where D wants"):
        plant.people.car_drives_in(1, Car("D"))
    plant.advance(plant.now_s + 6.0)
    with pytest.raises(ImpossibleError, match="nobody is inside who could drive"):
        plant.people.car_drives_out(1)


def test_sensors_can_be_made_to_lie_and_be_healed() -> None:
    plant = new_plant()
    plant.sensors.override("bay1.presence", True)
    plant.sensors.override("lift1.load_kg", 900)
    assert plant.sensors.on("bay1.presence")
    assert plant.sensors.number("lift1.load_kg") == 900
    assert plant.sensors.overridden == {"bay1.presence": True, "lift1.load_kg": 900}
    plant.sensors.heal("bay1.presence")
    assert not plant.sensors.on("bay1.presence")
    plant.sensors.heal()
    assert plant.sensors.number("lift1.load_kg") == 0
    with pytest.raises(UnknownSensorError, match=r"bay9\.presence"):
        plant.sensors.override("bay9.presence", True)


def test_the_first_cars_stand_in_slots_that_exist_once_each() -> None:
    with pytest.raises(ValueError, match="slot 99"):
        Plant(SITE, cars={99: Car("A")})
    with pytest.raises(ValueError, match="in another one"):
        Plant(SITE, cars={1: Car("A"), 2: Car("A")})


def test_a_stuck_contact_can_feign_an_emergency_stop_and_hide_none() -> None:
    """Seed 670691562: one that hid the stop let a lift move under a pressed button."""
    plant = new_plant()
    pressed: dict[str, Callable[[], None]] = {
        "tower.estop_ok": plant.press_estop,
        "lift1.estop_ok": lambda: plant.press_lift_estop(1),
        "bay1.estop_ok": lambda: plant.people.press_bay_estop(1),
    }
    for name, press in pressed.items():
        plant.sensors.override(name, 0)
        assert not plant.sensors.on(name), name
        plant.sensors.override(name, 1)
        assert plant.sensors.on(name), name
        press()
        assert not plant.sensors.on(name), name
