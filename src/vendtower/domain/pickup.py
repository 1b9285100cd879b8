"""The customer's way: from the reservation to driving out, as one table."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.identity import (
    IdentityMethod,
    attempt_text,
)
from vendtower.domain.pickup_events import (
    AttemptsExhausted,
    BayLost,
    BayNotCleared,
    CarDeparted,
    CarPresented,
    CustomerArrived,
    CustomerLeft,
    DeliveryFailed,
    FaceDeclined,
    HandOverStarted,
    IdentityRefused,
    IdentityVerified,
    ReservationCancelled,
    SentElsewhere,
    StaffClosedVisit,
    StaffResumedVisit,
    VerificationLapsed,
    VisitEvent,
    WindowClosed,
)
from vendtower.domain.table import TransitionTable
from vendtower.domain.visit_failure import FailureCause


class VisitState(Enum):
    """How far the customer has come."""

    EXPECTED = "expected"
    AT_KIOSK = "at_kiosk"
    """Named by a code or a face; the car is already on its way, the bay's door stays locked."""
    VERIFIED = "verified"
    PRESENTED = "presented"
    """Verified, and the car stands in the bay; the outer door was not asked to open yet."""
    HANDING_OVER = "handing_over"
    """From the moment before the outer door is asked to open."""
    DEPARTED = "departed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFERRED_TO_STAFF = "referred_to_staff"
    CLOSED_BY_STAFF = "closed_by_staff"


ENDED = frozenset(
    {
        VisitState.DEPARTED,
        VisitState.EXPIRED,
        VisitState.CANCELLED,
        VisitState.CLOSED_BY_STAFF,
    }
)
WANTS_CAR = frozenset(
    {
        VisitState.AT_KIOSK,
        VisitState.VERIFIED,
        VisitState.PRESENTED,
        VisitState.HANDING_OVER,
    }
)


TRIES_KEPT = 10
LAPSED = "verification_lapsed"
"""The reason at a visit whose customer has to be verified once more."""

_S = VisitState
PICKUP_TABLE = TransitionTable(
    "pickup",
    VisitState,
    _S.EXPECTED,
    [
        (_S.EXPECTED, CustomerArrived, _S.AT_KIOSK),
        (_S.EXPECTED, WindowClosed, _S.EXPIRED),
        (_S.EXPECTED, ReservationCancelled, _S.CANCELLED),
        (_S.AT_KIOSK, FaceDeclined, _S.AT_KIOSK),
        (_S.AT_KIOSK, IdentityVerified, _S.VERIFIED),
        # A stranger with somebody's code must not cost that somebody the reservation.
        (_S.AT_KIOSK, IdentityRefused, _S.EXPECTED),
        (_S.AT_KIOSK, CustomerLeft, _S.EXPECTED),
        (_S.AT_KIOSK, SentElsewhere, _S.EXPECTED),
        (_S.AT_KIOSK, AttemptsExhausted, _S.REFERRED_TO_STAFF),
        (_S.AT_KIOSK, ReservationCancelled, _S.CANCELLED),
        (_S.AT_KIOSK, BayLost, _S.EXPECTED),
        (_S.VERIFIED, CarPresented, _S.PRESENTED),
        (_S.VERIFIED, VerificationLapsed, _S.AT_KIOSK),
        (_S.VERIFIED, BayLost, _S.EXPECTED),
        (_S.VERIFIED, SentElsewhere, _S.EXPECTED),
        (_S.VERIFIED, DeliveryFailed, _S.REFERRED_TO_STAFF),
        (_S.VERIFIED, ReservationCancelled, _S.CANCELLED),
        (_S.PRESENTED, HandOverStarted, _S.HANDING_OVER),
        (_S.PRESENTED, VerificationLapsed, _S.AT_KIOSK),
        (_S.PRESENTED, ReservationCancelled, _S.CANCELLED),
        (_S.PRESENTED, StaffClosedVisit, _S.CLOSED_BY_STAFF),
        (_S.HANDING_OVER, CarDeparted, _S.DEPARTED),
        (_S.HANDING_OVER, BayNotCleared, _S.REFERRED_TO_STAFF),
        (_S.REFERRED_TO_STAFF, CarDeparted, _S.DEPARTED),
        (_S.REFERRED_TO_STAFF, StaffResumedVisit, _S.EXPECTED),
        (_S.REFERRED_TO_STAFF, StaffClosedVisit, _S.CLOSED_BY_STAFF),
    ],
)


@dataclass(frozen=True)
class Visit:
    """One customer's way through the tower."""

    visit_id: str
    reservation_id: str
    vin: str
    state: VisitState = VisitState.EXPECTED
    bay: int | None = None
    """Where the customer stands; None before they arrived."""
    arrivals: int = 0
    refusals: int = 0
    by_code: bool = False
    without_face: bool = False
    """At this arrival the customer wants no camera to look at them."""
    doubt: str = ""
    """Why staff decide at this arrival, whatever code and face say; empty otherwise."""
    tries: tuple[str, ...] = ()
    """The last refused attempts, for staff: reason and figures."""
    arrived_utc: datetime | None = None
    arrived_monotonic_s: float | None = None
    method: IdentityMethod | None = None
    """How this customer was verified; None as long as nobody is."""
    verified_utc: datetime | None = None
    verified_monotonic_s: float | None = None
    reason: str = ""
    """Why the visit stands or ended where it did, for people."""
    failure: FailureCause | None = None
    """What has gone wrong, as long as it has."""

    @property
    def wants_car(self) -> bool:
        """Whether the car is to come; not while staff have to say first whether it may.

        They have said so of a visit whose customer only has to be verified once more.
        """
        undecided = self.state is VisitState.AT_KIOSK and self.doubt and self.reason != LAPSED
        return self.state in WANTS_CAR and not undecided

    def apply(self, event: VisitEvent) -> "Visit":
        """The visit after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        moved = replace(self, state=PICKUP_TABLE.after(self.state, type(event)))
        return _note(replace(moved, failure=_failure(self, event)), event)


def _failure(before: Visit, event: VisitEvent) -> FailureCause | None:
    match event:
        case WindowClosed() if before.tries:
            return FailureCause.NOT_IDENTIFIED
        case WindowClosed(turned_away=turned_away):
            return FailureCause.NOT_SERVED if turned_away else FailureCause.NOT_COLLECTED
        case ReservationCancelled():
            return FailureCause.WITHDRAWN
        case AttemptsExhausted():
            return FailureCause.NOT_IDENTIFIED
        case DeliveryFailed(cause=cause) | BayNotCleared(cause=cause):
            return cause
        case StaffClosedVisit(cause=cause):
            return cause or before.failure or FailureCause.CLOSED_BY_STAFF
        case _:
            return None


def _note(visit: Visit, event: VisitEvent) -> Visit:
    """Write down what the event says beyond the state."""
    match event:
        case CustomerArrived():
            return _arrived(visit, event)
        case FaceDeclined():
            return replace(visit, without_face=True)
        case IdentityVerified(method=method, utc=utc, monotonic_s=now_s):
            verified = replace(visit, method=method, reason="")
            return replace(verified, verified_utc=utc, verified_monotonic_s=now_s)
        case VerificationLapsed():
            return replace(_unverified(visit), reason=LAPSED)
        case IdentityRefused() | AttemptsExhausted():
            return _with_try(visit, event)
        case BayLost() | SentElsewhere():
            closed = event.closure.value if isinstance(event, SentElsewhere) else "bay_not_free"
            return replace(_unverified(visit), bay=None, reason=closed)
        case CustomerLeft() | StaffResumedVisit():
            refusals = 0 if isinstance(event, StaffResumedVisit) else visit.refusals
            return replace(_unverified(visit), bay=None, refusals=refusals, reason="")
        case DeliveryFailed(why=why) | BayNotCleared(why=why):
            return replace(visit, reason=why)
        case StaffClosedVisit(by=by, note=note):
            return replace(visit, reason=f"closed by {by}: {note}")
        case _:
            return visit


def _unverified(visit: Visit) -> Visit:
    return replace(visit, method=None, verified_utc=None, verified_monotonic_s=None)


def _arrived(visit: Visit, event: CustomerArrived) -> Visit:
    return replace(
        visit,
        bay=event.bay,
        arrivals=visit.arrivals + 1,
        arrived_utc=event.utc,
        arrived_monotonic_s=event.monotonic_s,
        by_code=event.by_code,
        without_face=event.without_face,
        doubt=event.doubt,
        reason="",
    )


def _with_try(visit: Visit, event: IdentityRefused | AttemptsExhausted) -> Visit:
    text = attempt_text(event.reason, event.record)
    exhausted = isinstance(event, AttemptsExhausted)
    return replace(
        visit,
        bay=None,
        refusals=visit.refusals + 1,
        tries=(*visit.tries, text)[-TRIES_KEPT:],
        reason="attempts_exhausted" if exhausted else event.reason.value,
    )
