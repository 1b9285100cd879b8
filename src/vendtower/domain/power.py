"""How many lifts may move at one time, by what power there is and what a person has ordered."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.machine import PowerSource

ON_BATTERY = frozenset({PowerSource.BATTERY, PowerSource.BATTERY_LOW})


class PowerProfile(Enum):
    """What the tower may draw."""

    NORMAL = "normal"
    REDUCED = "reduced"


@dataclass(frozen=True)
class PowerOrder:
    """The profile that a named person has ordered last."""

    profile: PowerProfile
    by: str
    utc: datetime


def profile_now(order: PowerOrder | None, source: PowerSource | None) -> tuple[PowerProfile, str]:
    """The profile that holds, and why it is reduced; empty when it is not.

    An order can reduce the power; it cannot talk a battery away. None stands for an unknown
    source, with which nothing moves anyway.
    """
    if source in ON_BATTERY:
        return PowerProfile.REDUCED, f"the PLC reports power from {source.value}"
    if order is not None and order.profile is PowerProfile.REDUCED:
        return PowerProfile.REDUCED, f"ordered by {order.by}"
    return PowerProfile.NORMAL, ""
