"""Travel times follow the trapezoid, and a job is the sum of its parts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.planning_sites import one_lift
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import NotInSite
from vendtower.domain.travel_time import (
    LiftPose,
    NoSuchJob,
    farthest_travel_s,
    job_deadline_s,
    job_duration_s,
    park_pose,
    pose_at,
    transfer_s,
    trapezoid_s,
    travel_s,
    turn_between_deg,
)

SITE = one_lift()
LIFT = SITE.lift(1)
HOME = LiftPose(0, 0)

distances = st.floats(0, 1e5, allow_subnormal=False)
rates = st.floats(0.1, 1e4)
angles = st.floats(0, 360)
poses = st.builds(LiftPose, st.floats(0, 9600), angles)
slots = st.sampled_from([Slot(number) for number in SITE.slots])
bays = st.sampled_from([Bay(1), Bay(2)])


def test_the_formula_by_hand() -> None:
    # 2 m at 1 m/s and 0.5 m/s2 just reaches its speed: 2 s up, 2 s down.
    assert trapezoid_s(2000, 1000, 500) == 4.0
    assert trapezoid_s(9600, 1000, 500) == pytest.approx(9.6 + 2.0)
    assert trapezoid_s(500, 1000, 500) == pytest.approx(2.0)
    assert trapezoid_s(0, 1000, 500) == 0.0


@given(distances, distances, rates, rates)
def test_farther_is_never_quicker(one: float, two: float, speed: float, rate: float) -> None:
    near, far = sorted((one, two))
    assert trapezoid_s(near, speed, rate) <= trapezoid_s(far, speed, rate) * (1 + 1e-12)
    assert trapezoid_s(-far, speed, rate) == trapezoid_s(far, speed, rate)


@given(distances, rates, rates)
def test_limits_of_the_formula(distance: float, speed: float, rate: float) -> None:
    seconds = trapezoid_s(distance, speed, rate)
    assert seconds >= distance / speed
    assert seconds >= 2 * math.sqrt(distance / rate) * (1 - 1e-9)
    assert seconds <= distance / speed + max(speed / rate, 2 * math.sqrt(distance / rate))


@given(angles, angles)
def test_the_turntable_takes_the_shorter_way(one: float, two: float) -> None:
    turn = turn_between_deg(one, two)
    assert 0 <= turn <= 180
    assert turn == turn_between_deg(two, one)
    assert math.cos(math.radians(turn)) == pytest.approx(math.cos(math.radians(one - two)))


@pytest.mark.parametrize(
    ("start", "end", "turn"), [(350, 10, 20), (0, 180, 180), (0, 181, 179), (90, 90, 0)]
)
def test_turns_by_hand(start: float, end: float, turn: float) -> None:
    assert turn_between_deg(start, end) == turn


@given(poses, poses)
def test_travel_is_symmetric_and_bounded(one: LiftPose, two: LiftPose) -> None:
    assert travel_s(LIFT, one, two) == travel_s(LIFT, two, one)
    assert 0 <= travel_s(LIFT, one, two) <= farthest_travel_s(SITE, LIFT)
    assert travel_s(LIFT, one, one) == 0


def test_the_longer_axis_counts() -> None:
    assert travel_s(LIFT, HOME, LiftPose(9600, 1)) == pytest.approx(11.6)
    assert travel_s(LIFT, HOME, LiftPose(1, 180)) == pytest.approx(180 / 20 + 20 / 10)


def test_a_fetch_is_the_sum_of_its_parts() -> None:
    # Slot 42 is on level 5 (9.6 m) at 320 degrees; the stroke is 5.6 m at 0.8 m/s, 0.4 m/s2.
    stroke_s = 5.6 / 0.8 + 0.8 / 0.4
    to_slot_s = 9.6 / 1.0 + 1.0 / 0.5
    to_bay_s = 11.6
    expected_s = to_slot_s + (2 * stroke_s + 2.0) + to_bay_s + (2 * stroke_s + 2.0 + 2 * 4.0)
    fetch_s = job_duration_s(SITE, 1, HOME, Verb.FETCH, source=Slot(42), destination=Bay(1))
    assert fetch_s == pytest.approx(expected_s)
    assert transfer_s(LIFT, SITE.slot(42)) == pytest.approx(2 * stroke_s + 2.0)


@given(poses, slots, bays)
def test_fetch_and_store_have_the_same_parts(pose: LiftPose, slot: Slot, bay: Bay) -> None:
    fetch_s = job_duration_s(SITE, 1, pose, Verb.FETCH, source=slot, destination=bay)
    store_s = job_duration_s(SITE, 1, pose, Verb.STORE, source=bay, destination=slot)
    empty_to_slot_s = travel_s(LIFT, pose, pose_at(SITE, SITE.slot(slot.number)))
    empty_to_bay_s = travel_s(LIFT, pose, pose_at(SITE, SITE.bay(bay.number)))
    assert fetch_s - empty_to_slot_s == pytest.approx(store_s - empty_to_bay_s)


@given(poses, slots, bays)
def test_without_a_pose_the_farthest_travel_is_assumed(
    pose: LiftPose, slot: Slot, bay: Bay
) -> None:
    known_s = job_duration_s(SITE, 1, pose, Verb.FETCH, source=slot, destination=bay)
    assert known_s <= job_duration_s(SITE, 1, None, Verb.FETCH, source=slot, destination=bay)


@given(poses, slots)
def test_a_car_on_the_lift_needs_no_picking(pose: LiftPose, slot: Slot) -> None:
    seconds = job_duration_s(SITE, 1, pose, Verb.STORE, source=OnLift(1), destination=slot)
    spec = SITE.slot(slot.number)
    assert seconds == travel_s(LIFT, pose, pose_at(SITE, spec)) + transfer_s(LIFT, spec)


def test_parking_and_homing() -> None:
    away = LiftPose(9600, 180)
    assert park_pose(SITE, LIFT) == HOME
    park_s = job_duration_s(SITE, 1, away, Verb.PARK, source=None, destination=None)
    assert park_s == pytest.approx(11.6)
    assert job_duration_s(SITE, 1, HOME, Verb.PARK, source=None, destination=None) == 0
    home_s = job_duration_s(SITE, 1, away, Verb.HOME, source=None, destination=None)
    assert home_s > park_s + 2 * 4.0 + 9.0


@pytest.mark.parametrize("verb", [Verb.OPEN_OUTER_DOOR, Verb.CLOSE_OUTER_DOOR])
def test_doors_take_their_travel(verb: Verb) -> None:
    assert job_duration_s(SITE, None, None, verb, source=None, destination=Bay(2)) == 6.0


def test_the_deadline_has_factor_and_margin() -> None:
    assert job_deadline_s(40.0, SITE.policies) == 40.0 * 1.5 + 10.0


@pytest.mark.parametrize(
    ("verb", "lift", "source", "destination", "message"),
    [
        (Verb.FETCH, None, Slot(1), Bay(1), "fetch: no lift given"),
        (Verb.FETCH, 1, None, Bay(1), "source not given, expected a slot or a bay"),
        (Verb.FETCH, 1, Slot(1), None, "destination not given"),
        (Verb.STORE, 1, OnLift(2), Slot(1), "lift 1: source lift 2, expected its own load"),
        (Verb.STORE, 1, Bay(1), OnLift(1), "destination lift 1, expected a slot or a bay"),
        (Verb.OPEN_OUTER_DOOR, None, None, Slot(1), "destination slot 1, expected a bay"),
        (Verb.PARK, None, None, None, "park: no lift given"),
    ],
)
def test_what_does_not_go_together(
    verb: Verb, lift: int | None, source: Place | None, destination: Place | None, message: str
) -> None:
    with pytest.raises(NoSuchJob, match=message):
        job_duration_s(SITE, lift, HOME, verb, source=source, destination=destination)


def test_places_that_the_tower_does_not_have() -> None:
    with pytest.raises(NotInSite, match="slot 77"):
        job_duration_s(SITE, 1, HOME, Verb.FETCH, source=Slot(77), destination=Bay(1))
