"""A car's way in: from its announcement at a bay to standing in a slot, as one table."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.envelope import Measurement, Misfit
from vendtower.domain.table import TransitionTable
from vendtower.domain.vehicle import Vehicle


class DropoffState(Enum):
    """How far the car has come in."""

    EXPECTED = "expected"
    """Announced; the bay is kept for it and made ready, the outer door stays locked."""
    ADMITTED = "admitted"
    """From the moment before the outer door is asked to open until the driver has left the bay."""
    PARKED = "parked"
    """Stands in the bay behind a closed outer door, nobody seen inside; being measured."""
    MEASURED = "measured"
    """It fits; sensors and a person have to agree that nobody is left inside."""
    CLEARED = "cleared"
    """They agree: a lift may take the car, while that holds."""
    STORING = "storing"
    """A lift job was journaled in this very cycle."""
    STORED = "stored"
    REJECTED = "rejected"
    """It does not fit and drives out again."""
    TURNED_AWAY = "turned_away"
    """The car is not in the tower: it never came in, or drove out again."""
    REFERRED_TO_STAFF = "referred_to_staff"


DROPOFF_ENDED = frozenset({DropoffState.STORED, DropoffState.TURNED_AWAY})
HOLDS_BAY = frozenset(set(DropoffState) - DROPOFF_ENDED - {DropoffState.STORING})
"""No lift works at the bay meanwhile, except for the one job that CLEARED allows."""


class EntryRefusal(Enum):
    """Why a car is not let in at all."""

    BAY_NOT_FREE = "bay_not_free"
    NO_ROOM = "no_room"


@dataclass(frozen=True)
class DriverAdmitted:
    """Two unlike sensors agree that the bay is empty; journaled before the outer door is asked."""

    evidence: tuple[str, ...]


@dataclass(frozen=True)
class EntryRefused:
    """The bay did not become free, or no slot is; nothing has moved."""

    reason: EntryRefusal
    why: str


@dataclass(frozen=True)
class PutBackStarted:
    """A car that stands in the bay is not driven out after all, and the tower takes it back.

    Its street door was open, or out of sight, since the lift set it down: the way back begins
    where a car that drove in stands before its driver has left.
    """

    by: str
    """The member of staff; empty when nobody had to say so."""
    why: str


@dataclass(frozen=True)
class EntryOpened:
    """The outer door stands open for the driver."""


@dataclass(frozen=True)
class CarParked:
    """A car stands in the bay, the driver has left, the outer door is closed and locked."""

    utc: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class DriverTurnedBack:
    """Nobody drove in, or the car has left again; the bay is proven empty and closed."""

    evidence: tuple[str, ...]


@dataclass(frozen=True)
class BayReopened:
    """Somebody was seen inside or asked for it: the outer door opens once more."""

    why: str


@dataclass(frozen=True)
class CarMeasured:
    """The car fits."""

    measurement: Measurement
    classes: tuple[str, ...]


@dataclass(frozen=True)
class CarRejected:
    """The car does not fit, with every reason."""

    measurement: Measurement
    misfits: tuple[Misfit, ...]


@dataclass(frozen=True)
class BayCleared:
    """Two unlike sensors and a person agree that nobody is left inside."""

    evidence: tuple[str, ...]
    kiosk: int
    """Where the person outside confirmed it."""
    by: str = ""
    """Who confirmed it; empty where nobody is asked for a name."""


@dataclass(frozen=True)
class ClearanceLost:
    """What was agreed no longer holds: a sensor changed, time passed, or nobody was watching."""

    why: str


@dataclass(frozen=True)
class StoringStarted:
    """The lift job was journaled, and is sent after that."""

    job_id: int


@dataclass(frozen=True)
class StoringRefused:
    """The PLC did not begin; the car stands in the bay as before."""

    why: str


@dataclass(frozen=True)
class CarFoundInBay:
    """A named person saw the car in a bay, after a job that failed or carried there by hand."""

    by: str
    bay: int
    """Another one than before where the car was brought there by hand."""


@dataclass(frozen=True)
class CarStored:
    """The car stands in a slot."""

    slot: int
    utc: datetime


@dataclass(frozen=True)
class CarDroveOut:
    """Two unlike sensors, or a named person, say that the car has left the tower."""

    evidence: tuple[str, ...]


@dataclass(frozen=True)
class MeasurementDisputed:
    """The PLC holds figures of another car than it was asked to store.

    It measures anew once the street door was open; to ask again before that helps nobody.
    """

    why: str


@dataclass(frozen=True)
class DropoffStalled:
    """What software cannot finish: sensors disagree, or nobody did their part in time."""

    why: str
    scale_kg: int | None = None
    """What the scale showed, where nothing but the car's weight was in doubt."""


@dataclass(frozen=True)
class StaffResumedDropoff:
    """A named person looked and lets it go on from the parking."""

    by: str
    weight_kg: int | None = None
    """The scale's figure, for which they vouch as the empty car's weight; None: not asked."""


DropoffEvent = (
    DriverAdmitted
    | EntryRefused
    | PutBackStarted
    | EntryOpened
    | CarParked
    | DriverTurnedBack
    | BayReopened
    | CarMeasured
    | CarRejected
    | BayCleared
    | ClearanceLost
    | StoringStarted
    | StoringRefused
    | MeasurementDisputed
    | CarFoundInBay
    | CarStored
    | CarDroveOut
    | DropoffStalled
    | StaffResumedDropoff
)

_S = DropoffState
_CARRIED_FROM = (_S.ADMITTED, _S.PARKED, _S.MEASURED, _S.CLEARED, _S.REJECTED, _S.REFERRED_TO_STAFF)
"""Where a way in may stand while people carry its car off by hand (a rescue)."""
DROPOFF_TABLE = TransitionTable(
    "dropoff",
    DropoffState,
    _S.EXPECTED,
    [
        (_S.EXPECTED, DriverAdmitted, _S.ADMITTED),
        (_S.EXPECTED, EntryRefused, _S.TURNED_AWAY),
        (_S.EXPECTED, PutBackStarted, _S.ADMITTED),
        (_S.ADMITTED, EntryOpened, _S.ADMITTED),
        (_S.ADMITTED, CarParked, _S.PARKED),
        (_S.ADMITTED, DriverTurnedBack, _S.TURNED_AWAY),
        (_S.ADMITTED, DropoffStalled, _S.REFERRED_TO_STAFF),
        (_S.PARKED, BayReopened, _S.ADMITTED),
        (_S.PARKED, CarMeasured, _S.MEASURED),
        (_S.PARKED, CarRejected, _S.REJECTED),
        (_S.PARKED, DropoffStalled, _S.REFERRED_TO_STAFF),
        (_S.MEASURED, BayReopened, _S.ADMITTED),
        (_S.MEASURED, BayCleared, _S.CLEARED),
        (_S.MEASURED, DropoffStalled, _S.REFERRED_TO_STAFF),
        (_S.CLEARED, ClearanceLost, _S.MEASURED),
        (_S.CLEARED, StoringStarted, _S.STORING),
        # A new attempt is a new cycle: the question to the driver is asked again.
        (_S.STORING, StoringRefused, _S.MEASURED),
        (_S.STORING, MeasurementDisputed, _S.REFERRED_TO_STAFF),
        (_S.STORING, CarFoundInBay, _S.PARKED),
        (_S.STORING, CarStored, _S.STORED),
        (_S.STORING, CarDroveOut, _S.TURNED_AWAY),
        (_S.REJECTED, CarDroveOut, _S.TURNED_AWAY),
        (_S.REJECTED, DropoffStalled, _S.REFERRED_TO_STAFF),
        (_S.REFERRED_TO_STAFF, StaffResumedDropoff, _S.ADMITTED),
        (_S.REFERRED_TO_STAFF, CarDroveOut, _S.TURNED_AWAY),
        *((state, CarStored, _S.STORED) for state in _CARRIED_FROM),
        *((state, CarFoundInBay, _S.PARKED) for state in _CARRIED_FROM),
        *((state, CarDroveOut, _S.TURNED_AWAY) for state in _CARRIED_FROM[:4]),
    ],
)


@dataclass(frozen=True)
class Dropoff:
    """One car's way into the tower."""

    dropoff_id: str
    vehicle: Vehicle
    """As known or announced; once measured, with the measured figures."""
    bay: int
    announced_utc: datetime
    known_kg: int
    """What the scale has to show of the empty car."""
    state: DropoffState = DropoffState.EXPECTED
    new: bool = False
    """The tower does not have this car in its ledger: staff bring it in for the first time."""
    put_back: bool = False
    """It did not drive in: it stands in the bay since the lift set it down, and was not driven
    out. A named member of staff has to confirm that nobody is left inside."""
    announced_by: str = ""
    """The member of staff; empty when a check-in code did it."""
    reservation_id: str | None = None
    language: str | None = None
    returns_by: datetime | None = None
    door_wanted: bool = True
    """The outer door was not yet seen open since the driver was last let in."""
    parked_utc: datetime | None = None
    stored_utc: datetime | None = None
    """None until then, and in older records."""
    measurement: Measurement | None = None
    evidence: tuple[str, ...] = ()
    """What last proved that nobody is left inside."""
    misfits: tuple[Misfit, ...] = ()
    reason: str = ""
    """Why it stands or ended where it did, for people."""
    vouched_by: str = ""
    """Who said that the car weighs ``known_kg``; empty where the tower knew it before."""
    papers_kg: int | None = None
    """What the ledger or the announcement said of its weight; None in older records."""

    @property
    def vin(self) -> str:
        """The car's VIN."""
        return self.vehicle.vin

    def apply(self, event: DropoffEvent) -> "Dropoff":
        """The drop-off after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        return _note(replace(self, state=DROPOFF_TABLE.after(self.state, type(event))), event)


def _note(dropoff: Dropoff, event: DropoffEvent) -> Dropoff:
    """Write down what the event says beyond the state."""
    match event:
        case EntryRefused(reason=refusal):
            return replace(dropoff, reason=refusal.value)
        case PutBackStarted(by=by, why=why):
            return replace(dropoff, put_back=True, announced_by=by, door_wanted=False, reason=why)
        case EntryOpened():
            return replace(dropoff, door_wanted=False)
        case CarParked(utc=utc):
            parked_utc = dropoff.parked_utc or utc
            return replace(dropoff, parked_utc=parked_utc, reason="")
        case CarMeasured(measurement=measurement):
            vehicle = measurement.of(dropoff.vehicle)
            return replace(dropoff, measurement=measurement, vehicle=vehicle, misfits=())
        case CarRejected(measurement=measurement, misfits=misfits):
            reason = ", ".join(misfit.value for misfit in misfits)
            return replace(dropoff, measurement=measurement, misfits=misfits, reason=reason)
        case CarStored(utc=utc):
            return replace(dropoff, stored_utc=utc)
        case BayCleared(evidence=evidence):
            return replace(dropoff, evidence=evidence, reason="")
        case _:
            return _note_setback(dropoff, event)


def _note_setback(dropoff: Dropoff, event: DropoffEvent) -> Dropoff:
    match event:
        case BayReopened(why=why):
            return replace(dropoff, door_wanted=True, reason=why, evidence=())
        case ClearanceLost(why=why) | StoringRefused(why=why) | DropoffStalled(why=why):
            return replace(dropoff, reason=why, evidence=())
        case MeasurementDisputed(why=why):
            return replace(dropoff, reason=why, evidence=(), measurement=None, door_wanted=True)
        case CarFoundInBay(bay=bay):
            return replace(dropoff, bay=bay, door_wanted=False, reason="", evidence=())
        case StaffResumedDropoff(by=by, weight_kg=kg):
            unmeasured = dropoff.parked_utc is not None and dropoff.measurement is None
            door_wanted = dropoff.door_wanted and unmeasured
            resumed = replace(dropoff, door_wanted=door_wanted, reason="", evidence=())
            return resumed if kg is None else replace(resumed, known_kg=kg, vouched_by=by)
        case _:
            return dropoff
