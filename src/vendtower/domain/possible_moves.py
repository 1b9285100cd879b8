"""The best way to fulfil one wish now, or why there is none."""

from collections.abc import Mapping

from vendtower.domain.errors import InvariantBroken
from vendtower.domain.moves import LeftReason, Move, Situation, Wish, reaches, verb_between
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.site import BaySpec, LiftSpec, Site, SlotSpec
from vendtower.domain.travel_time import LiftPose, job_duration_s


def best_move(
    site: Site, wish: Wish, situation: Situation, reached: Mapping[int, int]
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
        bays = reached[site.slot(move.destination.number).level] if chosen else 0
        return -bays, move.duration_s, move.lift, move.destination.number

    return min(moves, key=rank)


def bays_reached(site: Site) -> dict[int, int]:
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
    able = [lift for lift in able if (wish.vin, lift.number) not in situation.refused]
    if not able:
        return LeftReason.REFUSED
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
