"""Planning for one to four lifts: what must hold in every situation, and who is sent where."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.two_lifts_site import several_lifts
from tests.unit.planning_sites import car, customer, store
from vendtower.domain.job import Verb
from vendtower.domain.moves import LeftReason, Move, Situation, Urgency, Wish, reaches, verb_between
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.planning import choose
from vendtower.domain.site import Site
from vendtower.domain.travel_time import LiftPose

HOME = LiftPose(0, 0)
TWO = several_lifts(2)
"""Lift 1: levels 1 to 6, bays 1 to 3. Lift 2: levels 1, 3 to 8, bays 2 to 4."""
BOTH = Situation({1: HOME, 2: HOME})


def chosen(site: Site, situation: Situation, *wishes: Wish) -> tuple[str, str, int] | None:
    move = choose(site, wishes, situation).move
    return None if move is None else (move.vin, str(move.destination), move.lift)


def left(site: Site, situation: Situation, wish: Wish) -> LeftReason:
    choice = choose(site, [wish], situation)
    assert choice.move is None
    return choice.left[wish.vin]


def slot_on(site: Site, level: int, nth: int = 0) -> int:
    return [slot.number for slot in site.slots.values() if slot.level == level][nth]


def test_the_lift_that_is_done_first_goes_and_the_other_one_when_it_is_busy() -> None:
    slot = slot_on(TWO, 5)
    there = LiftPose(TWO.level(5).height_mm, TWO.slot(slot).angle_deg)
    wish = customer("A", slot, bay=2)
    for near, far in ((1, 2), (2, 1)):
        situation = Situation({near: there, far: HOME})
        assert chosen(TWO, situation, wish) == ("A", "bay 2", near)
        busy = Situation({far: HOME}, busy_lifts=frozenset({near}))
        assert chosen(TWO, busy, wish) == ("A", "bay 2", far)


def test_a_car_is_stored_where_most_bays_are_reached() -> None:
    """From level 2 only bays 1 to 3 are reached; from the levels that both lifts serve, all."""
    occupied = frozenset(Slot(slot.number) for slot in TWO.slots.values() if slot.level == 1)
    move = choose(TWO, [store("A", bay=1)], replace(BOTH, occupied=occupied)).move
    assert move is not None
    assert move.lift == 1
    level = TWO.slot(move.destination.number).level
    assert level in {3, 4, 5, 6}
    only_level_2 = occupied | {
        Slot(slot.number) for slot in TWO.slots.values() if slot.level not in {1, 2}
    }
    move = choose(TWO, [store("A", bay=1)], replace(BOTH, occupied=only_level_2)).move
    assert move is not None
    assert TWO.slot(move.destination.number).level == 2


def test_a_car_that_only_a_lift_out_of_service_reaches_is_left_and_says_so() -> None:
    out = replace(BOTH, out_of_service=frozenset({OnLift(2)}))
    wish = customer("A", slot_on(TWO, 8), bay=4)
    assert left(TWO, out, wish) is LeftReason.LIFT_OUT_OF_SERVICE
    shared = customer("A", slot_on(TWO, 3), bay=2)
    assert chosen(TWO, out, shared) == ("A", "bay 2", 1)
    assert left(TWO, BOTH, customer("A", slot_on(TWO, 8), bay=1)) is LeftReason.NO_LIFT_REACHES


def test_places_out_of_service_are_left_alone() -> None:
    slot = slot_on(TWO, 3)
    wish = customer("A", slot, bay=2)
    out = replace(BOTH, out_of_service=frozenset({Slot(slot)}))
    assert left(TWO, out, wish) is LeftReason.SOURCE_OUT_OF_SERVICE
    out = replace(BOTH, out_of_service=frozenset({Bay(2)}))
    assert left(TWO, out, wish) is LeftReason.DESTINATION_OUT_OF_SERVICE
    assert left(TWO, out, store("A", bay=2)) is LeftReason.SOURCE_OUT_OF_SERVICE
    every_slot = frozenset(Slot(number) for number in TWO.slots)
    assert left(TWO, replace(BOTH, out_of_service=every_slot), store("A", bay=1)) is (
        LeftReason.NO_SLOT_FREE
    )


@pytest.mark.parametrize("destination", [None, Bay(4)])
def test_a_lift_out_of_service_brings_away_what_it_carries(destination: Bay | None) -> None:
    out = replace(BOTH, out_of_service=frozenset({OnLift(2)}), occupied=frozenset({OnLift(2)}))
    aboard = Wish(car("A"), OnLift(2), destination, 0.0, Urgency.STORE)
    move = choose(TWO, [aboard], out).move
    assert move is not None
    assert (move.lift, move.verb) == (2, Verb.STORE if destination is None else Verb.FETCH)


def test_reduced_power_leaves_the_second_lift_standing() -> None:
    wishes = [customer("A", slot_on(TWO, 2), bay=1), customer("B", slot_on(TWO, 8), bay=4)]
    one = replace(BOTH, moving_lifts_max=1)
    first = choose(TWO, wishes, one).move
    assert first is not None
    second = choose(TWO, [w for w in wishes if w.vin != first.vin], one.after(first))
    assert second.move is None
    assert set(second.left.values()) == {LeftReason.POWER_REDUCED}
    assert choose(TWO, wishes, replace(one, moving_lifts_max=2).after(first)).move is not None


def test_cars_in_each_others_bay_come_apart() -> None:
    """Two wishes, each in need of the bay that the other one's car stands in."""
    where: dict[str, Place] = {"A": Bay(2), "B": Bay(3)}
    wanted: dict[str, Bay] = {"A": Bay(3), "B": Bay(2)}
    jobs = 0
    while where != wanted:
        wishes = [
            Wish(car(vin), place, None, 0.0, Urgency.STORE)
            if isinstance(place, Bay)
            else Wish(car(vin), place, wanted[vin], 0.0, Urgency.CUSTOMER)
            for vin, place in where.items()
            if place != wanted[vin]
        ]
        situation = replace(BOTH, occupied=frozenset(where.values()))
        begun: list[Move] = []
        while (move := choose(TWO, wishes, situation).move) is not None:
            situation = situation.after(move)
            begun.append(move)
        assert begun, f"nobody moves, with {where}"
        where |= {move.vin: move.destination for move in begun}
        jobs += len(begun)
        assert jobs <= 6
    assert jobs == 4


SITES = {
    (lifts, shafts): several_lifts(lifts, shafts=shafts)
    for lifts, shafts in ((1, 1), (2, 2), (2, 1), (3, 2), (4, 4), (4, 2), (4, 1))
}
numbers = st.integers(1, 92)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Site, list[Wish], Situation]:
    site = SITES[draw(st.sampled_from(sorted(SITES)))]
    lifts = [lift.number for lift in site.lifts]
    places: list[Place] = [*map(Slot, draw(st.lists(numbers, unique=True, max_size=12)))]
    places += map(Bay, draw(st.lists(st.integers(1, 4), unique=True, max_size=4)))
    places += map(OnLift, draw(st.lists(st.sampled_from(lifts), unique=True, max_size=2)))
    wishes = []
    for at, place in enumerate(places):
        goal: Bay | Slot | None = draw(
            st.none() | st.builds(Bay, st.integers(1, 4)) | st.builds(Slot, numbers)
        )
        if isinstance(place, Slot) and goal is None:
            goal = Bay(1)
        weight_kg = draw(st.sampled_from((1200, 1800, 2200)))
        age_s = draw(st.sampled_from((0.0, 60.0, 600.0)))
        urgency = Urgency.CUSTOMER if isinstance(goal, Bay) else Urgency.STORE
        wishes.append(Wish(car(f"V{at}", weight_kg=weight_kg), place, goal, age_s, urgency))

    def some() -> frozenset[Place]:
        return frozenset(draw(st.lists(st.sampled_from([*places, Bay(1), OnLift(1)]), max_size=3)))

    busy = frozenset(draw(st.lists(st.sampled_from(lifts), max_size=2)))
    poses = st.builds(LiftPose, st.integers(0, 16_800), st.integers(0, 359))
    free = {lift: draw(poses) for lift in lifts if lift not in busy}
    return (
        site,
        wishes,
        Situation(
            free,
            busy,
            frozenset(places) | some(),
            some(),
            out_of_service=some(),
            moving_lifts_max=draw(st.none() | st.integers(1, 4)),
        ),
    )


@settings(max_examples=300, deadline=None)
@given(situations())
def test_whatever_the_situation_no_two_moves_get_in_each_others_way(
    drawn: tuple[Site, list[Wish], Situation],
) -> None:
    site, wishes, before = drawn
    by_vin = {wish.vin: wish for wish in wishes}
    situation, begun = before, list[Move]()
    while (choice := choose(site, wishes, situation)).move is not None:
        move = choice.move
        check(site, by_vin[move.vin], move, situation)
        situation = situation.after(move)
        begun.append(move)
        assert len(begun) <= len(site.lifts)
    assert set(choice.left) == set(by_vin)
    for one, other in combinations(begun, 2):
        assert one.lift != other.lift
        assert one.vin != other.vin
        assert one.destination != other.destination
        assert site.lift(one.lift).shaft != site.lift(other.lift).shaft
    if before.moving_lifts_max is not None and begun:
        assert len(before.busy_lifts) + len(begun) <= before.moving_lifts_max


def check(site: Site, wish: Wish, move: Move, situation: Situation) -> None:
    """One move beside everything that it was chosen on."""
    lift, end = site.lift(move.lift), move.destination
    assert move.lift in situation.free_lifts
    assert lift.shaft not in {site.lift(busy).shaft for busy in situation.busy_lifts}
    assert not {wish.source, end, OnLift(move.lift)} & situation.blocked
    assert end not in situation.occupied
    out = {end, OnLift(move.lift), wish.source} & situation.out_of_service
    assert out <= {OnLift(move.lift)}
    if out:
        assert wish.source == OnLift(move.lift)
    assert wish.vehicle.weight_kg <= lift.load_kg_max
    assert move.verb is verb_between(wish.source, end)
    assert wish.destination in {None, end}
    for place in (wish.source, end):
        if isinstance(place, Slot):
            assert reaches(lift, site.slot(place.number))
        elif isinstance(place, Bay):
            assert reaches(lift, site.bay(place.number))
        else:
            assert place == OnLift(move.lift)
