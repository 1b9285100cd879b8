"""A change of the journal as rows; the caller holds the transaction."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from vendtower.adapters.journal_sqlite.codec import to_json
from vendtower.adapters.journal_sqlite.wear_rows import meter_rows, sign_off_rows
from vendtower.domain.alarm import Alarm, AlarmState
from vendtower.domain.case import Case
from vendtower.domain.condition import Condition, EvidenceFile
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff
from vendtower.domain.job import OPEN_JOB_STATES, Job
from vendtower.domain.key_errand import KEY_ENDED, KeyErrand
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.loan import Loan
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import ENDED, Visit
from vendtower.domain.reservation import Reservation
from vendtower.domain.spent_code import SpentCode
from vendtower.ports.journal import Change, NewEvent
from vendtower.ports.standing import Standing

CURSOR = "cloud_cursor"
POWER_ORDER = "power_order"
LIST_STANDING = "list_standing"
BOOT_ACCEPTED = "boot_accepted_utc"

SPENT_CODES_KEPT = timedelta(days=730)

Row = tuple[str, tuple[object, ...]]
"""A statement and its values."""


def rows_of(change: Change, now_utc: datetime) -> list[Row]:
    """Every statement that writes the change, in order.

    Made before the transaction begins, so that a record without JSON form never opens one.

    Raises:
        CodecError: when a record has no JSON form.

    """
    now = utc_text(now_utc)
    rows: list[Row] = []
    rows += [_visit(visit, now) for visit in change.visits]
    rows += [_carriage(carriage) for carriage in change.carriages]
    rows += [_job(job) for job in change.jobs]
    rows += [_case(case) for case in change.cases]
    rows += _ledger(change.ledger)
    rows += _gone("ledger_line", "vin", change.ledger_gone)
    rows += [_dropoff(dropoff, now) for dropoff in change.dropoffs]
    rows += [_key(key, now) for key in change.keys]
    rows += [_condition(condition) for condition in change.conditions]
    rows += [_evidence(file) for file in change.evidence]
    rows += _gone("evidence_file", "sha256", change.evidence_gone)
    rows += [_loan(loan) for loan in change.loans]
    rows += _gone("loan", "vin", change.loans_gone)
    rows += [_reservation(reservation) for reservation in change.reservations]
    rows += _gone("reservation", "reservation_id", change.reservations_gone)
    rows += [_note(note) for note in change.notes]
    rows += _gone("service_note", "place", map(str, change.notes_gone))
    rows += [_put("guess_count", place=each.place, body=to_json(each)) for each in change.guesses]
    rows += [row for spent in change.spent_codes for row in _spent_code(spent, now_utc)]
    rows += _personal_data(change)
    rows += _facts(change)
    rows += [row for alarm in change.alarms for row in _alarm(alarm)]
    rows += meter_rows(change.meters)
    rows += sign_off_rows(change.sign_offs)
    rows += [_standing(each) for each in change.standing]
    rows += [_event(event) for event in change.events]
    return rows


def write(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Run the statements."""
    for statement, values in rows:
        connection.execute(statement, values)


def utc_text(at: datetime) -> str:
    """A time as it is stored: always UTC, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _visit(visit: Visit, now: str) -> Row:
    return _put(
        "visit",
        visit_id=visit.visit_id,
        reservation_id=visit.reservation_id,
        vin=visit.vin,
        state=visit.state.value,
        ended=int(visit.state in ENDED),
        changed_utc=now,
        body=to_json(visit),
    )


def _carriage(carriage: Carriage) -> Row:
    return _put("carriage", vin=carriage.vin, state=carriage.state.value, body=to_json(carriage))


def _job(job: Job) -> Row:
    return _put(
        "job",
        job_id=job.job_id,
        mailbox=job.mailbox,
        seq=job.seq,
        vin=job.vin,
        state=job.state.value,
        ended=int(job.state not in OPEN_JOB_STATES),
        body=to_json(job),
    )


def _case(case: Case) -> Row:
    return _put(
        "staff_case",
        case_id=case.case_id,
        vin=case.vin,
        ended=int(not case.is_open),
        body=to_json(case),
    )


def _ledger(lines: tuple[LedgerLine, ...]) -> list[Row]:
    """Cars that change places with each other leave both before either takes its new one."""
    leave = _gone("ledger_line", "vin", (line.vehicle.vin for line in lines))
    return leave + [
        _insert("ledger_line", vin=line.vehicle.vin, place=str(line.where), body=to_json(line))
        for line in lines
    ]


def _reservation(reservation: Reservation) -> Row:
    return _put(
        "reservation",
        reservation_id=reservation.reservation_id,
        starts_at=utc_text(reservation.starts_at),
        body=to_json(reservation),
    )


def _dropoff(dropoff: Dropoff, now: str) -> Row:
    return _put(
        "dropoff",
        dropoff_id=dropoff.dropoff_id,
        vin=dropoff.vin,
        bay=dropoff.bay,
        state=dropoff.state.value,
        ended=int(dropoff.state in DROPOFF_ENDED),
        changed_utc=now,
        body=to_json(dropoff),
    )


def _key(key: KeyErrand, now: str) -> Row:
    return _put(
        "key_errand",
        errand_id=key.errand_id,
        vin=key.vin,
        compartment=key.compartment,
        state=key.state.value,
        ended=int(key.state in KEY_ENDED),
        changed_utc=now,
        body=to_json(key),
    )


def _condition(condition: Condition) -> Row:
    return _put(
        "condition",
        errand_id=condition.errand_id,
        vin=condition.vin,
        utc=utc_text(condition.utc),
        body=to_json(condition),
    )


def _evidence(file: EvidenceFile) -> Row:
    return _put(
        "evidence_file",
        sha256=file.piece.sha256,
        errand_id=file.errand_id,
        taken_utc=utc_text(file.taken_utc),
        body=to_json(file),
    )


def _loan(loan: Loan) -> Row:
    return _put("loan", vin=loan.vin, reservation_id=loan.reservation_id, body=to_json(loan))


def _note(note: ServiceNote) -> Row:
    return _put("service_note", place=str(note.place), body=to_json(note))


def _spent_code(spent: SpentCode, now_utc: datetime) -> list[Row]:
    """The oldest go when one comes, so that the table does not grow for ever."""
    return [
        _put(
            "spent_code",
            code_sha256=spent.code_sha256,
            spent_utc=utc_text(spent.spent_utc),
            body=to_json(spent),
        ),
        ("DELETE FROM spent_code WHERE spent_utc < ?", (utc_text(now_utc - SPENT_CODES_KEPT),)),
    ]


def _personal_data(change: Change) -> list[Row]:
    """Kept templates, and what is owed about those that are gone."""
    rows: list[Row] = [
        _put("sealed_template", reservation_id=each.reservation_id, body=to_json(each))
        for each in change.templates
    ]
    rows += _gone("sealed_template", "reservation_id", change.templates_gone)
    rows += [
        _insert("erasure_owed", erasure_id=each.erasure_id, body=to_json(each))
        for each in change.erasures
    ]
    return rows + _gone("erasure_owed", "erasure_id", change.erasures_done)


def _facts(change: Change) -> list[Row]:
    rows: list[Row] = []
    if change.cursor is not None:
        rows.append(_put("fact", name=CURSOR, value=change.cursor))
    if change.list_standing is not None:
        rows.append(_put("fact", name=LIST_STANDING, value=to_json(change.list_standing)))
    if change.power_order is not None:
        rows.append(_put("fact", name=POWER_ORDER, value=to_json(change.power_order)))
    if change.boot_accepted_utc is not None:
        # The first acceptance is the one that counts.
        accepted = change.boot_accepted_utc.isoformat()
        rows.append(("INSERT OR IGNORE INTO fact VALUES (?, ?)", (BOOT_ACCEPTED, accepted)))
    return rows


def _alarm(alarm: Alarm) -> list[Row]:
    """The alarm as it stands, and its episode when it has one."""
    key, body = str(alarm.key), to_json(alarm)
    state = alarm.state.value
    rows = (
        _gone("alarm", "alarm_key", [key])
        if alarm.state is AlarmState.NORMAL
        else [_put("alarm", alarm_key=key, severity=alarm.severity.value, state=state, body=body)]
    )
    if alarm.raised_utc is not None:
        returned = alarm.returned_utc
        rows.append(
            _put(
                "alarm_episode",
                episode_id=alarm.episode_id,
                code=alarm.code,
                source=alarm.source,
                severity=alarm.severity.value,
                raised_utc=utc_text(alarm.raised_utc),
                returned_utc=None if returned is None else utc_text(returned),
                active_s=alarm.active_s,
                ended=int(not alarm.open),
                body=body,
            )
        )
    return rows


def _standing(fact: Standing) -> Row:
    return _put(
        "standing",
        standing_key=fact.key,
        kind=type(fact).__name__,
        ended=int(fact.ended),
        body=to_json(fact),
    )


def _event(event: NewEvent) -> Row:
    return _insert(
        "event",
        event_id=event.event_id,
        event_type=event.event_type,
        subject=event.subject,
        utc=event.utc.isoformat(),
        monotonic_s=event.monotonic_s,
        correlation_id=event.correlation_id,
        data=to_json(event.data),
        delivery="waiting" if event.owed else "local",
        clock_quality=event.clock_quality.value,
    )


def _insert(table: str, **columns: object) -> Row:
    """A new row; a second one with the same key is an error."""
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values())


def _put(table: str, **columns: object) -> Row:
    """A new row, or the new content of the row whose key, the first column, is there."""
    statement, values = _insert(table, **columns)
    key, *others = columns
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"{statement} ON CONFLICT ({key}) DO UPDATE SET {changes}", values


def _gone(table: str, key: str, values: Iterable[str]) -> list[Row]:
    """The rows with these keys go."""
    return [(f"DELETE FROM {table} WHERE {key} = ?", (value,)) for value in values]
