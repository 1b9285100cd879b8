"""What a named person may order of the tower while it runs."""

from dataclasses import dataclass
from datetime import datetime

from vendtower.domain.places import Place
from vendtower.domain.power import PowerProfile


@dataclass(frozen=True)
class TakeOutOfService:
    """Let finish what has begun at this place, and begin nothing new there."""

    place: Place
    reason: str
    until_utc: datetime | None = None
    """When it is meant to be over; then an alarm asks, and the place stays out of service."""


@dataclass(frozen=True)
class ReturnToService:
    """The place may be used again."""

    place: Place


@dataclass(frozen=True)
class OrderPower:
    """Let as many lifts move at one time as this profile allows."""

    profile: PowerProfile


OperatorRequest = TakeOutOfService | ReturnToService | OrderPower
