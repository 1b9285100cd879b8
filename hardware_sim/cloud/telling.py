"""Bookings in the words of the contract: in clear, or signed for the tower."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from hardware_sim.cloud.bookings import CONSENT_TEXT, Booking, LogPage, Seal
from hardware_sim.list_signing import ListSigner

SIGNED_FOR = timedelta(seconds=300)
"""A page that brings nothing new is signed once in this time, and sent again as it is."""


class ListTeller:
    """Tells one tower its list; keeps what it has signed, for a tower asks every few seconds."""

    def __init__(self, tower: str, signer: ListSigner | None, utc: Callable[[], datetime]) -> None:
        """Without a `signer` everything is told in clear."""
        self.tower = tower
        self._utc = utc
        self._last_page: tuple[object, datetime, str] | None = None
        self.signer = signer

    def change_signer(self, signer: ListSigner | None) -> None:
        """Sign with another key from now on, or not at all."""
        self.signer = signer
        self._last_page = None

    def signed(self, entry: object) -> dict[str, object]:
        """This entry, whatever it is, with the signature that the cloud puts on its own."""
        if self.signer is None or not isinstance(entry, dict):
            raise ValueError("a signed entry is an object, of a cloud that signs")
        return {"signed": self.signer.entry(self.tower, entry)}

    def page(self, page: LogPage, asked: str | None) -> dict[str, object]:
        """The contract's page."""
        told = {"changes": page.changes, "cursor": page.cursor, "more": page.more}
        if self.signer is None:
            return told
        return {**told, "signed": self._page_word(self.signer, page, asked)}

    def _page_word(self, signer: ListSigner, page: LogPage, asked: str | None) -> str:
        now, same = self._utc(), (asked, page.cursor, page.more)
        if not page.changes and self._last_page is not None:
            about, signed_at, text = self._last_page
            if about == same and timedelta(0) <= now - signed_at < SIGNED_FOR:
                return text
        text = signer.page(
            self.tower,
            asked=asked,
            cursor=page.cursor,
            more=page.more,
            issued_at=now.isoformat(),
            changes=page.changes,
        )
        self._last_page = None if page.changes else (same, now, text)
        return text


class ListTelling:
    """One answer's words; `public_key` is the tower's, for the portraits."""

    def __init__(self, teller: ListTeller, public_key: str, seal: Seal | None) -> None:
        self._teller = teller
        self._public_key = public_key
        self._seal = seal

    def booked(self, booking: Booking) -> object:
        """A revision of a reservation; the portrait leaves this house sealed only."""
        sealed, face = self._sealed(booking), told_face(booking)
        portrait = None if sealed is None else base64.b64encode(sealed).decode()
        signer = self._teller.signer
        if signer is None:
            face["sealed_portrait"] = portrait
            return {"op": "set", "reservation": {**told_booking(booking), "face": face}}
        face["portrait_sha256"] = None if sealed is None else hashlib.sha256(sealed).hexdigest()
        entry = {"op": "set", "reservation": {**told_booking(booking), "face": face}}
        return {"signed": signer.entry(self._teller.tower, entry), "sealed_portrait": portrait}

    def withdrawn(self, reservation_id: str) -> object:
        """The end of a reservation."""
        entry: dict[str, object] = {"op": "withdrawn", "id": reservation_id}
        signer = self._teller.signer
        return entry if signer is None else {"signed": signer.entry(self._teller.tower, entry)}

    def _sealed(self, booking: Booking) -> bytes | None:
        if booking.portrait is None or self._seal is None:
            return None
        return self._seal(
            booking.portrait,
            tower_public_key=self._public_key,
            reservation_id=booking.reservation_id,
        )


def told_booking(booking: Booking) -> dict[str, object]:
    """The contract's reservation, without a portrait."""
    return {
        "id": booking.reservation_id,
        "revision": booking.revision,
        "vehicle": asdict(booking.car),
        "window": {
            "starts_at": booking.starts_at.isoformat(),
            "ends_at": booking.ends_at.isoformat(),
        },
        "language": booking.language,
        "check_in_code": {"salt": booking.code_salt, "sha256": booking.code_sha256},
        "face": told_face(booking),
        "slot": booking.slot,
        "greeting": booking.greeting,
        "returns_by": None if booking.returns_by is None else booking.returns_by.isoformat(),
        "key_compartment": booking.key_compartment,
        "swap_for": booking.swap_for,
        "cards": [{"salt": salt, "sha256": digest} for salt, digest in booking.cards],
    }


def told_face(booking: Booking) -> dict[str, object]:
    """What the customer decided about their face."""
    return {"consent": booking.face_consent, "decision": _told_decision(booking)}


def _told_decision(booking: Booking) -> dict[str, str] | None:
    if booking.decided_at is None:
        return None
    return {
        "text_version": CONSENT_TEXT,
        "decided_at": booking.decided_at.isoformat(),
        "channel": "app",
    }
