"""A maintenance session: somebody works at the machine, and nobody else is served meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vendtower.domain.modes import OperatingMode

SESSION_MINUTES_MAX = 24 * 60


@dataclass(frozen=True)
class MaintenanceSession:
    """One session, from its beginning by a named person to its end by that one or another."""

    number: int
    holder: str
    reason: str
    began_utc: datetime
    planned_end_utc: datetime
    mode_before: OperatingMode
    """The mode to go back to."""
    ended_utc: datetime | None = None
    ended_by: str = ""

    @property
    def key(self) -> str:
        """Names it among all standing facts."""
        return f"maintenance {self.number}"

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.ended_utc is not None

    def overdue(self, now: datetime) -> bool:
        """Whether it lasts longer than was said."""
        return not self.ended and now > self.planned_end_utc

    def within(self, begin: datetime, end: datetime, now: datetime) -> timedelta:
        """How much of the time between ``begin`` and ``end`` this session has taken."""
        taken = min(end, self.ended_utc or now) - max(begin, self.began_utc)
        return max(taken, timedelta())


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, however they are written."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
