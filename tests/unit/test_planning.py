"""Which car moves next: customers first, nothing starves, and nothing impossible is chosen."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planning_sites import car, customer, one_lift, store, two_lifts
from vendtower.domain.errors import InvariantBroken
from vendtower.domain.job import Verb
from vendtower.domain.moves import LeftReason, Situation, Urgency, Wish, free_bays, verb_between
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.planning import choose
from vendtower.domain.site import Site
from vendtower.domain.travel_time import LiftPose

HOME = LiftPose(0, 0)
ONE = Situation({1: HOME})


def chosen(site: Site, situation: Situation, *wishes: Wish) -> tuple[str, str, int] | None:
    """Car, destination and lift of the choice."""
    move = choose(site, wishes, situation).move
    return None if move is None else (move.vin, str(move.destination), move.lift)


def left(site: Site, situation: Situation, wish: Wish) -> LeftReason:
    choice = choose(site, [wish], situation)
    assert choice.move is None
    return choice.left[wish.vin]


def test_the_shorter_of_two_equal_wishes_is_first() -> None:
    near, far = customer("B", slot=7, bay=1), customer("A", slot=38, bay=2)
    choice = choose(one_lift(), [far, near], ONE)
    assert choice.move is not None
    assert (choice.move.vin, choice.move.verb) == ("B", Verb.FETCH)
    assert choice.left == {"A": LeftReason.OTHER_FIRST}


def test_age_outweighs_distance() -> None:
    near, far = customer("B", slot=7, bay=1), customer("A", slot=38, bay=2, waiting_s=120)
    assert chosen(one_lift(), ONE, far, near) == ("A", "bay 2", 1)


def test_customers_are_first_while_bays_are_free() -> None:
    site = one_lift()
    situation = replace(ONE, occupied=frozenset({Bay(2)}))
    assert free_bays(site, situation) == 1
    wishes = customer("A", slot=38, bay=1), store("B", bay=2)
    assert chosen(site, situation, *wishes) == ("A", "bay 1", 1)


def test_stores_weigh_more_as_bays_run_out() -> None:
    # Moving the customer's car within the tower needs no bay, so both could be done.
    site, aside = one_lift(), replace(customer("A", slot=20, bay=1), destination=Slot(19))
    both = replace(ONE, occupied=frozenset({Bay(1), Bay(2)}))
    assert chosen(site, both, aside, store("B", bay=2)) == ("B", "slot 1", 1)
    one = replace(ONE, occupied=frozenset({Bay(2)}))
    assert chosen(site, one, aside, store("B", bay=2)) == ("A", "slot 19", 1)


def test_a_store_that_frees_the_customers_bay_counts_as_the_customer() -> None:
    site = one_lift()
    situation = replace(ONE, occupied=frozenset({Bay(1), Slot(9), Slot(20)}))
    waiting = customer("A", slot=9, bay=1, waiting_s=600)
    other = customer("C", slot=20, bay=2, waiting_s=100)
    choice = choose(site, [waiting, other, store("B", bay=1)], situation)
    assert choice.move is not None
    assert (choice.move.vin, choice.move.verb) == ("B", Verb.STORE)
    assert choice.left["A"] is LeftReason.DESTINATION_OCCUPIED


def test_a_car_goes_to_the_nearest_slot_it_fits_into() -> None:
    site = one_lift()
    assert chosen(site, ONE, store("A", bay=1)) == ("A", "slot 7", 1)
    # Only slots 1 to 6 are high enough for it.
    assert chosen(site, ONE, store("A", bay=1, height_mm=1900)) == ("A", "slot 1", 1)
    nearest_taken = replace(ONE, occupied=frozenset({Slot(7)}), blocked=frozenset({Slot(1)}))
    assert chosen(site, nearest_taken, store("A", bay=1)) == ("A", "slot 8", 1)


def test_ties_go_to_the_lower_vin_whatever_the_order() -> None:
    wishes = [customer(vin, slot=20, bay=1) for vin in ("C", "A", "B")]
    for order in (wishes, wishes[::-1]):
        assert chosen(one_lift(), ONE, *order) == ("A", "bay 1", 1)


def test_why_a_wish_is_left() -> None:
    site, wish = one_lift(), customer("A", slot=9, bay=1)
    assert left(site, Situation({}), wish) is LeftReason.NO_LIFT_FREE
    blocked = frozenset
    for place, reason in (
        (Slot(9), LeftReason.SOURCE_BLOCKED),
        (Bay(1), LeftReason.DESTINATION_BLOCKED),
        (OnLift(1), LeftReason.NO_LIFT_FREE),
    ):
        assert left(site, replace(ONE, blocked=blocked({place})), wish) is reason
    assert left(site, replace(ONE, occupied=blocked({Bay(1)})), wish) is (
        LeftReason.DESTINATION_OCCUPIED
    )
    assert left(site, replace(ONE, occupied=blocked({OnLift(1)})), wish) is LeftReason.LIFT_LOADED
    assert left(site, replace(ONE, moving=frozenset({"A"})), wish) is LeftReason.ALREADY_MOVING
    high = replace(wish, vehicle=car("A", height_mm=2100))
    assert left(site, ONE, high) is LeftReason.CAR_TOO_LARGE
    assert left(site, ONE, store("A", bay=1, height_mm=2100)) is LeftReason.NO_SLOT_FREE
    into_low = replace(store("A", bay=1, height_mm=1900), destination=Slot(9))
    assert left(site, ONE, into_low) is LeftReason.CAR_TOO_LARGE
    for source, destination in ((Bay(1), Bay(2)), (Slot(9), Slot(9))):
        way = replace(wish, source=source, destination=destination)
        assert left(site, ONE, way) is LeftReason.NO_SUCH_WAY


def test_lifts_reach_their_own_levels_and_bays() -> None:
    site = two_lifts()
    both = Situation({1: HOME, 2: HOME})
    assert chosen(site, both, customer("A", slot=9, bay=1)) == ("A", "bay 1", 1)
    assert chosen(site, both, customer("A", slot=30, bay=1)) == ("A", "bay 1", 2)
    assert left(site, both, customer("A", slot=9, bay=2)) is LeftReason.NO_LIFT_REACHES
    assert left(site, Situation({1: HOME}), customer("A", slot=30, bay=1)) is (
        LeftReason.NO_LIFT_FREE
    )


def test_a_car_on_a_lift_is_brought_on_by_that_lift() -> None:
    site = two_lifts()
    both = Situation({1: HOME, 2: HOME}, occupied=frozenset({OnLift(2)}))
    on_lift = Wish(car("A"), OnLift(2), Bay(2), 0, Urgency.CUSTOMER)
    assert chosen(site, both, on_lift) == ("A", "bay 2", 2)
    storing = replace(on_lift, destination=None, urgency=Urgency.STORE)
    assert chosen(site, both, storing) == ("A", "slot 1", 2)


def test_lifts_of_one_shaft_take_turns() -> None:
    wishes = customer("A", slot=9, bay=1), customer("B", slot=30, bay=2)
    situation = Situation({1: HOME, 2: HOME})
    for one_shaft, reason in ((True, LeftReason.SHAFT_BUSY), (False, None)):
        site = two_lifts(one_shaft=one_shaft)
        first = choose(site, wishes, situation).move
        assert first is not None
        second = choose(site, wishes, situation.after(first))
        (other,) = {"A", "B"} - {first.vin}
        assert second.left.get(other) is reason


def test_two_lifts_never_go_for_one_car() -> None:
    site, wish = two_lifts(), store("A", bay=1)
    situation = Situation({1: HOME, 2: HOME})
    first = choose(site, [wish], situation).move
    assert first is not None
    assert left(site, situation.after(first), wish) is LeftReason.ALREADY_MOVING


def test_two_wishes_for_one_car_are_a_broken_rule() -> None:
    with pytest.raises(InvariantBroken, match="two wishes for one car"):
        choose(one_lift(), [customer("A", slot=9, bay=1), store("A", bay=1)], ONE)


@pytest.mark.parametrize(
    ("source", "destination", "verb"),
    [
        (Slot(1), Bay(1), Verb.FETCH),
        (OnLift(1), Bay(1), Verb.FETCH),
        (Bay(1), Slot(1), Verb.STORE),
        (OnLift(1), Slot(1), Verb.STORE),
        (Slot(1), Slot(2), Verb.MOVE),
        (Slot(1), Slot(1), None),
        (Bay(1), Bay(2), None),
    ],
)
def test_verbs(source: Place, destination: Slot | Bay, verb: Verb | None) -> None:
    assert verb_between(source, destination) is verb


slots = st.integers(1, 42).map(Slot)
bays = st.integers(1, 2).map(Bay)
lifts = st.integers(1, 2).map(OnLift)
places: st.SearchStrategy[Place] = st.one_of(slots, bays, lifts)
poses = st.builds(LiftPose, st.floats(0, 9600), st.floats(0, 359))


@st.composite
def wish_lists(draw: st.DrawFn) -> list[Wish]:
    sources = draw(st.lists(places, max_size=8, unique=True))
    return [
        Wish(
            car(f"VIN{nth}", height_mm=draw(st.sampled_from([1500, 1900, 2100]))),
            source,
            draw(st.none() | bays | slots),
            draw(st.floats(0, 3600)),
            draw(st.sampled_from(Urgency)),
        )
        for nth, source in enumerate(sources)
    ]


situations = st.builds(
    Situation,
    st.dictionaries(st.integers(1, 2), poses),
    occupied=st.frozensets(places, max_size=20),
    blocked=st.frozensets(places, max_size=8),
)


@settings(max_examples=150, deadline=None)
@given(wish_lists(), situations, st.booleans())
def test_nothing_impossible_is_ever_chosen(
    wishes: list[Wish], situation: Situation, one_shaft: bool
) -> None:
    site = two_lifts(one_shaft=one_shaft)
    full = replace(situation, occupied=situation.occupied | {wish.source for wish in wishes})
    by_vin = {wish.vin: wish for wish in wishes}
    lifts_used, ends = set[int](), set[Place]()
    while True:
        choice = choose(site, wishes, full)
        assert choice == choose(site, wishes[::-1], full)
        assert len(choice.left) == len(wishes) - (choice.move is not None)
        move = choice.move
        if move is None:
            break
        wish, lift = by_vin[move.vin], site.lift(move.lift)
        assert move.lift in full.free_lifts
        assert move.lift not in lifts_used
        assert not (one_shaft and lifts_used)
        assert move.destination not in full.occupied | full.blocked | ends
        assert not {move.source, OnLift(move.lift)} & full.blocked
        assert move.source == wish.source
        assert wish.destination in (None, move.destination)
        assert OnLift(move.lift) not in full.occupied or move.source == OnLift(move.lift)
        if isinstance(move.destination, Slot):
            end = site.slot(move.destination.number)
            assert end.level in lift.serves_levels
            assert end.limits.admits(wish.vehicle)
        else:
            assert move.destination.number in lift.serves_bays
        lifts_used.add(move.lift)
        ends.add(move.destination)
        full = full.after(move)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 42), st.sampled_from(Urgency), st.lists(st.integers(1, 42), min_size=1))
def test_nothing_waits_for_ever(slot: int, urgency: Urgency, rivals: list[int]) -> None:
    """However many near and urgent wishes come anew each time, an old one gets its turn."""
    site = one_lift()
    for turn in range(200):
        old = Wish(car("OLD"), Slot(slot), Bay(1), 40.0 * turn, urgency)
        new = [customer(f"N{nth}", rival, 2) for nth, rival in enumerate(rivals) if rival != slot]
        move = choose(site, [old, *new], ONE).move
        assert move is not None
        if move.vin == "OLD":
            return
    pytest.fail("the old wish was never chosen")
