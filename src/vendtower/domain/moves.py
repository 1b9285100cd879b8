"""What is wanted of the lifts, what they can be asked for, and why something waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import BaySpec, LiftSpec, Site, SlotSpec
from vendtower.domain.travel_time import LiftPose
from vendtower.domain.vehicle import Vehicle


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
    refused: frozenset[tuple[str, int]] = frozenset()
    """VINs with the lifts whose job for that car the PLC has just refused."""
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

    def when_done(self, move: "Move", pose: LiftPose) -> "Situation":
        """The situation when this move has ended, with its lift in this pose."""
        return replace(
            self,
            free_lifts={**self.free_lifts, move.lift: pose},
            occupied=(self.occupied - {move.source, OnLift(move.lift)}) | {move.destination},
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
    REFUSED = "refused"
    """The PLC has just refused it to every lift that could do it; it is asked for again when
    something has changed, or in a while."""
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


def reaches(lift: LiftSpec, place: SlotSpec | BaySpec) -> bool:
    """Whether the lift gets to this place at all."""
    if isinstance(place, SlotSpec):
        return place.level in lift.serves_levels
    return place.number in lift.serves_bays
