"""What can happen on the customer's way: the events of the pickup table."""

from dataclasses import dataclass
from datetime import datetime

from vendtower.domain.identity import IdentityMethod, IdentityRefusal, MatchRecord
from vendtower.domain.out_of_service import Closure
from vendtower.domain.visit_failure import FailureCause


@dataclass(frozen=True)
class CustomerArrived:
    """A code or a face named this reservation at a kiosk."""

    bay: int
    utc: datetime
    monotonic_s: float
    by_code: bool
    without_face: bool = False
    """The customer chose the way without a face before the camera looked for one."""
    doubt: str = ""
    """Why staff have to say whether this customer is served; empty when the tower may."""


@dataclass(frozen=True)
class FaceDeclined:
    """The customer before the camera chose the way without a face."""


@dataclass(frozen=True)
class IdentityVerified:
    """The person is the reserved customer."""

    method: IdentityMethod
    record: MatchRecord | None
    """None on the route without a face."""
    utc: datetime
    monotonic_s: float
    by: str = ""
    """The member of staff on the route without a face."""


@dataclass(frozen=True)
class VerificationLapsed:
    """The car has come so late that whoever stands there now has to show anew who they are."""


@dataclass(frozen=True)
class IdentityRefused:
    """The person is not the reserved customer, or could not be judged."""

    reason: IdentityRefusal
    record: MatchRecord | None


@dataclass(frozen=True)
class CustomerLeft:
    """Nobody continued the check-in."""

    why: str = ""
    """What the camera saw for most of the time, or what the staff said; for the history."""


@dataclass(frozen=True)
class SentElsewhere:
    """Something that this bay needs went out of service before the car was on its way."""

    closure: Closure


@dataclass(frozen=True)
class AttemptsExhausted:
    """Too many refusals on this reservation: staff have to look. The last of them is in here."""

    reason: IdentityRefusal
    record: MatchRecord | None


@dataclass(frozen=True)
class WindowClosed:
    """The window and its grace are over, and nobody was served."""

    turned_away: bool = False
    """Within it the tower sent somebody away at a kiosk, or it was not at work at its end."""


@dataclass(frozen=True)
class ReservationCancelled:
    """The cloud withdrew the reservation before the outer door was asked to open."""


@dataclass(frozen=True)
class CarPresented:
    """The customer's own car stands in their bay and the inner door is closed and locked."""

    bay: int


@dataclass(frozen=True)
class DeliveryFailed:
    """The car will not come by itself."""

    why: str
    cause: FailureCause = FailureCause.CAR_NOT_DELIVERED


@dataclass(frozen=True)
class HandOverStarted:
    """Journaled before the outer door is asked to open."""


@dataclass(frozen=True)
class CarDeparted:
    """Two unlike sensors agree that the bay is empty, and the outer door is closed again."""

    evidence: tuple[str, ...]


@dataclass(frozen=True)
class BayNotCleared:
    """Car or person still in the bay after the allowed time, or the door does not close."""

    why: str
    cause: FailureCause = FailureCause.CAR_NOT_REMOVED


@dataclass(frozen=True)
class BayLost:
    """Another car keeps the bay until a person has looked; the customer may use another one."""

    why: str


@dataclass(frozen=True)
class StaffClosedVisit:
    """A named person ended the visit."""

    by: str
    note: str
    cause: FailureCause | None = None
    """What the person saw, where that is more than was known before."""


@dataclass(frozen=True)
class StaffResumedVisit:
    """A named person lets the customer try again."""

    by: str


VisitEvent = (
    CustomerArrived
    | FaceDeclined
    | IdentityVerified
    | VerificationLapsed
    | IdentityRefused
    | CustomerLeft
    | SentElsewhere
    | AttemptsExhausted
    | WindowClosed
    | ReservationCancelled
    | CarPresented
    | DeliveryFailed
    | HandOverStarted
    | CarDeparted
    | BayNotCleared
    | BayLost
    | StaffClosedVisit
    | StaffResumedVisit
)
