"""An override: two people lift one hindrance that the controller alone imposes, for a while."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.maintenance import same_person
from vendtower.domain.table import TransitionTable

OVERRIDE_MINUTES_MAX = 8 * 60
ASKED_MINUTES = 15
"""A question that nobody has confirmed by then is over."""


class OverrideState(Enum):
    """Where an override's life stands."""

    ASKED = "asked"
    IN_FORCE = "in force"
    ENDED = "ended"


@dataclass(frozen=True)
class Person:
    """Who says it, and, over the control socket, who is logged in there by the kernel's word."""

    name: str
    login: str | None = None
    """None where it is not known."""


@dataclass(frozen=True)
class OverrideConfirmed:
    """A second person agrees."""

    person: Person
    utc: datetime


@dataclass(frozen=True)
class OverrideEnded:
    """A person ends it before its time."""

    person: Person
    utc: datetime


@dataclass(frozen=True)
class OverrideExpired:
    """Its time is over, or nobody has confirmed it in time."""

    utc: datetime


OverrideEvent = OverrideConfirmed | OverrideEnded | OverrideExpired

_S = OverrideState
OVERRIDE_TABLE = TransitionTable(
    "override",
    OverrideState,
    _S.ASKED,
    [
        (_S.ASKED, OverrideConfirmed, _S.IN_FORCE),
        (_S.ASKED, OverrideEnded, _S.ENDED),
        (_S.ASKED, OverrideExpired, _S.ENDED),
        (_S.IN_FORCE, OverrideEnded, _S.ENDED),
        (_S.IN_FORCE, OverrideExpired, _S.ENDED),
    ],
)


@dataclass(frozen=True)
class Override:
    """One override, as journaled."""

    number: int
    hindrance: str
    """The key of the hindrance that it lifts, for instance ``flow board 1``."""
    reason: str
    asked_by: Person
    asked_utc: datetime
    ask_expires_utc: datetime
    ends_utc: datetime
    state: OverrideState = OverrideState.ASKED
    confirmed_by: Person | None = None
    ended_by: Person | None = None
    """None when it has expired."""
    ended_utc: datetime | None = None

    @property
    def key(self) -> str:
        """Names it among all standing facts."""
        return f"override {self.number}"

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state is OverrideState.ENDED

    def expires_utc(self) -> datetime:
        """When it ends by itself: an unconfirmed one earlier."""
        if self.state is OverrideState.ASKED:
            return min(self.ask_expires_utc, self.ends_utc)
        return self.ends_utc

    def lifts(self, hindrance: str, now: datetime) -> bool:
        """Whether it lifts this hindrance now."""
        in_force = self.state is OverrideState.IN_FORCE and now < self.ends_utc
        return in_force and self.hindrance == hindrance

    def apply(self, event: OverrideEvent) -> "Override":
        """The override after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        moved = replace(self, state=OVERRIDE_TABLE.after(self.state, type(event)))
        match event:
            case OverrideConfirmed(person=person):
                return replace(moved, confirmed_by=person)
            case OverrideEnded(person=person, utc=utc):
                return replace(moved, ended_by=person, ended_utc=utc)
            case OverrideExpired(utc=utc):
                return replace(moved, ended_utc=utc)

    def __str__(self) -> str:
        until = f"until {self.ends_utc:%Y-%m-%d %H:%M} UTC"
        by = self.asked_by.name
        if self.confirmed_by is not None:
            by += f" and {self.confirmed_by.name}"
        return f"override {self.number} of {self.hindrance} by {by}, {until}: {self.reason}"


def not_a_second(first: Person, second: Person) -> str:
    """Why the second is not another person than the first; empty when they are two."""
    if same_person(first.name, second.name):
        return f"{second.name} has asked for it: a second person has to confirm"
    logins_known = first.login is not None and second.login is not None
    if logins_known and first.login == second.login:
        return (
            f"both came from login {second.login}: a second person has to confirm from a login "
            "of their own"
        )
    if first.login is not None and second.login is None:
        return (
            f"{first.name} asked as login {first.login}: a second person has to confirm from a "
            "login of their own, with `vendtower override confirm`"
        )
    return ""
