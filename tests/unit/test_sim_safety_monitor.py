"""The safety monitor sees what must never be, and says nothing of what may."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.car import Car
from hardware_sim.plant.plant import Plant
from hardware_sim.safety_monitor import SafetyMonitor
from tests.fast_site import fast_site
from tests.two_lifts_site import simulated_one_shaft

SITE = fast_site(1.0)


def at_bay_1_with_inner_open(plant: Plant) -> None:
    plant.travel_door(1, "inner", opening=True)
    plant.advance(plant.now_s + 10.0)


def both_doors(plant: Plant) -> None:
    at_bay_1_with_inner_open(plant)
    plant.travel_door(1, "outer", opening=True)


def travel_with_door_open(plant: Plant) -> None:
    at_bay_1_with_inner_open(plant)
    plant.move_axis(1, AxisName.HOIST, 2400.0)


def travel_with_shuttle_out(plant: Plant) -> None:
    at_bay_1_with_inner_open(plant)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)
    plant.move_axis(1, AxisName.HOIST, 2400.0)


def reach_nowhere(plant: Plant) -> None:
    plant.move_axis(1, AxisName.HOIST, 1000.0)
    plant.advance(plant.now_s + 10.0)
    plant.move_axis(1, AxisName.SHUTTLE, 100.0)


def shuttle_against_door(plant: Plant) -> None:
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)


def door_onto_empty_shaft(plant: Plant) -> None:
    plant.travel_door(2, "inner", opening=True)


def estop_ignored(plant: Plant) -> None:
    plant.move_axis(1, AxisName.HOIST, 9600.0)
    plant.press_estop()
    plant.advance(plant.now_s + 10.0)


def person_ignored(plant: Plant) -> None:
    at_bay_1_with_inner_open(plant)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)
    plant.people.hide_inside(1)
    plant.advance(plant.now_s + 10.0)


def closes_on_somebody(plant: Plant) -> None:
    plant.travel_door(1, "outer", opening=True)
    plant.advance(plant.now_s + 10.0)
    plant.people.person_blocks_curtain(1)
    plant.travel_door(1, "outer", opening=False)
    plant.advance(plant.now_s + 10.0)


def car_vanishes(plant: Plant) -> None:
    plant.slots[7] = None
    plant.happened()


def car_doubles(plant: Plant) -> None:
    plant.slots[8] = plant.slots[7]
    plant.happened()


def car_into_car(plant: Plant) -> None:
    plant.lifts[1].car = Car("C")
    plant.move_axis(1, AxisName.HOIST, 2400.0)
    plant.advance(plant.now_s + 10.0)
    plant.move_axis(1, AxisName.SHUTTLE, 5600.0)
    plant.advance(plant.now_s + 20.0)
    plant.release(1)
    plant.advance(plant.now_s + 10.0)


@pytest.mark.parametrize(
    ("crime", "rule"),
    [
        (both_doors, "inner and outer door both open"),
        (travel_with_door_open, "motion with a door open toward it"),
        (travel_with_shuttle_out, "lift travels with its shuttle out"),
        (reach_nowhere, "shuttle reaches where no place is"),
        (shuttle_against_door, "shuttle and door meet"),
        (door_onto_empty_shaft, "inner door open without a lift behind it"),
        (estop_ignored, "motion with emergency stop pressed"),
        (person_ignored, "motion with a person inside"),
        (closes_on_somebody, "outer door closes on somebody"),
        (car_vanishes, "car vanished"),
        (car_doubles, "car doubled"),
        (car_into_car, "one car per place"),
    ],
)
def test_each_rule_is_watched(crime: Callable[[Plant], None], rule: str) -> None:
    plant = Plant(SITE, cars={7: Car("A")})
    monitor = SafetyMonitor(plant)
    crime(plant)
    assert rule in {violation.rule for violation in monitor.violations}


def test_two_lifts_that_move_in_one_shaft_are_seen() -> None:
    plant = Plant(simulated_one_shaft(1.0))
    monitor = SafetyMonitor(plant)
    plant.move_axis(1, AxisName.HOIST, 2400.0)
    assert monitor.violations == []
    plant.move_axis(2, AxisName.HOIST, 4800.0)
    assert [each.rule for each in monitor.violations] == ["two lifts move in one shaft"]


def test_two_shuttles_in_one_place_are_seen() -> None:
    """Level 3 is served by both lifts of the example tower."""
    plant = Plant(simulated_one_shaft(1.0))
    monitor = SafetyMonitor(plant)
    for number in (1, 2):
        plant.move_axis(number, AxisName.HOIST, 4800.0)
        plant.move_axis(number, AxisName.TURNTABLE, 30.0)
        plant.advance(plant.now_s + 60.0)
        plant.move_axis(number, AxisName.SHUTTLE, 5600.0)
        plant.advance(plant.now_s + 60.0)
    assert "two shuttles in one place" in {each.rule for each in monitor.violations}


def test_a_stop_in_time_is_no_violation() -> None:
    plant = Plant(SITE, cars={7: Car("A")})
    monitor = SafetyMonitor(plant)
    plant.move_axis(1, AxisName.HOIST, 9600.0)
    plant.advance(5.0)
    plant.press_estop()
    plant.advance(5.02)
    plant.stop_lift(1)
    plant.advance(60.0)
    assert monitor.violations == []


def test_a_lasting_violation_is_told_once() -> None:
    plant = Plant(SITE)
    monitor = SafetyMonitor(plant)
    both_doors(plant)
    for second in range(5):
        plant.advance(plant.now_s + second)
        plant.happened()
    rules = [violation.rule for violation in monitor.violations]
    assert rules.count("inner and outer door both open") == 1
