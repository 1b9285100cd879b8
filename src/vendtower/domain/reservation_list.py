"""How far the list of reservations can be believed: when the cloud last confirmed it, and its age.

The age grows by the monotonic clock while the controller runs. The wall clock adds what it says
has passed while nobody counted: on the way from the cloud, and while the controller was off. It
never takes anything away, so that a clock that was set back makes no old list young.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

WARNING_SHARE = 0.75
"""Of the largest age: from here on people are told."""
BACK_MAX = timedelta(hours=1)
"""So much older than the newest page one may be: the clocks of clouds are put right, too. What a
visit has made of a reservation the tower remembers for longer than that."""
AHEAD_MAX = timedelta(hours=1)
"""A page from further ahead of what the tower knows of the time is not believed."""


class ListState(Enum):
    """What the age of the list means to customers."""

    CONFIRMED = "confirmed"
    AGES = "ages"
    """Soon nobody in it is let in without staff."""
    TOO_OLD = "too_old"
    NEVER_CONFIRMED = "never_confirmed"


@dataclass(frozen=True)
class ListStanding:
    """The newest word of the cloud about the list, as it is kept over a restart."""

    issued_utc: datetime
    """The newest time at which the cloud has signed a page; nothing much older is taken again."""
    confirmed_utc: datetime | None
    """When the cloud signed the newest page that ended the list; None: it never did."""
    age_s: float
    """Of that confirmation, when this was noted."""
    noted_utc: datetime


@dataclass(frozen=True)
class ListAge:
    """The age of the list at this moment, and what it may be."""

    age_s: float | None
    """None: never confirmed."""
    age_max_s: float

    @property
    def state(self) -> ListState:
        """What the age means."""
        if self.age_s is None:
            return ListState.NEVER_CONFIRMED
        if self.age_s >= self.age_max_s:
            return ListState.TOO_OLD
        old = self.age_s >= WARNING_SHARE * self.age_max_s
        return ListState.AGES if old else ListState.CONFIRMED

    @property
    def too_old(self) -> bool:
        """Whether nobody is let in on this list alone."""
        return self.state in {ListState.TOO_OLD, ListState.NEVER_CONFIRMED}

    @property
    def left_s(self) -> float:
        """Until it is too old; 0 when it is."""
        return 0.0 if self.age_s is None else max(0.0, self.age_max_s - self.age_s)


def page_problem(
    standing: ListStanding | None, issued_utc: datetime, known_utc: datetime | None
) -> str:
    """Why a page that was signed at this time is not taken; empty when it is.

    ``known_utc`` is what the tower knows of the time, from its own clock or from the cloud's
    earlier pages; None: nothing.
    """
    if standing is not None and issued_utc < standing.issued_utc - BACK_MAX:
        return (
            f"issued_at: found {issued_utc.isoformat()}, expected no more than "
            f"{BACK_MAX.total_seconds():.0f} s before {standing.issued_utc.isoformat()}, the "
            "newest that has come: an old page is played back, or the cloud's clock was set back"
        )
    if known_utc is not None and issued_utc > known_utc + AHEAD_MAX:
        return (
            f"issued_at: found {issued_utc.isoformat()}, expected at most "
            f"{AHEAD_MAX.total_seconds():.0f} s after {known_utc.isoformat()}, the time here"
        )
    return ""


def heard(
    standing: ListStanding | None,
    issued_utc: datetime,
    now_utc: datetime,
    *,
    complete: bool,
    clock_trusted: bool,
) -> ListStanding | None:
    """What follows from a page; None when it says nothing newer.

    A clock that is known to be wrong is not asked how long the page was on its way.
    """
    newest = issued_utc if standing is None else max(issued_utc, standing.issued_utc)
    known = None if standing is None else standing.confirmed_utc
    if complete and (known is None or issued_utc > known):
        on_the_way_s = (now_utc - issued_utc).total_seconds() if clock_trusted else 0.0
        return ListStanding(newest, issued_utc, max(0.0, on_the_way_s), now_utc)
    if standing is None:
        return ListStanding(newest, None, 0.0, now_utc)
    return replace(standing, issued_utc=newest) if newest != standing.issued_utc else None


def resumed_age_s(standing: ListStanding, now_utc: datetime) -> float:
    """The age at a start of the controller, for which the wall clock alone can speak."""
    return standing.age_s + max(0.0, (now_utc - standing.noted_utc).total_seconds())
