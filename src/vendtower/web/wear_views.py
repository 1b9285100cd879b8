"""Counters and parts as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from vendtower.domain.wear import Meter, PartState, SignOff
from vendtower.ports.journal import MeterDay

JsonObject = dict[str, Any]


def meters_view(meters: Iterable[Meter], days: Iterable[MeterDay]) -> JsonObject:
    """``counters``: place, counter, total, what its source shows; ``days``: totals by day."""
    by_day: dict[str, JsonObject] = {}
    for line in days:
        by_day.setdefault(line.day, {})[line.meter_key] = line.total
    return {
        "schema": 1,
        "counters": [
            {
                "place": meter.place,
                "counter": meter.counter.value,
                "total": round(meter.total, 3),
                "shown": round(meter.shown, 3),
                "seen_utc": meter.seen_utc.isoformat(),
            }
            for meter in meters
        ],
        "days": [{"day": day, "totals": totals} for day, totals in sorted(by_day.items())],
    }


def parts_view(parts: Iterable[PartState], blocking: Mapping[str, bool]) -> JsonObject:
    """``parts``: what each is, how far it is, and what was done about it last."""
    return {"schema": 1, "parts": [_part(each, blocking[each.spec.id]) for each in parts]}


def _part(state: PartState, blocking: bool) -> JsonObject:
    spec = state.spec
    return {
        "id": spec.id,
        "name": spec.name,
        "place": spec.place,
        "check": spec.check,
        "critical": spec.critical,
        "blocking": blocking,
        "due": state.worst.value,
        "inspection": {
            "due": state.inspection.value,
            "share": round(state.inspection_share, 4),
            "days": spec.inspect_days,
            "count": spec.inspect_count,
        },
        "life": {
            "due": state.life.value,
            "share": round(state.life_share, 4),
            "days": spec.life_days,
            "count": spec.life_count,
            "hours": spec.life_hours,
        },
        "counter": None if spec.counter is None else spec.counter.value,
        "count": round(state.count, 3),
        "hours": round(state.hours, 3),
        "last": _sign_off(state.last),
        "fitted_utc": state.fitted.utc.isoformat(),
    }


def records_view(lines: Iterable[SignOff]) -> JsonObject:
    """``records``: sign-offs, newest first."""
    return {"schema": 1, "records": [_sign_off(line) for line in lines]}


def _sign_off(line: SignOff) -> JsonObject:
    return {
        "part": line.part_id,
        "care": line.care.value,
        "utc": line.utc.isoformat(),
        "by": line.by,
        "note": line.note,
        "count": line.count,
        "hours": round(line.hours, 3),
    }
