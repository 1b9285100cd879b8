"""In which order one lift makes several movements: insertion and swap over weighted waits.

The cost of an order is the sum of weight times completion, which weighted shortest next lowers
well and not best, because the empty way to a car depends on where the last one was left. Moving
one movement elsewhere in the order, or exchanging two, as long as that helps, closes the rest of
the gap (`tests/unit/test_sequencing.py` measures it against every order there is).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vendtower.domain.errors import InvariantBroken

GAIN_MIN = 1e-9
"""Less than this, of the cost, is rounding and no gain."""


@dataclass(frozen=True)
class Leg:
    """One movement of the lift, as far as its place in an order depends on it."""

    weight: float
    """What a second until its end costs."""
    carry_s: float
    """From the lift's arrival at the car to the car's arrival."""
    after: frozenset[int] = frozenset()
    """Legs that must be over before, by index: they free the place that this one goes to."""


@dataclass(frozen=True)
class Legs:
    """The movements to be put in order, with the empty ways between them."""

    legs: Sequence[Leg]
    first_way_s: Sequence[float]
    """By leg: from where the lift stands now to its car."""
    way_s: Sequence[Sequence[float]]
    """By the leg before and the leg: from where the one ends to the other's car."""

    def cost(self, order: Sequence[int]) -> float | None:
        """Weighted sum of the completions, None when a leg comes before one it has to follow."""
        done: set[int] = set()
        at_s = total = 0.0
        before = -1
        for index in order:
            leg = self.legs[index]
            if not leg.after <= done:
                return None
            way_s = self.first_way_s if before < 0 else self.way_s[before]
            at_s += way_s[index] + leg.carry_s
            total += leg.weight * at_s
            done.add(index)
            before = index
        return total


def improved(legs: Legs) -> list[int]:
    """The order that neither moving one leg nor exchanging two makes any better.

    It begins with the legs as they are given, which has to be a possible order. The same input
    gives the same order: of two equal neighbours the one that is looked at first stays.

    Raises:
        InvariantBroken: when a leg is given before one that it has to follow.

    """
    order = list(range(len(legs.legs)))
    best = legs.cost(order)
    if best is None:
        raise InvariantBroken("sequencing: the legs are given in an order that they forbid")
    while True:
        better = None
        for neighbour in _neighbours(order):
            cost = legs.cost(neighbour)
            if cost is not None and cost < best * (1.0 - GAIN_MIN):
                best, better = cost, neighbour
        if better is None:
            return order
        order = better


def _neighbours(order: list[int]) -> Iterator[list[int]]:
    places = range(len(order))
    for source in places:
        rest = order[:source] + order[source + 1 :]
        for target in places:
            if target != source:
                yield [*rest[:target], order[source], *rest[target:]]
    for one in places:
        # Neighbours in the order were exchanged above, by moving one past the other.
        for other in range(one + 2, len(order)):
            swapped = order.copy()
            swapped[one], swapped[other] = swapped[other], swapped[one]
            yield swapped
