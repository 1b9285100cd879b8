"""Counters and sign-offs as rows, and back."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC

from vendtower.adapters.journal_sqlite.codec import from_json, to_json
from vendtower.domain.wear import Meter, SignOff
from vendtower.ports.journal import MeterDay

_PUT_METER = (
    "INSERT INTO meter VALUES (?, ?) ON CONFLICT (meter_key) DO UPDATE SET body = excluded.body"
)
_PUT_DAY = (
    "INSERT INTO meter_day VALUES (?, ?, ?) "
    "ON CONFLICT (day, meter_key) DO UPDATE SET total = excluded.total"
)

Row = tuple[str, tuple[object, ...]]


def meter_rows(meters: Iterable[Meter]) -> Iterator[Row]:
    """Each counter as it stands, and as it stands today (UTC)."""
    for meter in meters:
        yield (
            _PUT_METER,
            (meter.key, to_json(meter)),
        )
        day = meter.seen_utc.astimezone(UTC).date().isoformat()
        yield (
            _PUT_DAY,
            (day, meter.key, float(meter.total)),
        )


def sign_off_rows(sign_offs: Iterable[SignOff]) -> Iterator[Row]:
    """Each sign-off, appended."""
    for each in sign_offs:
        yield (
            "INSERT INTO sign_off (part_id, care, utc, body) VALUES (?, ?, ?, ?)",
            (each.part_id, each.care.value, each.utc.astimezone(UTC).isoformat(), to_json(each)),
        )


def read_meters(connection: sqlite3.Connection) -> tuple[Meter, ...]:
    """Every counter."""
    rows = connection.execute("SELECT body FROM meter ORDER BY meter_key")
    return tuple(from_json(Meter, body) for (body,) in rows)


def read_last_sign_offs(connection: sqlite3.Connection) -> tuple[SignOff, ...]:
    """Of each part the last line of each kind, in the order in which they were made."""
    rows = connection.execute(
        "SELECT body FROM sign_off WHERE sign_off_id IN "
        "(SELECT max(sign_off_id) FROM sign_off GROUP BY part_id, care) ORDER BY sign_off_id"
    )
    return tuple(from_json(SignOff, body) for (body,) in rows)


def read_sign_offs(connection: sqlite3.Connection, limit: int) -> tuple[SignOff, ...]:
    """The newest lines of all parts, newest first."""
    rows = connection.execute(
        "SELECT body FROM sign_off ORDER BY sign_off_id DESC LIMIT ?", (limit,)
    )
    return tuple(from_json(SignOff, body) for (body,) in rows)


def read_meter_days(connection: sqlite3.Connection, days: int) -> tuple[MeterDay, ...]:
    """Every counter at the end of each of the last days that have any, oldest first."""
    rows = connection.execute(
        "SELECT day, meter_key, total FROM meter_day WHERE day IN "
        "(SELECT DISTINCT day FROM meter_day ORDER BY day DESC LIMIT ?) ORDER BY day, meter_key",
        (days,),
    )
    return tuple(MeterDay(*row) for row in rows)
