"""Rows of the journal as the records they hold."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from vendtower.adapters.journal_sqlite.codec import from_json
from vendtower.adapters.journal_sqlite.wear_rows import read_last_sign_offs, read_meters
from vendtower.adapters.journal_sqlite.writing import (
    BOOT_ACCEPTED,
    CURSOR,
    LIST_STANDING,
    POWER_ORDER,
    SPENT_CODES_KEPT,
    utc_text,
)
from vendtower.domain.alarm import Alarm
from vendtower.domain.case import Case
from vendtower.domain.code_guard import GuessCount
from vendtower.domain.condition import Condition, EvidenceFile
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.erasure import ErasureOwed, SealedTemplate
from vendtower.domain.job import Job
from vendtower.domain.key_errand import KeyErrand
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import Loan
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import Visit
from vendtower.domain.power import PowerOrder
from vendtower.domain.reservation import Reservation
from vendtower.domain.reservation_list import ListStanding
from vendtower.domain.spent_code import SpentCode
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import HistoryEvent, JournalState, OutboxCounts
from vendtower.ports.reservation_cloud import OutboxEvent
from vendtower.ports.standing import STANDING_KINDS, Standing

ENDED_VISITS_KEPT = timedelta(days=7)
ENDED_JOBS_SHOWN = 200
ENDED_CASES_SHOWN = 100
ENDED_STANDING_SHOWN = 50
"""Of each kind."""

_LAST_OF_EACH_LIFT = (
    "SELECT (SELECT job_id FROM job WHERE mailbox = lift.mailbox AND {which} "
    "ORDER BY job_id DESC LIMIT 1) FROM (SELECT DISTINCT mailbox FROM job WHERE mailbox > 0) lift"
)
_MOVES = "json_extract(body, '$.verb') <> 'abort'"
"""``Job.is_movement`` among a lift's jobs."""
_REACHES_OUT = (
    f"{_MOVES} AND json_extract(body, '$.source') IS NOT NULL "
    "AND state NOT IN ('refused', 'never_sent')"
)
"""``Job.may_have_reached_out`` among a lift's jobs."""

_RecordT = TypeVar("_RecordT")


def read_state(connection: sqlite3.Connection, now_utc: datetime) -> JournalState:
    """Everything that a restart continues from, as of one moment."""
    since = utc_text(now_utc - ENDED_VISITS_KEPT)
    facts = dict(connection.execute("SELECT name, value FROM fact"))
    boot, power = facts.get(BOOT_ACCEPTED), facts.get(POWER_ORDER)
    standing = facts.get(LIST_STANDING)
    return JournalState(
        visits=_records(
            connection,
            Visit,
            "SELECT body FROM visit WHERE ended = 0 OR changed_utc >= ? ORDER BY visit_id",
            since,
        ),
        carriages=_records(connection, Carriage, "SELECT body FROM carriage ORDER BY vin"),
        jobs=_jobs(connection),
        cases=_open_and_last(connection, Case, "staff_case", "case_id", ENDED_CASES_SHOWN),
        ledger=_records(connection, LedgerLine, "SELECT body FROM ledger_line ORDER BY vin"),
        dropoffs=_records(
            connection,
            Dropoff,
            "SELECT body FROM dropoff WHERE ended = 0 OR changed_utc >= ? ORDER BY dropoff_id",
            since,
        ),
        keys=_records(
            connection,
            KeyErrand,
            "SELECT body FROM key_errand WHERE ended = 0 OR changed_utc >= ? ORDER BY errand_id",
            since,
        ),
        conditions=_records(
            connection,
            Condition,
            "SELECT body FROM condition WHERE utc >= ? ORDER BY utc, errand_id",
            since,
        ),
        evidence=_records(
            connection, EvidenceFile, "SELECT body FROM evidence_file ORDER BY taken_utc, sha256"
        ),
        loans=_records(connection, Loan, "SELECT body FROM loan ORDER BY vin"),
        reservations=_records(
            connection,
            Reservation,
            "SELECT body FROM reservation ORDER BY starts_at, reservation_id",
        ),
        notes=_records(connection, ServiceNote, "SELECT body FROM service_note ORDER BY place"),
        power_order=None if power is None else from_json(PowerOrder, power),
        cursor=facts.get(CURSOR),
        list_standing=None if standing is None else from_json(ListStanding, standing),
        boot_accepted_utc=None if boot is None else datetime.fromisoformat(boot),
        last_job_id=_largest(connection, "SELECT max(job_id) FROM job"),
        last_case_id=_largest(connection, "SELECT max(case_id) FROM staff_case"),
        last_seq=_last_seq(connection),
        alarms=_records(connection, Alarm, "SELECT body FROM alarm ORDER BY alarm_key"),
        templates=_records(
            connection, SealedTemplate, "SELECT body FROM sealed_template ORDER BY reservation_id"
        ),
        erasures=_records(connection, ErasureOwed, "SELECT body FROM erasure_owed ORDER BY rowid"),
        meters=read_meters(connection),
        sign_offs=read_last_sign_offs(connection),
        standing=tuple(fact for kind in STANDING_KINDS for fact in _standing(connection, kind)),
        guesses=_records(connection, GuessCount, "SELECT body FROM guess_count ORDER BY place"),
        spent_codes=_records(
            connection,
            SpentCode,
            "SELECT body FROM spent_code WHERE spent_utc >= ? ORDER BY spent_utc",
            utc_text(now_utc - SPENT_CODES_KEPT),
        ),
    )


def read_owed(connection: sqlite3.Connection, limit: int) -> tuple[OutboxEvent, ...]:
    """The oldest events that the cloud has not settled, in order."""
    rows = connection.execute(
        "SELECT event_id, owed_number, event_type, subject, utc, correlation_id, data, "
        "clock_quality FROM event WHERE delivery = 'waiting' ORDER BY sequence LIMIT ?",
        (limit,),
    )
    return tuple(
        OutboxEvent(
            event_id=event_id,
            sequence=sequence,
            event_type=event_type,
            subject=subject,
            utc=datetime.fromisoformat(utc),
            correlation_id=correlation_id,
            data=json.loads(data),
            clock_quality=ClockQuality(quality),
        )
        for event_id, sequence, event_type, subject, utc, correlation_id, data, quality in rows
    )


def read_counts(connection: sqlite3.Connection) -> OutboxCounts:
    """What the cloud was and is owed."""
    counts = dict(connection.execute("SELECT name, count FROM outbox_count"))
    return OutboxCounts(**counts)


def read_history(
    connection: sqlite3.Connection, limit: int, *, dead_only: bool
) -> tuple[HistoryEvent, ...]:
    """The newest events first."""
    condition = "WHERE delivery = 'dead' " if dead_only else ""
    rows = connection.execute(
        "SELECT sequence, event_id, event_type, subject, utc, correlation_id, data, "
        f"CASE delivery WHEN 'dead' THEN 'dead: ' || reason ELSE delivery END FROM event "
        f"{condition}ORDER BY sequence DESC LIMIT ?",
        (limit,),
    )
    return tuple(
        HistoryEvent(
            sequence=sequence,
            event_id=event_id,
            event_type=event_type,
            subject=subject,
            utc=datetime.fromisoformat(utc),
            correlation_id=correlation_id,
            data=json.loads(data),
            delivery=delivery,
        )
        for sequence, event_id, event_type, subject, utc, correlation_id, data, delivery in rows
    )


def read_alarm_history(connection: sqlite3.Connection, limit: int) -> tuple[Alarm, ...]:
    """The newest episodes first."""
    query = "SELECT body FROM alarm_episode ORDER BY raised_utc DESC, rowid DESC LIMIT ?"
    return _records(connection, Alarm, query, limit)


def _records(
    connection: sqlite3.Connection, kind: type[_RecordT], query: str, *values: object
) -> tuple[_RecordT, ...]:
    return tuple(from_json(kind, body) for (body,) in connection.execute(query, values))


def _jobs(connection: sqlite3.Connection) -> tuple[Job, ...]:
    """Open jobs, the last ended ones, each lift's last, and those an open case asks about."""
    return _records(
        connection,
        Job,
        "SELECT body FROM job WHERE ended = 0 OR job_id IN "
        "(SELECT job_id FROM job WHERE ended = 1 ORDER BY job_id DESC LIMIT ?) OR job_id IN "
        "(SELECT json_extract(body, '$.job_id') FROM staff_case WHERE ended = 0) "
        f"OR job_id IN ({_LAST_OF_EACH_LIFT.format(which=_MOVES)}) "
        f"OR job_id IN ({_LAST_OF_EACH_LIFT.format(which=_REACHES_OUT)}) ORDER BY job_id",
        ENDED_JOBS_SHOWN,
    )


def _open_and_last(
    connection: sqlite3.Connection, kind: type[_RecordT], table: str, key: str, last: int
) -> tuple[_RecordT, ...]:
    """Open records and the last ended ones, in the order of their numbers."""
    return _records(
        connection,
        kind,
        f"SELECT body FROM {table} WHERE ended = 0 OR {key} IN "
        f"(SELECT {key} FROM {table} WHERE ended = 1 ORDER BY {key} DESC LIMIT ?) "
        f"ORDER BY {key}",
        last,
    )


def _standing(connection: sqlite3.Connection, kind: type[Standing]) -> tuple[Standing, ...]:
    """Everything of this kind that stands, and the last that ended, in the order they began."""
    return _records(
        connection,
        kind,
        "SELECT body FROM standing WHERE kind = ? AND (ended = 0 OR rowid IN (SELECT rowid FROM "
        "standing WHERE kind = ? AND ended = 1 ORDER BY rowid DESC LIMIT ?)) ORDER BY rowid",
        kind.__name__,
        kind.__name__,
        ENDED_STANDING_SHOWN,
    )


def _largest(connection: sqlite3.Connection, query: str) -> int:
    (number,) = connection.execute(query).fetchone()
    return int(number or 0)


def _last_seq(connection: sqlite3.Connection) -> Mapping[int, int]:
    """Each mailbox's last sequence number: that of its youngest job, for they wrap around."""
    return dict(
        connection.execute(
            "SELECT mailbox, seq FROM job WHERE job_id IN "
            "(SELECT max(job_id) FROM job GROUP BY mailbox)"
        )
    )
