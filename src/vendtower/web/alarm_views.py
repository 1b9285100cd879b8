"""What the JSON interface says of alarms, their history and their meaning; pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from vendtower.domain.alarm import Alarm
from vendtower.domain.alarm_catalogue import AlarmEntry
from vendtower.flows.alarm_catalogue import alarm_catalogue
from vendtower.ports.screens import TowerPicture

SCHEMA = 1
JsonObject = dict[str, object]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def alarms_view(picture: TowerPicture) -> JsonObject:
    """``/api/alarms``: every alarm that is not normal, the gravest first."""
    return {"schema": SCHEMA, "alarms": alarm_list(picture)}


def alarm_list(picture: TowerPicture) -> list[JsonObject]:
    """Alarms that want a person come before the others, grave ones before mild ones, old first.

    Each has ``code``, ``source``, ``name``, ``severity``, ``state``, ``active``, ``text``, what
    the catalogue says (``cause``, ``consequence``, ``action``, ``recoveries``), times, how often
    and how long, who acknowledged, and who hides it why and until when.
    """
    return [_alarm(alarm) for alarm in sorted(picture.alarms, key=_order)]


def history_view(episodes: Sequence[Alarm]) -> JsonObject:
    """``/api/alarms/history``: the newest episodes first, open ones included."""
    return {"schema": SCHEMA, "episodes": [_alarm(alarm) for alarm in episodes]}


def entry_view(entry: AlarmEntry) -> JsonObject:
    """``/api/alarms/{code}``: what the catalogue says of one code."""
    return {
        "schema": SCHEMA,
        "code": entry.code,
        **_meaning(entry),
        "severity": entry.severity.value,
        "customer": dict(entry.customer),
        "on_delay_s": entry.on_delay_s,
        "off_delay_s": entry.off_delay_s,
        "latched": entry.latched,
    }


def _order(alarm: Alarm) -> tuple[bool, int, datetime, str, str]:
    return (
        not alarm.wants_person,
        -alarm.severity.rank,
        alarm.raised_utc or _LONG_AGO,
        alarm.code,
        alarm.source,
    )


def _meaning(entry: AlarmEntry) -> JsonObject:
    return {
        "name": entry.name,
        "cause": entry.cause,
        "consequence": entry.consequence,
        "action": entry.action,
        "recoveries": [recovery.value for recovery in entry.recoveries],
    }


def _alarm(alarm: Alarm) -> JsonObject:
    return {
        "code": alarm.code,
        "source": alarm.source,
        "severity": alarm.severity.value,
        "state": alarm.state.value,
        "active": alarm.active,
        "wants_person": alarm.wants_person,
        "text": alarm.text,
        **_meaning(alarm_catalogue().entry(alarm.code)),
        "episode_id": alarm.episode_id,
        "raised_utc": _time(alarm.raised_utc),
        "returned_utc": _time(alarm.returned_utc),
        "active_s": round(alarm.active_s, 1),
        "activations": alarm.activations,
        "acknowledged_by": alarm.acknowledged_by,
        "acknowledged_utc": _time(alarm.acknowledged_utc),
        "note": alarm.note,
        "chattering": alarm.chattering,
        "grouped": alarm.grouped,
        "masked_by": alarm.masked_by,
        "masked_reason": alarm.masked_reason,
        "shelved_until_utc": _time(alarm.shelved_until_utc),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
