"""The operator's cloud, as the tower sees it: outbound only, and dispensable for hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from vendtower.domain.errors import LinkDown, PeerFault
from vendtower.domain.reservation import ReservationChange
from vendtower.ports.clock import ClockQuality


class CloudUnreachable(LinkDown):
    """No usable answer: connection refused, timeout, 5xx, 429; worth trying again.

    ``retry_after_s`` is what the cloud asked for, None when it did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CloudUntrusted(CloudUnreachable):
    """Whoever answers there has no certificate that holds; nothing was said to them."""


class CloudRefused(PeerFault):
    """The cloud answered and will not have it (401, 403, 404, malformed body, ...)."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class CloudUnproven(CloudRefused):
    """What came is not signed by the cloud, not for this tower, or not of this time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 200)


@dataclass(frozen=True)
class BootReport:
    """What the tower says of itself when it starts."""

    software_version: str
    site_sha256: str
    """Of the site file's bytes, hex."""
    levels: int
    slots: int
    lifts: int
    bays: int
    capabilities: tuple[str, ...]
    public_key: str
    """X25519 public key for sealing enrolment pictures, base64."""
    utc: datetime


@dataclass(frozen=True)
class BootAnswer:
    """The cloud's answer to a boot report."""

    accepted: bool
    reason: str
    server_utc: datetime | None


@dataclass(frozen=True)
class ChangePage:
    """Changes in the cloud's order, and the cursor to ask with next time."""

    changes: tuple[ReservationChange, ...]
    cursor: str
    more: bool
    """True: ask again at once."""
    issued_utc: datetime | None = None
    """When the cloud signed the page; None where it does not sign."""


@dataclass(frozen=True)
class OutboxEvent:
    """One event that the cloud is owed; the id stays the same for life."""

    event_id: str
    sequence: int
    """1, 2, 3, ... over the events that the cloud is owed: a hole is a loss."""
    event_type: str
    """For instance ``com.vendtower.visit.car_departed.v1``."""
    subject: str
    utc: datetime
    correlation_id: str
    data: Mapping[str, object] = field(default_factory=dict)
    """JSON values only."""
    clock_quality: ClockQuality = ClockQuality.UNKNOWN
    """How far ``utc`` can be believed."""


@dataclass(frozen=True)
class EventReceipt:
    """Which events of a batch the cloud took, and which it will never take."""

    accepted: frozenset[str]
    rejected: Mapping[str, str]
    """Event id to the reason; these go to the dead letters."""


class ReservationCloud(Protocol):
    """All calls raise ``CloudUnreachable`` or ``CloudRefused`` and nothing else."""

    async def boot(self, report: BootReport) -> BootAnswer: ...

    async def changes_since(self, cursor: str | None) -> ChangePage: ...

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt: ...


class EvidenceCloud(Protocol):
    """Raises ``CloudUnreachable`` or ``CloudRefused`` and nothing else."""

    async def put_evidence(self, sha256: str, media_type: str, content: bytes) -> None:
        """Hand over one file of evidence; the same again is harmless."""
        ...
