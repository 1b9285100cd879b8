"""The car's way: from its slot to the bay and out, or back, as one table."""

from dataclasses import dataclass, replace
from enum import Enum

from vendtower.domain.places import Bay, OnLift, Outside, Place, Slot
from vendtower.domain.table import TransitionTable


class CarriageState(Enum):
    """Where a car is on its way."""

    IN_SLOT = "in_slot"
    ORDERED = "ordered"
    """Somebody wants it in a bay; no lift has been asked yet."""
    MOVING = "moving"
    """A job toward the bay is journaled and not yet ended."""
    IN_BAY = "in_bay"
    RETURNING = "returning"
    """A job toward a slot is journaled and not yet ended."""
    ON_LIFT = "on_lift"
    """Stands on a lift, and a person confirmed that it may be moved on."""
    HALTED = "halted"
    """A movement failed, or nobody knows where the car is: only a named person ends this."""
    GONE = "gone"


@dataclass(frozen=True)
class RetrievalOrdered:
    """Somebody wants the car in a bay."""


@dataclass(frozen=True)
class OrderWithdrawn:
    """Nobody wants it any more, and it has not been touched."""


@dataclass(frozen=True)
class MoveStarted:
    """A job toward the bay was journaled, and is sent after that."""

    job_id: int


@dataclass(frozen=True)
class ReturnStarted:
    """A job toward a slot was journaled, and is sent after that."""

    job_id: int


@dataclass(frozen=True)
class RetrievalRefused:
    """The PLC did not begin to fetch; the car stands in its slot as before."""


@dataclass(frozen=True)
class ReturnRefused:
    """The PLC did not begin to store; the car stands in the bay as before."""


@dataclass(frozen=True)
class ContinuationRefused:
    """The PLC did not begin to bring the car on; it stands on the lift as before."""


@dataclass(frozen=True)
class MovedToBay:
    """The job ended, and the sensors agree that the car is in the bay."""


@dataclass(frozen=True)
class MovedToSlot:
    """The job ended, and the sensors agree that the car is in the slot."""


@dataclass(frozen=True)
class MoveHalted:
    """The movement failed, or nobody knows what became of it."""

    case_id: int


@dataclass(frozen=True)
class PlaceDisputed:
    """Ledger and sensors tell different stories of where the car stands."""

    case_id: int


@dataclass(frozen=True)
class StaffConfirmedOnLift:
    """A named person looked: the car stands on the lift and may be moved on."""

    by: str


@dataclass(frozen=True)
class StaffConfirmedInSlot:
    """A named person looked: the car stands in a slot."""

    by: str


@dataclass(frozen=True)
class StaffConfirmedInBay:
    """A named person looked: the car stands in a bay."""

    by: str


@dataclass(frozen=True)
class StaffConfirmedOutside:
    """A named person looked: the car has left the tower."""

    by: str


@dataclass(frozen=True)
class DroveOut:
    """The car has left the bay on its own wheels."""


@dataclass(frozen=True)
class DroveIn:
    """The car has come into a bay on its own wheels."""


CarriageEvent = (
    RetrievalOrdered
    | OrderWithdrawn
    | MoveStarted
    | ReturnStarted
    | RetrievalRefused
    | ReturnRefused
    | ContinuationRefused
    | MovedToBay
    | MovedToSlot
    | MoveHalted
    | PlaceDisputed
    | StaffConfirmedOnLift
    | StaffConfirmedInSlot
    | StaffConfirmedInBay
    | StaffConfirmedOutside
    | DroveOut
    | DroveIn
)


def confirmed_at(where: Place | Outside, by: str) -> CarriageEvent:
    """What a named person's word where a halted car stands is to its way."""
    match where:
        case OnLift():
            return StaffConfirmedOnLift(by)
        case Slot():
            return StaffConfirmedInSlot(by)
        case Bay():
            return StaffConfirmedInBay(by)
        case Outside():
            return StaffConfirmedOutside(by)


_S = CarriageState
DELIVERY_TABLE = TransitionTable(
    "delivery",
    CarriageState,
    _S.IN_SLOT,
    [
        (_S.IN_SLOT, RetrievalOrdered, _S.ORDERED),
        (_S.IN_SLOT, ReturnStarted, _S.RETURNING),
        (_S.ORDERED, OrderWithdrawn, _S.IN_SLOT),
        (_S.ORDERED, MoveStarted, _S.MOVING),
        (_S.MOVING, RetrievalRefused, _S.ORDERED),
        (_S.MOVING, ContinuationRefused, _S.ON_LIFT),
        (_S.MOVING, MovedToBay, _S.IN_BAY),
        (_S.MOVING, MoveHalted, _S.HALTED),
        (_S.IN_BAY, ReturnStarted, _S.RETURNING),
        (_S.IN_BAY, DroveOut, _S.GONE),
        (_S.IN_BAY, MoveHalted, _S.HALTED),
        (_S.RETURNING, ReturnRefused, _S.IN_BAY),
        (_S.RETURNING, RetrievalRefused, _S.IN_SLOT),
        (_S.RETURNING, ContinuationRefused, _S.ON_LIFT),
        (_S.RETURNING, MovedToSlot, _S.IN_SLOT),
        (_S.RETURNING, MoveHalted, _S.HALTED),
        (_S.ON_LIFT, MoveStarted, _S.MOVING),
        (_S.ON_LIFT, ReturnStarted, _S.RETURNING),
        (_S.IN_SLOT, PlaceDisputed, _S.HALTED),
        (_S.ORDERED, PlaceDisputed, _S.HALTED),
        (_S.IN_BAY, PlaceDisputed, _S.HALTED),
        (_S.ON_LIFT, PlaceDisputed, _S.HALTED),
        (_S.GONE, PlaceDisputed, _S.HALTED),
        (_S.HALTED, StaffConfirmedOnLift, _S.ON_LIFT),
        (_S.HALTED, StaffConfirmedInSlot, _S.IN_SLOT),
        (_S.HALTED, StaffConfirmedInBay, _S.IN_BAY),
        (_S.HALTED, StaffConfirmedOutside, _S.GONE),
        (_S.GONE, DroveIn, _S.IN_BAY),
    ],
)


@dataclass(frozen=True)
class Carriage:
    """One car's way, named by its VIN."""

    vin: str
    state: CarriageState = CarriageState.IN_SLOT
    job_id: int | None = None
    """The job that moves it now."""
    case_id: int | None = None
    """The case that a person has to settle."""
    exposed: bool = False
    """Its bay's street door was open, or out of sight, since it stands there: no lift takes it
    before two unlike sensors and a person have agreed that nobody is inside."""

    def apply(self, event: CarriageEvent) -> "Carriage":
        """The car's way after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        state = DELIVERY_TABLE.after(self.state, type(event))
        exposed = self.exposed and state not in {CarriageState.IN_SLOT, CarriageState.GONE}
        moved = replace(self, state=state, job_id=None, case_id=None, exposed=exposed)
        match event:
            case MoveStarted(job_id=job_id) | ReturnStarted(job_id=job_id):
                return replace(moved, job_id=job_id)
            case MoveHalted(case_id=case_id) | PlaceDisputed(case_id=case_id):
                return replace(moved, case_id=case_id)
            case DroveIn() | StaffConfirmedInBay():
                # People were at the bay, and nobody watched its street door meanwhile.
                return replace(moved, exposed=True)
            case _:
                return moved
