"""Which car moves next: the choice that the dispatcher runs, as a pure function.

Customers first, weighted shortest next with ageing: every wish that can be done now gets the
score weight * (1 + age / 120 s) / duration, and the highest is done. Bringing a car away from a
bay weighs more as free bays run out, and as much as a customer when it frees the very bay that
the customer waits for. Ageing has no upper end, so nothing waits for ever.

Of several lifts the one that is done first goes; a car is put where the most bays can be reached
from, because nobody knows at which one it will be wanted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from vendtower.domain.errors import InvariantBroken, invariant
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import BaySpec, LiftSpec, Site, SlotSpec
from vendtower.domain.travel_time import LiftPose, job_duration_s
from vendtower.domain.vehicle import Vehicle

AGEING_S = 120.0
"""A wish of this age weighs twice what a new one does."""

CUSTOMER_WEIGHT = 4.0
"""Above a store that still leaves a free bay, below one that frees the last."""

STORE_WEIGHTS = {0: 8.0, 1: 3.0}
"""By the number of free bays; with more of them a store weighs 1."""


class Urgency(Enum):
    """Who waits for the car to be moved."""

    CUSTOMER = "customer"
    """A customer stands at a kiosk."""
    STORE = "store"
    """A car stands in a bay or on a lift and should go to a slot."""


@dataclass(frozen=True)
class Wish:
    """Somebody wants this car somewhere else."""

    vehicle: Vehicle
    source: Place
    """Where the car stands now."""
    destination: Bay | Slot | None
    """None: any slot that it fits into."""
    waiting_s: float
    urgency: Urgency

    @property
    def vin(self) -> str:
        """The car's VIN."""
        return self.vehicle.vin


@dataclass(frozen=True)
class Situation:
    """What the choice is made on."""

    free_lifts: Mapping[int, LiftPose]
    """Lifts that may take a job now, with where they stand."""
    busy_lifts: frozenset[int] = frozenset()
    """Lifts that run a job; another lift in the same shaft has to wait."""
    occupied: frozenset[Place] = frozenset()
    """Places that hold a car or are the destination of a running job."""
    blocked: frozenset[Place] = frozenset()
    """Places that nothing may be moved from or to: blocked, doubtful, under a case."""
    moving: frozenset[str] = frozenset()
    """VINs of cars that a running job moves; no second lift goes for them."""
    out_of_service: frozenset[Place] = frozenset()
    """Places that people have taken out of service; a lift still brings away what it carries."""
    moving_lifts_max: int | None = None
    """How many lifts may move at one time; None for as many as there are."""

    def after(self, move: "Move") -> "Situation":
        """The situation while this move runs, to choose for the other lifts."""
        others = {lift: pose for lift, pose in self.free_lifts.items() if lift != move.lift}
        return replace(
            self,
            free_lifts=others,
            busy_lifts=self.busy_lifts | {move.lift},
            occupied=self.occupied | {move.destination},
            moving=self.moving | {move.vin},
        )


@dataclass(frozen=True)
class Move:
    """One movement for one lift."""

    lift: int
    vin: str
    source: Place
    destination: Slot | Bay
    verb: Verb
    duration_s: float
    """From the lift's present pose to the end."""


class LeftReason(Enum):
    """Why a wish was not the one chosen."""

    OTHER_FIRST = "other_first"
    """It could be done now, and another one counts more."""
    NO_LIFT_FREE = "no_lift_free"
    """A lift reaches both places, and none of those is free."""
    SHAFT_BUSY = "shaft_busy"
    """The lift is free, and another one moves in its shaft."""
    LIFT_LOADED = "lift_loaded"
    """The lift is free and carries another car."""
    POWER_REDUCED = "power_reduced"
    """As many lifts move as the power allows."""
    LIFT_OUT_OF_SERVICE = "lift_out_of_service"
    """Every lift that could do it was taken out of service."""
    SOURCE_OUT_OF_SERVICE = "source_out_of_service"
    DESTINATION_OUT_OF_SERVICE = "destination_out_of_service"
    NO_LIFT_REACHES = "no_lift_reaches"
    """No lift serves both places and carries the car's weight."""
    SOURCE_BLOCKED = "source_blocked"
    DESTINATION_BLOCKED = "destination_blocked"
    DESTINATION_OCCUPIED = "destination_occupied"
    CAR_TOO_LARGE = "car_too_large"
    """The car exceeds the limits of the place it is wanted in."""
    NO_SLOT_FREE = "no_slot_free"
    """No slot that the car fits into is free."""
    ALREADY_MOVING = "already_moving"
    NO_SUCH_WAY = "no_such_way"
    """The PLC has no verb for it: bay to bay, or a place to itself."""


@dataclass(frozen=True)
class Choice:
    """The next movement, and why the other wishes wait."""

    move: Move | None
    left: Mapping[str, LeftReason] = field(default_factory=dict)
    """By VIN; every wish that was not chosen."""


def choose(site: Site, wishes: Iterable[Wish], situation: Situation) -> Choice:
    """The movement to order now.

    The same input gives the same choice, whatever the order of the wishes; ties go to the lower
    VIN, then the lower lift and slot number.

    Raises:
        InvariantBroken: when two wishes are about one car.
        NotInSite: when a wish names a place that the tower does not have.

    """
    reached = _bays_reached(site)
    ordered = sorted(wishes, key=lambda wish: wish.vin)
    vins = [wish.vin for wish in ordered]
    invariant(len(set(vins)) == len(vins), f"planning: two wishes for one car among {vins}")
    left: dict[str, LeftReason] = {}
    best: Move | None = None
    best_score = 0.0
    for wish in ordered:
        found = _best_move(site, wish, situation, reached)
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


def free_bays(site: Site, situation: Situation) -> int:
    """How many bays could take a car now."""
    taken = situation.occupied | situation.blocked
    return sum(Bay(bay.number) not in taken for bay in site.bays)


def verb_between(source: Place, destination: Slot | Bay) -> Verb | None:
    """The PLC's verb for this way, None when it has none."""
    match source, destination:
        case Slot(), Slot():
            return None if source == destination else Verb.MOVE
        case ((Bay() | OnLift()), Slot()):
            return Verb.STORE
        case ((Slot() | OnLift()), Bay()):
            return Verb.FETCH
        case _:
            return None


def _weight(site: Site, wish: Wish, wishes: Iterable[Wish], situation: Situation) -> float:
    """What the wish counts for, before its duration."""
    if wish.urgency is Urgency.CUSTOMER:
        return CUSTOMER_WEIGHT * _ageing(wish)
    weight = STORE_WEIGHTS.get(free_bays(site, situation), 1.0) * _ageing(wish)
    waiting = [CUSTOMER_WEIGHT * _ageing(other) for other in _waiting_for(wish.source, wishes)]
    return max(weight, *waiting) if waiting else weight


def _waiting_for(place: Place, wishes: Iterable[Wish]) -> Iterator[Wish]:
    """Customers whose car is wanted in this very place."""
    return (
        wish
        for wish in wishes
        if wish.urgency is Urgency.CUSTOMER and wish.destination == place != wish.source
    )


def _ageing(wish: Wish) -> float:
    return 1.0 + max(0.0, wish.waiting_s) / AGEING_S


def _best_move(
    site: Site, wish: Wish, situation: Situation, bays_reached: Mapping[int, int]
) -> Move | LeftReason:
    """The best way to do this wish now, or why it cannot be done now.

    Quickly; where the slot may be chosen, first of all one from which many bays are reached.
    """
    if wish.vin in situation.moving:
        return LeftReason.ALREADY_MOVING
    if wish.source in situation.blocked:
        return LeftReason.SOURCE_BLOCKED
    if wish.source in situation.out_of_service and not isinstance(wish.source, OnLift):
        return LeftReason.SOURCE_OUT_OF_SERVICE
    ends = _destinations(site, wish, situation)
    if isinstance(ends, LeftReason):
        return ends
    lifts = _lifts(site, wish, ends, situation)
    if isinstance(lifts, LeftReason):
        return lifts
    moves = [
        _move(site, wish, lift, end, situation.free_lifts[lift.number])
        for lift in lifts
        for end in ends
        if reaches(lift, end)
    ]

    def rank(move: Move) -> tuple[int, float, int, int]:
        chosen = wish.destination is None
        bays = bays_reached[site.slot(move.destination.number).level] if chosen else 0
        return -bays, move.duration_s, move.lift, move.destination.number

    return min(moves, key=rank)


def _bays_reached(site: Site) -> dict[int, int]:
    """Level to the number of bays that some lift can bring its cars to."""
    reached: dict[int, set[int]] = {level.number: set() for level in site.levels}
    for lift in site.lifts:
        for level in lift.serves_levels:
            reached[level] |= set(lift.serves_bays)
    return {level: len(bays) for level, bays in reached.items()}


def _move(site: Site, wish: Wish, lift: LiftSpec, end: SlotSpec | BaySpec, pose: LiftPose) -> Move:
    destination = Slot(end.number) if isinstance(end, SlotSpec) else Bay(end.number)
    verb = verb_between(wish.source, destination)
    if verb is None:
        raise InvariantBroken(f"planning: no verb from {wish.source} to {destination}")
    seconds = job_duration_s(
        site, lift.number, pose, verb, source=wish.source, destination=destination
    )
    return Move(lift.number, wish.vin, wish.source, destination, verb, seconds)


def _destinations(
    site: Site, wish: Wish, situation: Situation
) -> list[SlotSpec | BaySpec] | LeftReason:
    """Where the car may go now."""
    if wish.destination is None:
        taken = situation.occupied | situation.blocked | situation.out_of_service | {wish.source}
        slots = [
            slot
            for slot in site.slots.values()
            if Slot(slot.number) not in taken and slot.limits.admits(wish.vehicle)
        ]
        return [*slots] or LeftReason.NO_SLOT_FREE
    if verb_between(wish.source, wish.destination) is None:
        return LeftReason.NO_SUCH_WAY
    if wish.destination in situation.blocked:
        return LeftReason.DESTINATION_BLOCKED
    if wish.destination in situation.out_of_service:
        return LeftReason.DESTINATION_OUT_OF_SERVICE
    if wish.destination in situation.occupied:
        return LeftReason.DESTINATION_OCCUPIED
    if isinstance(wish.destination, Bay):
        bay = site.bay(wish.destination.number)
        return [bay] if bay.admits(wish.vehicle) else LeftReason.CAR_TOO_LARGE
    slot = site.slot(wish.destination.number)
    return [slot] if slot.limits.admits(wish.vehicle) else LeftReason.CAR_TOO_LARGE


def _lifts(
    site: Site, wish: Wish, ends: list[SlotSpec | BaySpec], situation: Situation
) -> list[LiftSpec] | LeftReason:
    """The lifts that may do it now."""
    able = [lift for lift in site.lifts if _able(site, lift, wish, ends)]
    if not able:
        return LeftReason.NO_LIFT_REACHES
    able = [lift for lift in able if _in_service(lift, wish, situation)]
    if not able:
        return LeftReason.LIFT_OUT_OF_SERVICE
    free = [lift for lift in able if lift.number in situation.free_lifts]
    free = [lift for lift in free if OnLift(lift.number) not in situation.blocked]
    if not free:
        return LeftReason.NO_LIFT_FREE
    busy_shafts = {site.lift(number).shaft for number in situation.busy_lifts}
    unhindered = [lift for lift in free if lift.shaft not in busy_shafts]
    if not unhindered:
        return LeftReason.SHAFT_BUSY
    empty = [
        lift
        for lift in unhindered
        if wish.source == OnLift(lift.number) or OnLift(lift.number) not in situation.occupied
    ]
    if not empty:
        return LeftReason.LIFT_LOADED
    moving_max = situation.moving_lifts_max
    if moving_max is not None and len(situation.busy_lifts) >= moving_max:
        return LeftReason.POWER_REDUCED
    return empty


def _in_service(lift: LiftSpec, wish: Wish, situation: Situation) -> bool:
    """A lift out of service brings away the car that it carries, and nothing else."""
    here = OnLift(lift.number)
    return here not in situation.out_of_service or wish.source == here


def serves(site: Site, lift: int, wish: Wish) -> bool:
    """Whether this lift could do the wish at all: it reaches both ends and carries the car."""
    ends: list[SlotSpec | BaySpec] = [*site.slots.values()]
    if wish.destination is not None:
        number = wish.destination.number
        to_bay = isinstance(wish.destination, Bay)
        ends = [site.bay(number) if to_bay else site.slot(number)]
    return _able(site, site.lift(lift), wish, ends)


def _able(site: Site, lift: LiftSpec, wish: Wish, ends: list[SlotSpec | BaySpec]) -> bool:
    """Whether the lift reaches source and some destination, and carries the car."""
    match wish.source:
        case OnLift(number=number):
            reaches_source = number == lift.number
        case Slot(number=number):
            reaches_source = reaches(lift, site.slot(number))
        case Bay(number=number):
            reaches_source = reaches(lift, site.bay(number))
    carries = wish.vehicle.weight_kg <= lift.load_kg_max
    return reaches_source and carries and any(reaches(lift, end) for end in ends)


def reaches(lift: LiftSpec, place: SlotSpec | BaySpec) -> bool:
    """Whether the lift gets to this place at all."""
    if isinstance(place, SlotSpec):
        return place.level in lift.serves_levels
    return place.number in lift.serves_bays
