"""Reservations as the operator's cloud keeps them: one ordered change log per tower."""

import base64
import binascii
import hashlib
import json
import random
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

PAGE_LIMIT_MAX = 25
PORTRAIT_BYTES_MAX = 511 * 1024
"""Leaves room for what sealing adds, below the contract's 512 KiB."""
CHANGES_BYTES_MAX = 8 * 1024 * 1024 - 4096
"""Of a page's changes as JSON; leaves room for the cursor, below the contract's 8 MiB."""
CODE_DIGITS = 6
CARDS_MAX = 8
CONSENT_TEXT = "2026-02"
"""Version of the text about faces that this cloud's app shows."""


class Seal(Protocol):
    """Encrypts a portrait to a tower's public key, for one reservation."""

    def __call__(self, picture: bytes, *, tower_public_key: str, reservation_id: str) -> bytes:
        """The sealed portrait; ``tower_public_key`` is the boot report's base64."""
        ...


class Telling(Protocol):
    """Puts changes into the contract's words."""

    def booked(self, booking: "Booking") -> object:
        """A revision of a reservation."""
        ...

    def withdrawn(self, reservation_id: str) -> object:
        """The end of one."""
        ...


class UnknownCursor(ValueError):
    """The cursor is not one that this log has given out."""


@dataclass(frozen=True)
class BookedCar:
    """The car of a booking."""

    vin: str
    plate: str = "A-12345"
    model: str = "Sedan"
    length_mm: int = 4600
    width_mm: int = 1850
    height_mm: int = 1500
    weight_kg: int = 1600


@dataclass(frozen=True)
class Booking:
    """One revision of a reservation."""

    reservation_id: str
    revision: int
    car: BookedCar
    starts_at: datetime
    ends_at: datetime
    language: str
    code_salt: str
    code_sha256: str
    face_consent: bool
    portrait: bytes | None
    """In clear here; sealed for the tower when it asks."""
    slot: int | None
    greeting: str
    returns_by: datetime | None = None
    key_compartment: int | None = None
    swap_for: str | None = None
    cards: tuple[tuple[str, str], ...] = ()
    """Salt and hash of each card that may bring the car back."""
    decided_at: datetime | None = None
    """When the customer said yes or no to being recognised; None: not recorded."""


@dataclass(frozen=True)
class Booked:
    """What the customer gets for a new reservation."""

    reservation_id: str
    code: str
    """The check-in code; the tower gets its salted hash alone."""
    revision: int


@dataclass(frozen=True)
class _Entry:
    """One change: a revision, a withdrawal, or an item sent as it is (to test the tower)."""

    booking: Booking | None = None
    withdrawn: str | None = None
    raw: object = None

    @property
    def about(self) -> str | None:
        """The reservation; None for an item that is sent as it is."""
        return self.withdrawn if self.booking is None else self.booking.reservation_id


@dataclass(frozen=True)
class LogPage:
    """Part of the log as the contract's page."""

    changes: list[object]
    cursor: str
    more: bool


class BookingLog:
    """All changes of one tower's reservations, in order."""

    def __init__(self, epoch: str) -> None:
        """`epoch` tells this log's cursors from those of another one."""
        self._epoch = epoch
        self._entries: list[_Entry] = []
        self.current: dict[str, Booking] = {}
        self._heard = 0
        """So many entries the tower has taken, by the cursor that it came back with."""

    def put(self, booking: Booking) -> None:
        """Log a new or changed reservation."""
        check_booking(booking)
        self.current[booking.reservation_id] = booking
        self._entries.append(_Entry(booking=booking))

    def change(self, reservation_id: str, **changes: object) -> Booking:
        """Log the next revision with these fields changed; raises KeyError for an unknown id."""
        before = self.current[reservation_id]
        after = replace(before, revision=before.revision + 1, **changes)  # type: ignore[arg-type]  # names and types are the dataclass's own; check_booking looks at the values
        self.put(after)
        return after

    def withdraw(self, reservation_id: str) -> None:
        """Log the deletion; raises KeyError for an unknown id."""
        del self.current[reservation_id]
        self._entries.append(_Entry(withdrawn=reservation_id))

    def put_raw(self, item: object) -> None:
        """Log an item that is sent as it is, to see what a tower does with a broken one."""
        self._entries.append(_Entry(raw=item))

    def heard_withdrawn(self, reservation_id: str) -> bool:
        """Whether the tower has come back with a cursor beyond this reservation's withdrawal."""
        about = [each for each in self._entries[: self._heard] if each.about == reservation_id]
        return bool(about) and about[-1].withdrawn is not None

    def tell_again(self, at: int) -> None:
        """Log the change at this place of the log once more, overtaken or not."""
        self._entries.append(self._entries[at])

    def __len__(self) -> int:
        """Changes logged so far."""
        return len(self._entries)

    @property
    def newest(self) -> str:
        """The cursor of a tower that has heard everything."""
        return self._cursor(len(self._entries))

    def forget_cursors(self, epoch: str) -> None:
        """Behave as after a restore: cursors given out so far mean nothing any more."""
        self._epoch = epoch

    def page(self, cursor: str | None, limit: int, tell: "Telling") -> LogPage:
        """The changes after the cursor, in the contract's words.

        Raises:
            UnknownCursor: when the cursor is not of this log.

        """
        start = 0 if cursor is None else self._position(cursor)
        self._heard = max(self._heard, start)
        changes: list[object] = []
        room = CHANGES_BYTES_MAX
        for entry in self._entries[start : start + limit]:
            change = self._told(entry, tell)
            room -= len(json.dumps(change)) + 2
            if changes and room < 0:
                break
            changes.append(change)
        end = start + len(changes)
        return LogPage(changes, self._cursor(end), end < len(self._entries))

    def _told(self, entry: _Entry, tell: "Telling") -> object:
        if entry.booking is not None:
            booking = entry.booking
            if self.current.get(booking.reservation_id) is not booking:
                # A picture is not handed out once its reservation has changed or is gone.
                booking = replace(booking, portrait=None)
            return tell.booked(booking)
        return entry.raw if entry.withdrawn is None else tell.withdrawn(entry.withdrawn)

    def _cursor(self, position: int) -> str:
        return base64.urlsafe_b64encode(f"{self._epoch}:{position}".encode()).decode()

    def _position(self, cursor: str) -> int:
        try:
            epoch, _, position = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition(":")
            found = int(position)
        except (binascii.Error, ValueError) as error:
            raise UnknownCursor(f"cursor {cursor[:40]!r} is none of ours") from error
        if epoch != self._epoch or not 0 <= found <= len(self._entries):
            raise UnknownCursor(f"cursor {cursor[:40]!r} is of another log")
        return found


def new_code(chance: random.Random) -> str:
    """A check-in code that fits a keypad."""
    return f"{chance.randrange(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def salted(code: str, chance: random.Random) -> tuple[str, str]:
    """A new salt, and the hash that the contract wants of salt and code."""
    salt = f"{chance.getrandbits(128):032x}"
    return salt, hashlib.sha256((salt + code).encode()).hexdigest()


def check_booking(booking: Booking) -> None:
    """Refuse what the contract does not allow, with ValueError: the reference must be right."""
    car = booking.car
    extents = (car.length_mm, car.width_mm, car.height_mm, car.weight_kg)
    rules = [
        (re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", booking.reservation_id), "id"),
        (re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", car.vin), "vin: 17 characters of ISO 3779"),
        (0 < len(car.plate) <= 16, "plate: 1 to 16 characters"),
        (0 < len(car.model) <= 80, "model: 1 to 80 characters"),
        (all(0 < extent <= 20000 for extent in extents), "dimensions and weight: 1 to 20000"),
        (booking.starts_at.tzinfo is not None, "starts_at: a time with a zone"),
        (booking.ends_at.tzinfo is not None, "ends_at: a time with a zone"),
        (
            booking.returns_by is None or booking.returns_by.tzinfo is not None,
            "returns_by: a time with a zone",
        ),
        (re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", booking.language), "language: BCP 47"),
        (booking.slot is None or 0 < booking.slot <= 65535, "slot: 1 to 65535"),
        (
            booking.key_compartment is None or 0 < booking.key_compartment <= 9999,
            "key_compartment: 1 to 9999",
        ),
        (
            booking.swap_for is None or re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", booking.swap_for),
            "swap_for: 17 characters of ISO 3779",
        ),
        (len(booking.cards) <= CARDS_MAX, f"cards: at most {CARDS_MAX}"),
        (len(booking.greeting) <= 80, "greeting: at most 80 characters"),
        (not re.search(r"[\x00-\x1f\x7f]", booking.greeting), "greeting: no control characters"),
        (booking.face_consent or booking.portrait is None, "portrait: only with consent"),
        (len(booking.portrait or b"") <= PORTRAIT_BYTES_MAX, "portrait: at most 511 KiB"),
    ]
    for holds, expected in rules:
        if not holds:
            raise ValueError(f"booking {booking.reservation_id}: expected {expected}")
    if booking.starts_at >= booking.ends_at:
        raise ValueError(f"booking {booking.reservation_id}: expected ends_at after starts_at")
