"""What the tower shows people: one picture, replaced whole whenever something changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from vendtower.domain.alarm import Alarm
from vendtower.domain.case import Case
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.hindrance import Hindrance
from vendtower.domain.identity import CaptureHint
from vendtower.domain.interruption import Interruption
from vendtower.domain.job import Job
from vendtower.domain.lease import SeenLease
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import MachineSnapshot, PlcLink
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import OperatingMode
from vendtower.domain.moves import LeftReason
from vendtower.domain.out_of_service import Closure, ServiceNote
from vendtower.domain.override import Override
from vendtower.domain.pickup import Visit
from vendtower.domain.power import PowerProfile
from vendtower.domain.reservation_list import ListAge
from vendtower.ports.journal import OutboxCounts


class KioskPhase(Enum):
    """What a kiosk is doing."""

    FREE = "free"
    """Nobody there."""
    CHECKING_IN = "checking_in"
    """Waits for a code or a face."""
    VERIFYING = "verifying"
    """Compares the face with the reserved customer."""
    REFUSED = "refused"
    """The person was not verified; shown for a few seconds."""
    STAFF_ROUTE = "staff_route"
    """Code seen; staff are called to look at a document."""
    BRINGING_CAR = "bringing_car"
    CONDITION = "condition"
    """Asks for a signature, at a return for odometer and fuel or charge as well; ``reason`` says
    which moment it is."""
    KEY_TAKE = "key_take"
    """The key's compartment opens, or has opened; ``reason`` has its number."""
    KEY_BACK = "key_back"
    """The key has to come back into its compartment; ``reason`` has its number."""
    KEY_WITH_STAFF = "key_with_staff"
    """Staff hand the key over; a case is open."""
    HAND_OVER = "hand_over"
    """The outer door is open or opening for the customer."""
    GOODBYE = "goodbye"
    PREPARING_BAY = "preparing_bay"
    """A car is expected, and the bay is not proven empty yet."""
    DRIVE_IN = "drive_in"
    """The outer door is open or opening for a car that comes in."""
    LEAVE_BAY = "leave_bay"
    """The car stands in the bay; driver and passengers have to come out."""
    MEASURING = "measuring"
    CONFIRM_CLEAR = "confirm_clear"
    """Asks a person outside whether everybody is out of the car and the bay."""
    STORING = "storing"
    """The tower takes the car away; nobody is needed any more."""
    RETURNED = "returned"
    DRIVE_OUT = "drive_out"
    """The car does not fit and has to drive out again; ``reason`` has the misfits."""
    REFERRED = "referred"
    """A case is open; staff are called."""


@dataclass(frozen=True)
class KioskStatus:
    """One kiosk, as far as its screen needs to know."""

    number: int
    bay: int
    phase: KioskPhase
    language: str
    greeting: str = ""
    hint: CaptureHint | None = None
    visit_id: str | None = None
    case_id: int | None = None
    reason: str = ""
    """Name of the refusal, from its closed enum."""
    face_available: bool = True
    car_eta_s: float | None = None
    """Honest seconds until the car stands in the bay; None when nobody can say."""
    reminding: bool = False
    """The person takes long and is asked once more."""
    closed: Closure | None = None
    """Why nobody new is served at this bay, while others may be."""
    elsewhere: tuple[int, ...] = ()
    """Bays to which the person at this one may go instead."""
    reminders: int = 0
    """How often."""
    sounding: bool = False
    """The last reminder came this moment."""
    wants_name: bool = False
    """The confirmation that is asked for is a named member of staff's."""
    question: int = 0
    """Number of the confirmation that is asked for; an answer has to name it."""
    typed: int = 0
    """How many digits of a code were typed; which ones is on no screen."""
    without_face: bool = False
    """At this check-in the camera looks for codes alone."""


@dataclass(frozen=True)
class PowerStatus:
    """How many lifts may move at one time, and why."""

    profile: PowerProfile = PowerProfile.NORMAL
    why: str = ""
    """Why it is reduced; empty when it is not."""
    moving_lifts_max: int | None = None
    """None: all of them."""


@dataclass(frozen=True)
class ListStatus:
    """How far the list of reservations can be believed."""

    age: ListAge
    signature_required: bool = True
    refusal: str = ""
    """Why the cloud's last page was not taken; empty when it was."""
    unproven: Mapping[str, str] = field(default_factory=dict)
    """Reservation to how its record differs from what the cloud signed."""


@dataclass(frozen=True)
class TowerPicture:
    """Everything that screens and the maintenance CLI may show."""

    utc: datetime
    in_service: bool
    """False: no new customers are served now."""
    out_of_service_why: tuple[str, ...]
    plc_link: PlcLink
    machine: MachineSnapshot | None
    machine_fresh: bool
    """False: the snapshot is older than its limit and counts as none."""
    cloud_reachable: bool
    cloud_note: str
    face_available: bool
    kiosks: tuple[KioskStatus, ...]
    visits: tuple[Visit, ...]
    carriages: tuple[Carriage, ...]
    ledger: tuple[LedgerLine, ...]
    jobs: tuple[Job, ...]
    """Open ones and the last that ended, oldest first."""
    cases: tuple[Case, ...]
    outbox: OutboxCounts
    liveness: bool = True
    """Whether a matching face has to show that it is alive; the site decides."""
    face_note: str = ""
    """For staff: why faces are not verified; empty when they are."""
    alarms: tuple[Alarm, ...] = ()
    """Every alarm that is not normal."""
    dropoffs: tuple[Dropoff, ...] = ()
    """Cars on their way in, and the last that ended."""
    mode: OperatingMode = OperatingMode.AUTOMATIC
    maintenance: MaintenanceSession | None = None
    """The session that has not ended."""
    interruptions: tuple[Interruption, ...] = ()
    """E-stops, doors, fire and pauses that nobody has confirmed yet."""
    overrides: tuple[Override, ...] = ()
    """Those that have not ended."""
    liftable: tuple[Hindrance, ...] = ()
    """Hindrances that an override may lift."""
    notes: tuple[ServiceNote, ...] = ()
    """Slots, lifts and bays that are out of service."""
    leases: tuple[SeenLease, ...] = ()
    """Who has what, and who waits for it."""
    power: PowerStatus = PowerStatus()
    left: Mapping[str, LeftReason] = field(default_factory=dict)
    """VIN of a car that is wanted elsewhere to why no lift goes for it now."""
    reservation_list: ListStatus | None = None
    """None where nobody has looked."""
    unable_lifts: Mapping[int, str] = field(default_factory=dict)
    """Lift to why it serves nobody: a case about it is open, or it has a latched fault."""


class Screens(Protocol):
    """Whoever shows the picture."""

    async def wanted(self) -> None:
        """Return while somebody looks: at once, or as soon as somebody does."""
        ...

    def show(self, picture: TowerPicture) -> None:
        """Replace what was shown before; never blocks, never raises."""
        ...
