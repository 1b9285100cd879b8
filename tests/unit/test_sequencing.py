"""The order of one lift's movements, against every order that there is."""

import itertools
import random
import statistics
from dataclasses import replace

import pytest

from tests.unit.planning_sites import car, customer, one_lift
from vendtower.domain.errors import InvariantBroken
from vendtower.domain.moves import Situation, Urgency, Wish
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.planning import choose, shortest_weighted_next
from vendtower.domain.sequencing import Leg, Legs, improved
from vendtower.domain.travel_time import LiftPose


def drawn(chance: random.Random, count: int, *, ties: int = 0) -> Legs:
    """Movements of a tower of some size; the later of each tie has to wait for the one before."""
    legs = [
        Leg(
            chance.choice([1.0, 3.0, 4.0, 8.0]) * (1.0 + chance.uniform(0.0, 300.0) / 120.0),
            chance.uniform(30.0, 70.0),
            frozenset({2 * tie}) if index == 2 * tie + 1 and tie < ties else frozenset(),
        )
        for index in range(count)
        for tie in [index // 2]
    ]
    ways = [[chance.uniform(0.0, 25.0) for _ in range(count)] for _ in range(count + 1)]
    return Legs(legs, ways[0], ways[1:])


def least_cost(legs: Legs) -> float:
    costs = (legs.cost(order) for order in itertools.permutations(range(len(legs.legs))))
    return min(cost for cost in costs if cost is not None)


def cost(legs: Legs, order: list[int]) -> float:
    found = legs.cost(order)
    assert found is not None, "an impossible order"
    return found


@pytest.mark.parametrize("ties", [0, 2], ids=["free", "with bays to be freed first"])
def test_it_comes_within_a_thousandth_of_the_best_order(ties: int) -> None:
    """Over 60 snapshots of four to six movements; to serve as they come is far off."""
    chance = random.Random(20261122 + ties)
    over, as_given = [], []
    for _ in range(60):
        legs = drawn(chance, chance.randint(4, 6), ties=ties)
        best = least_cost(legs)
        over.append(cost(legs, improved(legs)) / best - 1.0)
        as_given.append(cost(legs, list(range(len(legs.legs)))) / best - 1.0)
    assert min(over) >= -1e-9
    assert statistics.mean(over) < 0.001
    assert max(over) < 0.03
    assert statistics.mean(as_given) > 0.2


def test_a_leg_never_comes_before_the_one_that_frees_its_place() -> None:
    legs = Legs(
        [Leg(1.0, 60.0), Leg(100.0, 10.0, frozenset({0}))], [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]
    )
    assert improved(legs) == [0, 1]
    assert legs.cost([1, 0]) is None
    with pytest.raises(InvariantBroken, match="forbid"):
        improved(Legs([legs.legs[1], legs.legs[0]], [0.0, 0.0], legs.way_s))


def test_of_equal_orders_the_given_one_stays() -> None:
    same = [Leg(4.0, 40.0)] * 3
    assert improved(Legs(same, [5.0] * 3, [[5.0] * 3] * 3)) == [0, 1, 2]


# --- in the choice of the next movement


def total_cost(wishes: list[Wish], situation: Situation, first: str) -> float:
    """Weighted waits on the example tower when this car is first and the score decides then."""
    site, lift = one_lift(), 1
    total = at_s = 0.0
    waiting = wishes
    while waiting:
        only = [wish for wish in waiting if wish.vin == first] or waiting
        move = shortest_weighted_next(site, sorted(only, key=lambda w: w.vin), situation).move
        assert move is not None
        wish = next(wish for wish in waiting if wish.vin == move.vin)
        at_s += move.duration_s
        total += (1.0 + wish.waiting_s / 120.0) * 4.0 * at_s
        waiting = [wish for wish in waiting if wish.vin != move.vin]
        bay = site.bay(move.destination.number)
        pose = LiftPose(site.level(bay.level).height_mm, bay.angle_deg)
        situation = replace(
            situation, free_lifts={lift: pose}, occupied=situation.occupied | {move.destination}
        )
    return total


def test_the_first_of_the_best_order_is_chosen_where_the_score_alone_errs() -> None:
    """Seeds are searched for a case, so that the test cannot pass by having none."""
    site, chance, changed = one_lift(), random.Random(7), 0
    for _ in range(300):
        one, other = chance.sample(sorted(site.slots), 2)
        wishes = [
            customer("A", one, bay=1, waiting_s=chance.uniform(0, 200)),
            customer("B", other, bay=2, waiting_s=chance.uniform(0, 200)),
        ]
        situation = Situation({1: LiftPose(chance.uniform(0, 12_000), chance.uniform(0, 359))})
        by_score = shortest_weighted_next(site, wishes, situation).move
        ahead = choose(site, wishes, situation)
        assert by_score is not None
        assert ahead.move is not None
        if ahead.move.vin != by_score.vin:
            changed += 1
            assert total_cost(wishes, situation, ahead.move.vin) < total_cost(
                wishes, situation, by_score.vin
            )
            assert set(ahead.left) == {by_score.vin}
    assert changed > 0


def test_a_customer_whose_bay_has_to_be_freed_is_counted_in_the_order() -> None:
    site = one_lift()
    situation = Situation({1: LiftPose(0, 0)}, occupied=frozenset({Bay(1), Bay(2), Slot(9)}))
    wishes = [
        customer("A", slot=9, bay=1, waiting_s=300),
        Wish(car("B"), Bay(1), None, 0.0, Urgency.STORE),
        Wish(car("C"), Bay(2), None, 0.0, Urgency.STORE),
    ]
    for order in itertools.permutations(wishes):
        choice = choose(site, order, situation)
        assert choice.move is not None
        assert choice.move.vin == "B"


def test_the_car_on_the_lift_is_brought_away_before_any_other() -> None:
    """However much others weigh: the lift can take nothing else."""
    site = one_lift()
    situation = Situation({1: LiftPose(0, 0)}, occupied=frozenset({OnLift(1), Slot(7), Bay(2)}))
    wishes = [
        customer("A", slot=7, bay=1, waiting_s=3600),
        Wish(car("B"), OnLift(1), None, 0.0, Urgency.STORE),
        Wish(car("C"), Bay(2), None, 900.0, Urgency.STORE),
    ]
    choice = choose(site, wishes, situation)
    assert choice.move is not None
    assert choice.move.vin == "B"
