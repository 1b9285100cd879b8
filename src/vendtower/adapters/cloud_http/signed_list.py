"""The list of reservations as the cloud signs it: each entry by itself, and each page as a whole.

An entry's signature stays with the reservation as its proof. A page's signature says for which
tower it is, what was asked, when it was made, and which entries are in it in which order: an old
page, another tower's, or one that somebody put together of good entries is none.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field, ValidationError

from vendtower.adapters.cloud_http.jws import TrustedKeys, signed_payload, unsigned_payload
from vendtower.adapters.cloud_http.reading import (
    PORTRAIT_TEXT_MAX,
    Time,
    Wire,
    first_complaint,
    id_of,
    read_change,
)
from vendtower.domain.reservation import (
    ReservationChange,
    ReservationSet,
    ReservationUnreadable,
)
from vendtower.domain.reservation_proof import ProvenReservation
from vendtower.ports.reservation_cloud import ChangePage, CloudRefused, CloudUnproven
from vendtower.ports.reservation_proof import NotProven

ENTRY = "vendtower-entry+jws"
PAGE = "vendtower-page+jws"


class _Page(Wire):
    changes: Annotated[list[object], Field(max_length=25)]
    cursor: Annotated[str, Field(min_length=1, max_length=512)]
    more: bool
    signed: str | None = None


class _PageWord(Wire):
    tower: str
    asked: str | None
    cursor: str
    more: bool
    issued_at: Time
    entries: list[str | None]


class SignedList:
    """Reads pages and proofs for one tower; fulfils ``ReservationProofs``."""

    def __init__(self, tower_id: str, keys: TrustedKeys, *, required: bool) -> None:
        """``required``: what none of the keys has signed is refused."""
        self._tower_id = tower_id
        self._keys = keys
        self._required = required
        self._last_page: tuple[str, _PageWord] | None = None
        """A cloud may sign an unchanged page once and send it for a minute."""

    # --- pages

    def page(self, value: object, asked_with: str | None) -> ChangePage:
        """A page of changes; an item that cannot be read or is not signed spoils itself alone.

        Raises:
            CloudRefused: when the page around the items has another shape, or does not advance.
            CloudUnproven: when it is not as the cloud signed it; nothing of it counts.

        """
        try:
            page = _Page.model_validate(value)
        except ValidationError as error:
            why = first_complaint(error)
            raise CloudRefused(f"cloud: reservations page: {why}", 200) from error
        if page.more and page.cursor == asked_with:
            raise CloudRefused(
                "cloud: reservations page: found more = true with the cursor that was asked with,"
                " expected one that advances",
                200,
            )
        issued_utc = self._issued(page, asked_with)
        changes = tuple(self._change(item) for item in page.changes)
        return ChangePage(changes, page.cursor, page.more, issued_utc)

    def _issued(self, page: _Page, asked_with: str | None) -> datetime | None:
        if not self._required and (page.signed is None or not self._keys):
            return None
        try:
            word = self._page_word(page.signed)
        except NotProven as error:
            raise CloudUnproven(f"cloud: reservations page: {error}") from error
        said = {
            "tower": (word.tower, self._tower_id),
            "asked": (word.asked, asked_with),
            "cursor": (page.cursor, word.cursor),
            "more": (page.more, word.more),
            "entries": ([_digest(item) for item in page.changes], word.entries),
        }
        for name, (found, expected) in said.items():
            if found != expected:
                what = "other ones" if name == "entries" else repr(found)[:80]
                wanted = "those that are signed" if name == "entries" else repr(expected)[:80]
                raise CloudUnproven(
                    f"cloud: reservations page: {name}: found {what}, expected {wanted}"
                )
        return word.issued_at

    def _page_word(self, text: str | None) -> _PageWord:
        if self._last_page is not None and text == self._last_page[0]:
            return self._last_page[1]
        payload = signed_payload(text, PAGE, self._keys)
        try:
            word = _PageWord.model_validate(payload)
        except ValidationError as error:
            raise NotProven(f"signed page: {first_complaint(error)}") from error
        self._last_page = (text or "", word)
        return word

    # --- entries

    def _change(self, item: object) -> ReservationChange:
        text = item.get("signed") if isinstance(item, Mapping) else None
        if text is None:
            if self._required:
                return ReservationUnreadable(id_of(item), "found no signature", unproven=True)
            return read_change(item)
        try:
            verified = self._required or bool(self._keys)
            payload = self._entry(text) if verified else unsigned_payload(text)
        except NotProven as error:
            return ReservationUnreadable(_id_in(text), str(error), unproven=True)
        change = _read_signed(payload)
        if not isinstance(change, ReservationSet):
            return change
        proof = text if verified and isinstance(text, str) else ""
        picture = item.get("sealed_portrait") if isinstance(item, Mapping) else None
        return _with_picture(change, payload, picture, proof)

    def _entry(self, text: object) -> Mapping[str, object]:
        payload = signed_payload(text, ENTRY, self._keys)
        tower = payload.get("tower")
        if tower != self._tower_id:
            found = repr(tower)[:60]
            raise NotProven(f"signature: found one for tower {found}, expected {self._tower_id}")
        return payload

    def proven(self, proof: str) -> ProvenReservation:
        """What a reservation's proof says.

        Raises:
            NotProven: when it does not hold.

        """
        payload = self._entry(proof or None)
        change = _read_signed(payload)
        if isinstance(change, ReservationSet):
            return ProvenReservation(change.reservation, _picture_hash(payload))
        raise NotProven("signature: found one of something else than a reservation")


def _read_signed(payload: Mapping[str, object]) -> ReservationChange:
    """What is signed, which is kept for longer than a picture may be."""
    change = read_change(payload)
    if isinstance(change, ReservationSet) and _face(payload).get("sealed_portrait") is not None:
        why = "sealed_portrait: found a picture in what is signed, expected it beside"
        return ReservationUnreadable(change.reservation.reservation_id, why)
    return change


def _with_picture(
    change: ReservationSet, payload: Mapping[str, object], picture: object, proof: str
) -> ReservationChange:
    """The reservation with the picture that came beside it, which has to be the one signed."""
    held = replace(change.reservation, proof=proof)
    wanted = _picture_hash(payload) if held.face_consent else None
    if wanted is None:
        # Without consent no picture enters the tower, whatever the cloud sends.
        return ReservationSet(replace(held, sealed_portrait=None))
    sealed = _decoded(picture)
    if sealed is None or hashlib.sha256(sealed).hexdigest() != wanted:
        why = "sealed_portrait: found another picture than the one that is signed"
        return ReservationUnreadable(held.reservation_id, why)
    return ReservationSet(replace(held, sealed_portrait=sealed))


def _picture_hash(payload: Mapping[str, object]) -> str | None:
    found = _face(payload).get("portrait_sha256")
    return found if isinstance(found, str) else None


def _face(payload: Mapping[str, object]) -> Mapping[str, object]:
    reservation = payload.get("reservation")
    face = reservation.get("face") if isinstance(reservation, Mapping) else None
    return face if isinstance(face, Mapping) else {}


def _decoded(picture: object) -> bytes | None:
    if not isinstance(picture, str) or len(picture) > PORTRAIT_TEXT_MAX:
        return None
    try:
        return base64.b64decode(picture, validate=True)
    except ValueError:
        return None


def _digest(item: object) -> str | None:
    """By which a page names an entry and the picture beside it.

    None for one without signature; empty, which no page names, for one with no base64 beside it.
    """
    text = item.get("signed") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(text, str):
        return None
    picture = item.get("sealed_portrait") or ""
    if isinstance(picture, str) and "." in picture:
        # The end of a signature, sent as a picture, would give the hash of the whole entry.
        return ""
    whole = f"{text}.{picture if isinstance(picture, str) else ''}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _id_in(text: object) -> str | None:
    """The reservation that an entry names which nobody vouches for."""
    try:
        return id_of(unsigned_payload(text))
    except NotProven:
        return None
