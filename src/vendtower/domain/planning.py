"""Which car moves next: the choice that the dispatcher runs, as a pure function.

Customers first, weighted shortest next with ageing: every wish that can be done now gets the
score weight * (1 + age / 120 s) / duration, and the highest is done. Bringing a car away from a
bay weighs more as free bays run out, and as much as a customer when it frees the very bay that
the customer waits for. Ageing has no upper end, so nothing waits for ever.

Where one lift is free, the next few movements are then put into the order that costs least
(`sequencing.py`), and its first is the choice.

Of several lifts the one that is done first goes; a car is put where the most bays can be reached
from, because nobody knows at which one it will be wanted.
"""

from collections.abc import Iterable, Iterator, Sequence

from vendtower.domain.errors import InvariantBroken, invariant
from vendtower.domain.moves import Choice, LeftReason, Move, Situation, Urgency, Wish, free_bays
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.possible_moves import bays_reached, best_move
from vendtower.domain.sequencing import Leg, Legs, improved
from vendtower.domain.site import Site
from vendtower.domain.travel_time import LiftPose, job_duration_s, pose_at, travel_s

AGEING_S = 120.0
"""A wish of this age weighs twice what a new one does."""

CUSTOMER_WEIGHT = 4.0
"""Above a store that still leaves a free bay, below one that frees the last."""

STORE_WEIGHTS = {0: 8.0, 1: 3.0}
"""By the number of free bays; with more of them a store weighs 1."""

AHEAD_MAX = 6
"""So many movements are looked ahead; what comes later is decided anew long before."""


def choose(site: Site, wishes: Iterable[Wish], situation: Situation) -> Choice:
    """The movement to order now.

    The same input gives the same choice, whatever the order of the wishes; ties go to the lower
    VIN, then the lower lift and slot number.

    Raises:
        InvariantBroken: when two wishes are about one car.
        NotInSite: when a wish names a place that the tower does not have.

    """
    ordered = sorted(wishes, key=lambda wish: wish.vin)
    vins = [wish.vin for wish in ordered]
    invariant(len(set(vins)) == len(vins), f"planning: two wishes for one car among {vins}")
    choice = shortest_weighted_next(site, ordered, situation)
    if choice.move is None or len(situation.free_lifts) > 1:
        return choice
    ahead = _looked_ahead(site, ordered, situation, choice.move)
    return _with_first(choice, ahead[improved(_legs(site, ordered, situation, ahead))[0]])


def shortest_weighted_next(site: Site, ordered: Sequence[Wish], situation: Situation) -> Choice:
    """The wish with the highest score, without a look at what comes after it.

    ``ordered`` are the wishes by VIN.
    """
    reached = bays_reached(site)
    left: dict[str, LeftReason] = {}
    best: Move | None = None
    best_score = 0.0
    for wish in ordered:
        found = best_move(site, wish, situation, reached)
        if isinstance(found, LeftReason):
            left[wish.vin] = found
            continue
        score = _weight(site, wish, ordered, situation) / found.duration_s
        if score > best_score:
            if best is not None:
                left[best.vin] = LeftReason.OTHER_FIRST
            best, best_score = found, score
        else:
            left[wish.vin] = LeftReason.OTHER_FIRST
    return Choice(best, left)


def _looked_ahead(
    site: Site, ordered: Sequence[Wish], situation: Situation, first: Move
) -> list[Move]:
    """What the lift would do one after the other if it went by the score alone."""
    moves: list[Move] = []
    waiting, move = list(ordered), first
    while True:
        moves.append(move)
        waiting = [wish for wish in waiting if wish.vin != move.vin]
        if len(moves) == AHEAD_MAX or not waiting:
            return moves
        situation = situation.when_done(move, _pose(site, move.destination))
        following = shortest_weighted_next(site, waiting, situation).move
        if following is None:
            return moves
        move = following


def _legs(site: Site, ordered: Sequence[Wish], situation: Situation, moves: Sequence[Move]) -> Legs:
    """The moves as legs: none goes to a place before the one that frees it.

    The car that stands on the lift already is brought away before any other.
    """
    lift = site.lift(moves[0].lift)
    wish_of = {wish.vin: wish for wish in ordered}
    start = situation.free_lifts[lift.number]

    def way_s(pose: LiftPose, move: Move) -> float:
        return (
            0.0
            if isinstance(move.source, OnLift)
            else travel_s(lift, pose, _pose(site, move.source))
        )

    legs = [
        Leg(
            _own_weight(site, wish_of[move.vin], situation),
            job_duration_s(
                site,
                lift.number,
                start,
                move.verb,
                source=move.source,
                destination=move.destination,
            )
            - way_s(start, move),
            frozenset(
                n
                for n, other in enumerate(moves)
                if other is not move and other.source in {move.destination, OnLift(lift.number)}
            ),
        )
        for move in moves
    ]
    return Legs(
        legs,
        [way_s(start, move) for move in moves],
        [[way_s(_pose(site, before.destination), move) for move in moves] for before in moves],
    )


def _pose(site: Site, place: Place) -> LiftPose:
    match place:
        case Slot(number=number):
            return pose_at(site, site.slot(number))
        case Bay(number=number):
            return pose_at(site, site.bay(number))
        case _:
            raise InvariantBroken(f"planning: {place} has no pose of its own")


def _with_first(choice: Choice, first: Move) -> Choice:
    """The choice with another of the possible moves before the one that it had."""
    if choice.move is None or choice.move.vin == first.vin:
        return choice
    left = {vin: reason for vin, reason in choice.left.items() if vin != first.vin}
    return Choice(first, left | {choice.move.vin: LeftReason.OTHER_FIRST})


def _weight(site: Site, wish: Wish, wishes: Iterable[Wish], situation: Situation) -> float:
    """What the wish counts for, before its duration."""
    weight = _own_weight(site, wish, situation)
    if wish.urgency is Urgency.CUSTOMER:
        return weight
    return max(
        [weight, *(CUSTOMER_WEIGHT * _ageing(who) for who in _waiting_for(wish.source, wishes))]
    )


def _own_weight(site: Site, wish: Wish, situation: Situation) -> float:
    if wish.urgency is Urgency.CUSTOMER:
        return CUSTOMER_WEIGHT * _ageing(wish)
    return STORE_WEIGHTS.get(free_bays(site, situation), 1.0) * _ageing(wish)


def _waiting_for(place: Place, wishes: Iterable[Wish]) -> Iterator[Wish]:
    """Customers whose car is wanted in this very place."""
    return (
        wish
        for wish in wishes
        if wish.urgency is Urgency.CUSTOMER and wish.destination == place != wish.source
    )


def _ageing(wish: Wish) -> float:
    return 1.0 + max(0.0, wish.waiting_s) / AGEING_S
