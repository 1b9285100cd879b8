"""A car that is brought out of a dead machine by hand: step by step, each under a person's name."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.places import Outside, Place
from vendtower.domain.table import TransitionTable


class RescueState(Enum):
    """What has to be done next."""

    ISOLATE = "isolate"
    """Make the lift dead, and keep it so."""
    SECURE = "secure"
    """Hold platform and car where they are."""
    BRING = "bring"
    """Bring the car to a slot, to a bay or out, by the maker's instructions."""
    CLEAR = "clear"
    """People and tools out of the shaft."""
    POWER = "power"
    """Power back, with somebody beside the lift."""
    HOME = "home"
    """The tower homes the lift before it takes another job."""
    DONE = "done"
    CANCELLED = "cancelled"


RESCUE_ENDED = frozenset({RescueState.DONE, RescueState.CANCELLED})


@dataclass(frozen=True)
class LiftIsolated:
    """A named person has made the lift dead."""


@dataclass(frozen=True)
class CarSecured:
    """A named person has secured platform and car."""


@dataclass(frozen=True)
class CarBrought:
    """A named person says where the car stands now."""

    where: Place | Outside


@dataclass(frozen=True)
class PeopleClear:
    """A named person says that nobody and nothing is left in the shaft."""


@dataclass(frozen=True)
class PowerBack:
    """A named person has switched the lift on again, and the sensors contradict nothing."""


@dataclass(frozen=True)
class LiftHomed:
    """The PLC has homed the empty lift."""


@dataclass(frozen=True)
class RescueCancelled:
    """It was not needed; nobody has touched the car."""


RescueEvent = (
    LiftIsolated | CarSecured | CarBrought | PeopleClear | PowerBack | LiftHomed | RescueCancelled
)

_S = RescueState
RESCUE_TABLE = TransitionTable(
    "rescue",
    RescueState,
    _S.ISOLATE,
    [
        (_S.ISOLATE, LiftIsolated, _S.SECURE),
        (_S.ISOLATE, RescueCancelled, _S.CANCELLED),
        (_S.SECURE, CarSecured, _S.BRING),
        (_S.SECURE, RescueCancelled, _S.CANCELLED),
        (_S.BRING, CarBrought, _S.CLEAR),
        (_S.CLEAR, CarBrought, _S.CLEAR),
        (_S.CLEAR, PeopleClear, _S.POWER),
        (_S.POWER, CarBrought, _S.CLEAR),
        (_S.POWER, PowerBack, _S.HOME),
        (_S.HOME, LiftHomed, _S.DONE),
    ],
)

CHECKS = {
    RescueState.ISOLATE: (
        "The lift's main switch is off and locked with your own lock; the key is in your pocket.",
        "The bay doors concerned are shut or barred; nobody is in the shaft or under the platform.",
        "Everybody at the tower knows that a car is brought out by hand.",
    ),
    RescueState.SECURE: (
        "The hoist's brake holds; the platform is pinned where the maker says so.",
        "The car is chocked and cannot roll off shuttle or platform.",
    ),
    RescueState.BRING: (
        "Hoist, turntable and shuttle were moved by hand crank as the maker's instructions say.",
        "The car stands with all wheels in its place, chocked; the shuttle is clear of it.",
    ),
    RescueState.CLEAR: (
        "Cranks, pins and chocks are out; guards and covers are back.",
        "Nobody is in the shaft, in a bay, or under the platform: called and counted.",
    ),
    RescueState.POWER: (
        "The lock is off, the main switch is on, safety functions were reset on the spot.",
        "You stand where you see the lift, with an emergency stop in reach: it will be homed.",
    ),
    RescueState.HOME: ("The tower homes the lift by itself; stay clear, and watch it.",),
    RescueState.DONE: (),
    RescueState.CANCELLED: (),
}
"""What the person confirms before each step counts as done."""


@dataclass(frozen=True)
class Confirmation:
    """One step, under the name of whoever did it."""

    step: RescueState
    by: str
    utc: datetime
    witness: str = ""
    """A second person, where no sensor could agree."""
    note: str = ""


@dataclass(frozen=True)
class Rescue:
    """One rescue, from its beginning to the homed lift."""

    case_id: int
    """Its number: that of the case that holds lift and places meanwhile."""
    vin: str
    lift: int
    reason: str
    opened_by: str
    opened_utc: datetime
    state: RescueState = RescueState.ISOLATE
    where: Place | Outside | None = None
    """Where the car was brought; None before that."""
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def key(self) -> str:
        """Names it among all standing facts."""
        return f"rescue {self.case_id}"

    @property
    def ended(self) -> bool:
        """It is over: the lift is homed, or it was not needed."""
        return self.state in RESCUE_ENDED

    def apply(self, event: RescueEvent, confirmation: Confirmation | None = None) -> "Rescue":
        """The rescue after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        state = RESCUE_TABLE.after(self.state, type(event))
        noted = () if confirmation is None else (confirmation,)
        after = replace(self, state=state, confirmations=(*self.confirmations, *noted))
        return replace(after, where=event.where) if isinstance(event, CarBrought) else after
