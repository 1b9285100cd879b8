"""What the tower must not forget: every change is one transaction with its events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from vendtower.domain.alarm import Alarm
from vendtower.domain.case import Case
from vendtower.domain.code_guard import GuessCount
from vendtower.domain.condition import Condition, EvidenceFile
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.erasure import ErasureOwed, SealedTemplate
from vendtower.domain.errors import LocalFault
from vendtower.domain.job import Job
from vendtower.domain.key_errand import KeyErrand
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import Loan
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import Visit
from vendtower.domain.places import Place
from vendtower.domain.power import PowerOrder
from vendtower.domain.reservation import Reservation
from vendtower.domain.reservation_list import ListStanding
from vendtower.domain.spent_code import SpentCode
from vendtower.domain.wear import Meter, SignOff
from vendtower.ports.clock import ClockQuality
from vendtower.ports.reservation_cloud import OutboxEvent
from vendtower.ports.standing import Standing


class JournalFault(LocalFault):
    """The journal cannot be read or written (full, read-only, damaged); nothing was changed.

    The message names the file, what failed, and what to do.
    """


@dataclass(frozen=True)
class NewEvent:
    """One thing that happened; it goes to the history, and to the cloud when it is owed."""

    event_id: str
    event_type: str
    subject: str
    utc: datetime
    monotonic_s: float
    correlation_id: str
    data: Mapping[str, object] = field(default_factory=dict)
    """JSON values only; never a picture, a template, a code or a key press."""
    owed: bool = True
    """True: also into the outbox, in the same transaction."""
    clock_quality: ClockQuality = ClockQuality.UNKNOWN
    """How far ``utc`` can be believed."""


@dataclass(frozen=True)
class Change:
    """Everything one domain event changes; written whole or not at all."""

    visits: tuple[Visit, ...] = ()
    carriages: tuple[Carriage, ...] = ()
    jobs: tuple[Job, ...] = ()
    """A job's mailbox sequence number counts as used once it is written here."""
    cases: tuple[Case, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    ledger_gone: tuple[str, ...] = ()
    """VINs that leave the ledger: cars that never became this tower's."""
    dropoffs: tuple[Dropoff, ...] = ()
    keys: tuple[KeyErrand, ...] = ()
    conditions: tuple[Condition, ...] = ()
    evidence: tuple[EvidenceFile, ...] = ()
    evidence_gone: tuple[str, ...] = ()
    """SHA-256 of files that were removed."""
    loans: tuple[Loan, ...] = ()
    loans_gone: tuple[str, ...] = ()
    """VINs of cars that are back; the record with the code's hash is erased."""
    reservations: tuple[Reservation, ...] = ()
    reservations_gone: tuple[str, ...] = ()
    """Ids whose record, with the sealed portrait, is erased."""
    notes: tuple[ServiceNote, ...] = ()
    notes_gone: tuple[Place, ...] = ()
    """Places that are back in service."""
    power_order: PowerOrder | None = None
    """The profile ordered now; None leaves it as it was."""
    cursor: str | None = None
    """The cloud's cursor after this change; None leaves it as it was."""
    list_standing: ListStanding | None = None
    """How far the list can be believed; None leaves it as it was."""
    boot_accepted_utc: datetime | None = None
    guesses: tuple[GuessCount, ...] = ()
    spent_codes: tuple[SpentCode, ...] = ()
    templates: tuple[SealedTemplate, ...] = ()
    templates_gone: tuple[str, ...] = ()
    """Ids of reservations whose kept template is erased."""
    erasures: tuple[ErasureOwed, ...] = ()
    erasures_done: tuple[str, ...] = ()
    """Ids of owed erasures whose receipt is among the events."""
    alarms: tuple[Alarm, ...] = ()
    """As they stand now; one that is normal and not active is no longer kept as standing."""
    meters: tuple[Meter, ...] = ()
    """Counters as they stand now; their day's line in the history follows."""
    sign_offs: tuple[SignOff, ...] = ()
    """Appended to the parts' records."""
    standing: tuple[Standing, ...] = ()
    """Facts that somebody has to end, each under its ``key`` in place of what stood there."""
    events: tuple[NewEvent, ...] = ()


@dataclass(frozen=True)
class JournalState:
    """Everything that a restart continues from."""

    visits: tuple[Visit, ...] = ()
    """Open visits, and those that ended within the last days."""
    carriages: tuple[Carriage, ...] = ()
    jobs: tuple[Job, ...] = ()
    """Open jobs, and the last ones that ended."""
    cases: tuple[Case, ...] = ()
    """Open cases, and the last settled ones."""
    ledger: tuple[LedgerLine, ...] = ()
    dropoffs: tuple[Dropoff, ...] = ()
    """Open ones, and those that ended within the last days."""
    keys: tuple[KeyErrand, ...] = ()
    """Open ones, and those that ended within the last days."""
    conditions: tuple[Condition, ...] = ()
    """Those of the last days."""
    evidence: tuple[EvidenceFile, ...] = ()
    """Every file that is still there."""
    loans: tuple[Loan, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    notes: tuple[ServiceNote, ...] = ()
    """Every place that is out of service."""
    power_order: PowerOrder | None = None
    cursor: str | None = None
    list_standing: ListStanding | None = None
    boot_accepted_utc: datetime | None = None
    """When the cloud accepted a boot for the first time; None: never."""
    last_job_id: int = 0
    last_case_id: int = 0
    last_seq: Mapping[int, int] = field(default_factory=dict)
    """Mailbox number to the last sequence number journaled for it."""
    alarms: tuple[Alarm, ...] = ()
    """Every alarm that is not normal."""
    meters: tuple[Meter, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    """Of each part the last line of each kind, in the order in which they were made."""
    standing: tuple[Standing, ...] = ()
    """What has not been ended, and the last of each kind that were."""
    guesses: tuple[GuessCount, ...] = ()
    spent_codes: tuple[SpentCode, ...] = ()
    """Those of the last two years."""
    templates: tuple[SealedTemplate, ...] = ()
    erasures: tuple[ErasureOwed, ...] = ()


@dataclass(frozen=True)
class OutboxCounts:
    """What the cloud is owed."""

    owed: int
    """All events ever put into the outbox."""
    delivered: int
    dead: int

    @property
    def waiting(self) -> int:
        """Neither delivered nor given up."""
        return self.owed - self.delivered - self.dead


@dataclass(frozen=True)
class MeterDay:
    """One counter at the end of one day (UTC)."""

    day: str
    """ISO 8601 date."""
    meter_key: str
    total: float


@dataclass(frozen=True)
class HistoryEvent:
    """One line of the history, for people."""

    sequence: int
    event_id: str
    event_type: str
    subject: str
    utc: datetime
    correlation_id: str
    data: Mapping[str, object]
    delivery: str
    """``waiting``, ``delivered``, ``dead: <reason>`` or ``local``."""


class Journal(Protocol):
    """All calls may raise ``JournalFault``; a call that raised has changed nothing."""

    async def load(self) -> JournalState: ...

    async def commit(self, change: Change) -> None:
        """Write everything in one transaction that survives a power cut."""
        ...

    async def owed_events(self, limit: int) -> tuple[OutboxEvent, ...]:
        """The oldest undelivered events, in order."""
        ...

    async def settle_events(self, accepted: Sequence[str], rejected: Mapping[str, str]) -> None:
        """Mark events delivered, and others dead with their reason; unknown ids are ignored."""
        ...

    async def outbox_counts(self) -> OutboxCounts: ...

    async def history(self, limit: int, dead_only: bool = False) -> tuple[HistoryEvent, ...]:
        """The newest events first."""
        ...

    async def alarm_history(self, limit: int) -> tuple[Alarm, ...]:
        """The newest episodes of alarms first, open ones included."""
        ...

    async def meter_days(self, days: int) -> tuple[MeterDay, ...]:
        """Every counter at the end of each of the last days, oldest first."""
        ...

    async def sign_offs(self, limit: int) -> tuple[SignOff, ...]:
        """The newest lines of the parts' records, newest first."""
        ...
