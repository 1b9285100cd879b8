"""A reservation as the cloud sends it, and whether the tower can honour it."""

from dataclasses import dataclass, field
from datetime import datetime

from vendtower.domain.card import KnownCard
from vendtower.domain.spent_code import fits
from vendtower.domain.vehicle import Vehicle


@dataclass(frozen=True)
class ConsentDecision:
    """How the customer decided about being recognised by face, as the cloud recorded it."""

    text_version: str
    """Of the text that they were shown."""
    decided_at: datetime
    channel: str
    """Where they were asked: ``app``, ``web``, ``desk``."""


@dataclass(frozen=True)
class Reservation:
    """One customer, one car, one window of time."""

    reservation_id: str
    revision: int
    """Grows with every change the cloud makes to this reservation."""
    vehicle: Vehicle
    starts_at: datetime
    """Start of the collection window, with time zone."""
    ends_at: datetime
    language: str
    """BCP 47 tag of the customer's language."""
    code_salt: str
    code_sha256: str
    """Lower-case hex of SHA-256 over ``code_salt + code`` in UTF-8."""
    face_consent: bool
    """False: the customer declined; code and staff are their route."""
    sealed_portrait: bytes | None
    """Enrolment picture encrypted to the tower's key; None without consent."""
    slot: int | None = None
    """Where the cloud believes the car to stand; the tower's ledger decides."""
    greeting: str = ""
    """What the kiosk may show in view of others, for instance an initial."""
    returns_by: datetime | None = None
    """When the car is due back, with time zone; None when the cloud has not said."""
    key_compartment: int | None = None
    """The key cabinet's compartment that holds the car's key; None where there is none to give."""
    swap_for: str | None = None
    """VIN of the car that the customer brings back and exchanges for this one."""
    cards: tuple[KnownCard, ...] = ()
    """Cards that name the car's return at a kiosk's reader, and nothing else."""

    consent: ConsentDecision | None = None
    """Behind ``face_consent``; None when the cloud does not say."""
    proof: str = field(default="", repr=False)
    """The cloud's signature over all of this but the picture, whose hash it has; empty where the
    cloud did not sign."""

    def accepts_code(self, code: str) -> bool:
        """Whether this is the check-in code of the reservation; compared in constant time."""
        return fits(self.code_salt, self.code_sha256, code)


@dataclass(frozen=True)
class ReservationSet:
    """The cloud made or changed a reservation."""

    reservation: Reservation


@dataclass(frozen=True)
class ReservationWithdrawn:
    """The cloud deleted a reservation."""

    reservation_id: str


@dataclass(frozen=True)
class ReservationUnreadable:
    """One item of the cloud's answer that is not a reservation; the others still count."""

    reservation_id: str | None
    why: str
    """Names the field, what was found and what was expected."""
    unproven: bool = False
    """It may be readable, and no trusted key has signed it."""


ReservationChange = ReservationSet | ReservationWithdrawn | ReservationUnreadable
