"""Personal data of a customer that are kept for a while, and the duty to erase them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class ErasureReason(Enum):
    """What made an erasure due."""

    HANDED_OVER = "handed_over"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CLOSED_BY_STAFF = "closed_by_staff"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    REPLACED = "replaced"
    """A newer revision of the reservation has another picture."""
    REQUESTED = "requested"
    """By the customer, through a named person."""
    ENROLLED = "enrolled"
    """The picture has become a template and is needed no more."""


@dataclass(frozen=True)
class SealedTemplate:
    """A customer's template as it is kept on disk; only the identity process can open it."""

    reservation_id: str
    revision: int
    """Of the reservation whose picture it was made of."""
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class ErasureOwed:
    """What is on disk is erased already; what the identity process holds is not known to be.

    The receipt is due when that process has said that it holds nothing.
    """

    erasure_id: str
    reservation_id: str
    what: tuple[str, ...]
    """What was kept: ``enrolment picture``, ``template``."""
    why: ErasureReason
    by: str
    """The person who asked for it; empty when nobody had to."""
    owed_utc: datetime
