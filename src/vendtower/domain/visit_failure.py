"""Every way in which a customer's visit can fail: whose fault it is, and what they are owed.

The tower proposes and the operator's cloud decides: it has the money, the customer and the next
appointment. `PROPOSALS` is the whole table; `docs/cloud_contract.md` repeats it for integrators.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class FailureCause(Enum):
    """What went wrong."""

    NOT_COLLECTED = "not_collected"
    """The window and its grace are over, and nobody came."""
    NOT_SERVED = "not_served"
    """The window and its grace are over, and the tower was not ready for whoever came."""
    WITHDRAWN = "withdrawn"
    """The cloud took the reservation back before the street door was asked to open."""
    NOT_IDENTIFIED = "not_identified"
    """Nobody could show that they are the reserved customer."""
    CAR_NOT_DELIVERED = "car_not_delivered"
    """The car did not come to the bay."""
    KEY_NOT_HANDED_OVER = "key_not_handed_over"
    """The car stands in the bay and its key could not be given."""
    KEY_NOT_TAKEN = "key_not_taken"
    """The key was offered and nobody took it."""
    DOOR_STUCK = "door_stuck"
    DOOR_NOT_OPENED = "door_not_opened"
    """The street door was refused or kept shut for a reason of safety."""
    DOOR_NOT_CLOSED = "door_not_closed"
    CAR_NOT_REMOVED = "car_not_removed"
    """The street door stood open, and nobody drove the car out in time."""
    CAR_BROKEN = "car_broken"
    """A person saw that the car could not be driven out."""
    BAY_IN_DOUBT = "bay_in_doubt"
    """The bay's sensors contradict each other, or it is not known whether its car has left."""
    SWAP_CAR_NOT_DELIVERED = "swap_car_not_delivered"
    """The returned car was taken, and the one that was to be exchanged for it did not come."""
    CLOSED_BY_STAFF = "closed_by_staff"
    """A person ended the visit for a reason that only the note has."""


class Fault(Enum):
    """Who has to answer for it."""

    TOWER = "tower"
    CUSTOMER = "customer"
    CAR = "car"
    """It does not start, or something of it stands in the way."""
    OPERATOR = "operator"
    """Whoever runs the cloud wanted it so."""
    UNDECIDED = "undecided"
    """The tower cannot tell; a person has to."""


class Money(Enum):
    """What is proposed for what the customer has paid or left as a deposit."""

    REFUND = "refund"
    KEEP = "keep"
    DECIDE = "decide"
    """A person decides."""


@dataclass(frozen=True)
class Proposal:
    """What the tower proposes; nothing of it happens by itself."""

    fault: Fault
    money: Money
    rebook: bool
    """Offer the customer another appointment or another car."""


PROPOSALS: Mapping[FailureCause, Proposal] = {
    FailureCause.NOT_COLLECTED: Proposal(Fault.CUSTOMER, Money.KEEP, rebook=True),
    FailureCause.NOT_SERVED: Proposal(Fault.UNDECIDED, Money.DECIDE, rebook=True),
    FailureCause.WITHDRAWN: Proposal(Fault.OPERATOR, Money.REFUND, rebook=False),
    FailureCause.NOT_IDENTIFIED: Proposal(Fault.UNDECIDED, Money.DECIDE, rebook=True),
    FailureCause.CAR_NOT_DELIVERED: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
    FailureCause.KEY_NOT_HANDED_OVER: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
    FailureCause.KEY_NOT_TAKEN: Proposal(Fault.CUSTOMER, Money.DECIDE, rebook=True),
    FailureCause.DOOR_STUCK: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
    FailureCause.DOOR_NOT_OPENED: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
    FailureCause.DOOR_NOT_CLOSED: Proposal(Fault.TOWER, Money.DECIDE, rebook=False),
    FailureCause.CAR_NOT_REMOVED: Proposal(Fault.UNDECIDED, Money.DECIDE, rebook=True),
    FailureCause.CAR_BROKEN: Proposal(Fault.CAR, Money.REFUND, rebook=True),
    FailureCause.BAY_IN_DOUBT: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
    FailureCause.CLOSED_BY_STAFF: Proposal(Fault.UNDECIDED, Money.DECIDE, rebook=True),
    FailureCause.SWAP_CAR_NOT_DELIVERED: Proposal(Fault.TOWER, Money.REFUND, rebook=True),
}


@dataclass(frozen=True)
class Failure:
    """One failure, in words."""

    cause: FailureCause
    why: str
