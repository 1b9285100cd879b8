"""What the reference cloud knows; the contract's and the control's handlers share it."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hardware_sim.cloud.bookings import (
    Booked,
    BookedCar,
    Booking,
    BookingLog,
    Seal,
    new_code,
    salted,
)
from hardware_sim.cloud.compensation import Compensations
from hardware_sim.cloud.event_store import EventStore
from hardware_sim.cloud.faults import FaultPlan
from hardware_sim.cloud.telling import ListTeller
from hardware_sim.list_signing import ListSigner


@dataclass
class TowerRecord:
    """One tower: its token, its bookings, and what it said of itself."""

    token: str
    log: BookingLog
    teller: ListTeller
    boots: list[Mapping[str, object]] = field(default_factory=list)
    """Boot reports, the last one counts."""
    booted: bool = False
    """An accepted boot has come; without one there are no reservations for the tower."""
    evidence: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """SHA-256 in hex to media type and content."""

    @property
    def public_key(self) -> str:
        """Of the last boot report; empty before the first."""
        return str(self.boots[-1]["public_key"]) if self.boots else ""


class CloudState:
    """Towers, bookings, events and faults."""

    def __init__(
        self,
        *,
        tokens: Mapping[str, str],
        seal: Seal | None,
        chance: random.Random,
        utc: Callable[[], datetime],
        signer: ListSigner | None = None,
    ) -> None:
        self.chance = chance
        self.seal = seal
        self.utc = utc
        self.towers = {
            tower: TowerRecord(
                token, BookingLog(self.new_epoch()), ListTeller(tower, signer, self.now)
            )
            for tower, token in tokens.items()
        }
        self.events = EventStore()
        self.compensations = Compensations()
        self.events.listeners.append(self.compensations.hear)
        self.faults = FaultPlan()
        self.boot_refusal: str | None = None
        """Why boots are not accepted; None accepts them."""
        self.requests: Counter[str] = Counter()
        """Operation to its requests, also those that failed."""

    def now(self) -> datetime:
        """What its clock says, right or wrong."""
        return self.utc()

    def new_epoch(self) -> str:
        """A mark that tells one log's cursors from another's."""
        return f"{self.chance.getrandbits(32):08x}"

    def tower_of(self, tower: str | None) -> TowerRecord:
        """The named tower, or the only one.

        Raises:
            ValueError: when there is no such tower, or several and none named.

        """
        if tower is None and len(self.towers) == 1:
            return next(iter(self.towers.values()))
        if tower not in self.towers:
            raise ValueError(f"tower {tower}: expected one of {', '.join(sorted(self.towers))}")
        return self.towers[tower]

    def tower_with(self, reservation_id: str) -> TowerRecord:
        """The tower of this reservation; raises ValueError when there is none."""
        for record in self.towers.values():
            if reservation_id in record.log.current:
                return record
        raise ValueError(f"reservation {reservation_id}: there is none")

    def add_reservation(
        self,
        *,
        car: BookedCar,
        starts_at: datetime,
        ends_at: datetime,
        tower: str | None,
        language: str,
        face_consent: bool,
        portrait: bytes | None,
        slot: int | None,
        greeting: str,
        returns_by: datetime | None,
        key_compartment: int | None = None,
        swap_for: str | None = None,
        cards: Sequence[str] = (),
        reservation_id: str | None,
        code: str | None,
    ) -> Booked:
        """See `ReferenceCloud.add_reservation`."""
        record = self.tower_of(tower)
        if portrait is not None and self.seal is None:
            raise ValueError("portrait: this cloud was started without a seal")
        code = code if code is not None else new_code(self.chance)
        salt, digest = salted(code, self.chance)
        booking = Booking(
            reservation_id=reservation_id or f"R-{self.chance.getrandbits(40):010x}",
            revision=1,
            car=car,
            starts_at=starts_at,
            ends_at=ends_at,
            language=language,
            code_salt=salt,
            code_sha256=digest,
            face_consent=face_consent,
            portrait=portrait,
            slot=slot,
            greeting=greeting,
            returns_by=returns_by,
            key_compartment=key_compartment,
            swap_for=swap_for,
            cards=tuple(salted(card, self.chance) for card in cards),
            decided_at=starts_at - timedelta(days=2),
        )
        if booking.reservation_id in record.log.current:
            raise ValueError(f"reservation {booking.reservation_id}: there is one already")
        record.log.put(booking)
        return Booked(booking.reservation_id, code, booking.revision)
