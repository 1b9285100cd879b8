"""Events for the history and the cloud, made from what has happened."""

import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum

from vendtower.flows.tower import Tower
from vendtower.ports.journal import NewEvent

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def event_type(area: str, name: str) -> str:
    """The CloudEvents type, for instance ``com.vendtower.visit.car_departed.v1``."""
    return f"com.vendtower.{area}.{_WORD_START.sub('_', name).lower()}.v1"


def tell(
    tower: Tower,
    area: str,
    name: str,
    *,
    subject: str,
    correlation_id: str,
    data: Mapping[str, object] | None = None,
    owed: bool = True,
) -> NewEvent:
    """One event with a new id and the time of now."""
    return NewEvent(
        event_id=tower.chance.new_id(),
        event_type=event_type(area, name),
        subject=subject,
        utc=tower.clock.utc(),
        monotonic_s=tower.clock.monotonic_s(),
        correlation_id=correlation_id,
        data=data or {},
        owed=owed,
        clock_quality=tower.clock.quality(),
    )


def as_data(event: object) -> dict[str, object]:
    """The fields of a domain event as JSON values."""
    if not is_dataclass(event) or isinstance(event, type):
        raise TypeError(f"{event!r} is not an event")
    plain = _plain(asdict(event))
    return plain if isinstance(plain, dict) else {}


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float():
            return round(value, 4)
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)
