"""Motion as formulas: the trapezoid of the literature, and a stop that ends where it must."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sim.plant.axis import Axis, AxisBusyError, AxisName, shorter_turn_deg
from hardware_sim.plant.motion import at_rest, braked, trapezoid, travel_time_s
from hardware_sim.site import AxisKinematics

DISTANCE = st.floats(0.1, 50_000.0)
SPEED = st.floats(1.0, 5_000.0)
ACCELERATION = st.floats(1.0, 5_000.0)


def axis(
    name: AxisName = AxisName.HOIST, speed: float = 1000.0, acceleration: float = 500.0
) -> Axis:
    return Axis(name, AxisKinematics(speed, acceleration), 0.0, 0.0)


def test_a_long_way_is_travelled_at_full_speed() -> None:
    # 9600 mm at 1000 mm/s and 500 mm/s2: 9.6 s of travel and 2 s of ramps.
    assert travel_time_s(9600, 1000, 500) == pytest.approx(11.6)
    motion = trapezoid(0.0, 9600.0, speed=1000, acceleration=500, at_s=5.0)
    assert motion.end_s == pytest.approx(16.6)
    assert motion.velocity_at(8.0) == pytest.approx(1000.0)
    assert motion.position_at(6.0) == pytest.approx(250.0)


def test_a_short_way_never_reaches_full_speed() -> None:
    assert travel_time_s(500, 1000, 500) == pytest.approx(2.0)
    motion = trapezoid(0.0, 500.0, speed=1000, acceleration=500, at_s=0.0)
    assert motion.velocity_at(1.0) == pytest.approx(500.0)


@given(DISTANCE, SPEED, ACCELERATION, st.sampled_from([1.0, -1.0]))
def test_the_motion_takes_what_the_formula_says(
    distance: float, speed: float, acceleration: float, sign: float
) -> None:
    motion = trapezoid(
        100.0, 100.0 + sign * distance, speed=speed, acceleration=acceleration, at_s=3.0
    )
    assert motion.end_s - 3.0 == pytest.approx(travel_time_s(distance, speed, acceleration))
    assert motion.position_at(motion.end_s) == 100.0 + sign * distance
    assert motion.position_at(3.0) == 100.0
    assert motion.velocity_at(motion.end_s) == 0.0


@given(DISTANCE, SPEED, ACCELERATION, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_position_follows_velocity_and_never_runs_past_its_end(
    distance: float, speed: float, acceleration: float, first: float, second: float
) -> None:
    motion = trapezoid(0.0, distance, speed=speed, acceleration=acceleration, at_s=0.0)
    early, late = sorted((first * motion.end_s, second * motion.end_s))
    assert -1e-6 <= motion.position_at(early) <= motion.position_at(late) + 1e-6
    assert motion.position_at(late) <= distance * (1 + 1e-9)
    assert motion.velocity_at(late) <= speed * (1 + 1e-9)


@given(DISTANCE, SPEED, ACCELERATION, st.floats(0.001, 0.999))
def test_a_controlled_stop_decelerates_to_a_known_position(
    distance: float, speed: float, acceleration: float, share: float
) -> None:
    motion = trapezoid(0.0, distance, speed=speed, acceleration=acceleration, at_s=0.0)
    at_s = share * motion.end_s
    stopped = braked(motion, acceleration=acceleration, at_s=at_s)
    velocity = motion.velocity_at(at_s)
    assert stopped.end_s - at_s == pytest.approx(velocity / acceleration)
    way = velocity**2 / (2 * acceleration)
    assert stopped.target == pytest.approx(motion.position_at(at_s) + way, abs=1e-6)
    assert stopped.target <= distance * (1 + 1e-9) + 1e-6
    assert stopped.velocity_at(stopped.end_s) == 0.0
    assert stopped.position_at(at_s) == pytest.approx(motion.position_at(at_s))


def test_an_axis_at_rest_stays() -> None:
    motion = at_rest(7.0, 3.0)
    assert (motion.position_at(0.0), motion.position_at(99.0), motion.velocity_at(3.0)) == (7, 7, 0)
    assert braked(motion, acceleration=1.0, at_s=5.0).target == 7.0


@given(st.floats(0.0, 360.0), st.floats(0.0, 360.0))
def test_the_turntable_takes_the_shorter_way(start: float, target: float) -> None:
    way = shorter_turn_deg(start, target)
    assert -180.0 <= way <= 180.0
    assert math.isclose((start + way - target + 180.0) % 360.0, 180.0, abs_tol=1e-6)


def test_a_turntable_goes_through_north() -> None:
    turntable = axis(AxisName.TURNTABLE, 20.0, 10.0)
    turntable.move_to(320.0, at_s=0.0)
    assert turntable.velocity(1.0) < 0
    assert turntable.motion.end_s == pytest.approx(travel_time_s(40.0, 20.0, 10.0))
    assert 320.0 < turntable.position(2.0) < 360.0
    assert turntable.position(99.0) == 320.0


def test_a_moving_axis_takes_no_new_target() -> None:
    hoist = axis()
    hoist.move_to(1000.0, at_s=0.0)
    with pytest.raises(AxisBusyError, match="hoist"):
        hoist.move_to(0.0, at_s=0.5)
    hoist.stop(0.5)
    stands_s = hoist.motion.end_s
    hoist.move_to(0.0, at_s=stands_s)
    assert hoist.velocity(stands_s + 0.1) < 0


def test_less_speed_is_asked_as_a_share() -> None:
    hoist = axis()
    hoist.move_to(9600.0, at_s=0.0, speed_share=0.5)
    assert hoist.motion.end_s == pytest.approx(travel_time_s(9600, 500, 500))


def test_a_jammed_axis_stands_until_it_is_freed() -> None:
    hoist = axis()
    hoist.move_to(9600.0, at_s=0.0)
    hoist.jam(3.0)
    stuck_at = hoist.position(3.0)
    assert (hoist.moving(3.1), hoist.position(9.0)) == (False, stuck_at)
    hoist.move_to(9600.0, at_s=9.0)
    assert hoist.position(99.0) == stuck_at
    hoist.free()
    hoist.move_to(9600.0, at_s=100.0)
    assert hoist.position(200.0) == 9600.0
