"""What the cloud's answers must look like, and what they mean to the tower."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from vendtower.domain.card import KnownCard
from vendtower.domain.reservation import (
    ConsentDecision,
    Reservation,
    ReservationChange,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.domain.vehicle import Vehicle
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    CloudRefused,
    EventReceipt,
)

PORTRAIT_BYTES_MAX = 512 * 1024
CARDS_MAX = 8
"""Of one reservation: a customer and whoever else may bring the car back."""
PORTRAIT_TEXT_MAX = (PORTRAIT_BYTES_MAX + 2) // 3 * 4
TIME_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
SHOWN = frozenset(
    {"op", "revision", "starts_at", "ends_at", "returns_by", "language", "slot", "consent", "more"}
)
"""Members whose values an error may quote; the others may be personal or secret."""


def _zoned(value: object) -> datetime:
    if not isinstance(value, str) or not TIME_SHAPE.fullmatch(value):
        raise ValueError("expected an RFC 3339 time with a zone, e.g. 2026-01-31T09:00:00+08:00")
    # Years near the ends of the calendar would overflow wherever a zone is changed.
    if not "2000" <= value[:4] <= "2999":
        raise ValueError("expected a year from 2000 to 2999")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(f"expected a time that exists ({error})") from error


def _portrait(value: object) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > PORTRAIT_TEXT_MAX:
        raise ValueError(f"expected base64 of at most {PORTRAIT_BYTES_MAX} bytes, or null")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValueError("expected base64") from error


Time = Annotated[datetime, BeforeValidator(_zoned)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Extent = Annotated[int, Field(ge=1, le=20000)]


class Wire(BaseModel):
    # Members that are not known are ignored: the contract may grow within a version.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Vehicle(Wire):
    vin: Annotated[str, Field(pattern=r"^[A-HJ-NPR-Z0-9]{17}$")]
    plate: Annotated[str, Field(min_length=1, max_length=16)]
    model: Annotated[str, Field(min_length=1, max_length=80)]
    length_mm: Extent
    width_mm: Extent
    height_mm: Extent
    weight_kg: Extent


class _Window(Wire):
    starts_at: Time
    ends_at: Time


class _CheckInCode(Wire):
    salt: Annotated[str, Field(min_length=1, max_length=128)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class _Card(Wire):
    salt: Annotated[str, Field(min_length=1, max_length=128)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class _Decision(Wire):
    text_version: Annotated[str, Field(min_length=1, max_length=64)]
    decided_at: Time
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]

    def record(self) -> ConsentDecision:
        return ConsentDecision(self.text_version, self.decided_at, self.channel)


class _Face(Wire):
    consent: bool
    decision: _Decision | None = None
    sealed_portrait: Annotated[bytes | None, BeforeValidator(_portrait)] = None


class _Reservation(Wire):
    id: Id
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]
    vehicle: _Vehicle
    window: _Window
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
    check_in_code: _CheckInCode
    face: _Face
    slot: Annotated[int | None, Field(ge=1, le=65535)] = None
    greeting: Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    returns_by: Time | None = None
    key_compartment: Annotated[int | None, Field(ge=1, le=9999)] = None
    swap_for: Annotated[str | None, Field(pattern=r"^[A-HJ-NPR-Z0-9]{17}$")] = None
    cards: Annotated[list[_Card], Field(max_length=CARDS_MAX)] = []


class _Set(Wire):
    op: Literal["set"]
    reservation: _Reservation


class _Withdrawn(Wire):
    op: Literal["withdrawn"]
    id: Id


class _Boot(Wire):
    accepted: bool
    reason: Annotated[str, Field(max_length=1000)] = ""
    server_time: Time | None = None


class _Rejected(Wire):
    id: str
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class _Receipt(Wire):
    accepted: list[str]
    rejected: list[_Rejected]


def read_boot_answer(value: object) -> BootAnswer:
    """The answer to a boot report; raises ``CloudRefused`` when it has another shape."""
    try:
        answer = _Boot.model_validate(value)
    except ValidationError as error:
        raise CloudRefused(f"cloud: boot answer: {first_complaint(error)}", 200) from error
    return BootAnswer(answer.accepted, answer.reason, answer.server_time)


def read_evidence_answer(value: object, sha256: str) -> None:
    """Check that the cloud says it has this very file.

    Raises:
        CloudRefused: when it says something else.

    """
    found = value.get("sha256") if isinstance(value, Mapping) else None
    if found != sha256:
        raise CloudRefused(f"cloud: evidence {sha256}: the answer names another file", 200)


def read_receipt(value: object, sent: frozenset[str]) -> EventReceipt:
    """What became of the events that were sent; ids that were not sent are ignored.

    Raises:
        CloudRefused: when the receipt has another shape or contradicts itself.

    """
    try:
        receipt = _Receipt.model_validate(value)
    except ValidationError as error:
        raise CloudRefused(f"cloud: event receipt: {first_complaint(error)}", 200) from error
    accepted = frozenset(receipt.accepted) & sent
    rejected = {item.id: item.reason for item in receipt.rejected if item.id in sent}
    both = sorted(accepted & rejected.keys())
    if both:
        raise CloudRefused(
            f"cloud: event receipt: found event {both[0]} accepted and rejected, expected one", 200
        )
    return EventReceipt(accepted=accepted, rejected=rejected)


def read_change(item: object) -> ReservationChange:
    """One item of a page; one that cannot be read spoils itself alone."""
    op = item.get("op") if isinstance(item, Mapping) else None
    try:
        if op == "withdrawn":
            return ReservationWithdrawn(_Withdrawn.model_validate(item).id)
        return _reservation(_Set.model_validate(item).reservation)
    except ValidationError as error:
        return ReservationUnreadable(id_of(item), first_complaint(error))


def _reservation(wire: _Reservation) -> ReservationSet | ReservationUnreadable:
    starts_at, ends_at = wire.window.starts_at, wire.window.ends_at
    if ends_at <= starts_at:
        return ReservationUnreadable(
            wire.id,
            f"reservation.window.ends_at: found {ends_at.isoformat()},"
            f" expected a time after starts_at {starts_at.isoformat()}",
        )
    reservation = Reservation(
        reservation_id=wire.id,
        revision=wire.revision,
        vehicle=Vehicle(**wire.vehicle.model_dump()),
        starts_at=starts_at,
        ends_at=ends_at,
        language=wire.language,
        code_salt=wire.check_in_code.salt,
        code_sha256=wire.check_in_code.sha256.lower(),
        face_consent=wire.face.consent,
        consent=None if wire.face.decision is None else wire.face.decision.record(),
        # Without consent no picture enters the tower, whatever the cloud sends.
        sealed_portrait=wire.face.sealed_portrait if wire.face.consent else None,
        slot=wire.slot,
        greeting=wire.greeting,
        returns_by=wire.returns_by,
        key_compartment=wire.key_compartment,
        swap_for=wire.swap_for,
        cards=tuple(KnownCard(card.salt, card.sha256.lower()) for card in wire.cards),
    )
    return ReservationSet(reservation)


def id_of(item: object) -> str | None:
    """The item's reservation id when it is one; nothing else of a broken item is trusted."""
    if not isinstance(item, Mapping):
        return None
    inner = item.get("reservation")
    found = inner.get("id") if isinstance(inner, Mapping) else item.get("id")
    if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", found):
        return found
    return None


def first_complaint(error: ValidationError) -> str:
    """The first complaint as ``member: found ..., expected ...``, and how many follow."""
    details = error.errors(include_url=False)
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return _sentence(details[0]) + more


def _sentence(detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "value"
    if detail["type"] == "missing":
        return f"{place}: found nothing, expected a value"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{place}: found {_found(detail['loc'], detail['input'])}, {message}"


def _found(loc: tuple[int | str, ...], value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "a truth value", int: "a number", float: "a number", str: "text"}
    kind = kinds.get(type(value), "a list" if isinstance(value, list) else "an object")
    if loc and loc[-1] in SHOWN and isinstance(value, bool | int | float | str):
        shown = repr(value)
        return shown if len(shown) <= 60 else f"{shown[:60]}..."
    return f"{kind} of {len(value)} characters" if isinstance(value, str) else kind
