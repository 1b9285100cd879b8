"""One alarm's life after ISA-18.2: raised, acknowledged, returned, latched, shelved, taken out."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.errors import LocalFault
from vendtower.domain.table import TransitionTable


class Severity(Enum):
    """The four levels of VDA 5050, mildest first."""

    INFO = "info"
    """Worth knowing; nobody has to acknowledge it."""
    WARNING = "warning"
    """The tower goes on in a lesser way, or soon will not."""
    CRITICAL = "critical"
    """A part of the tower cannot serve until somebody acts."""
    FATAL = "fatal"
    """No movement begins while it lasts, and nobody can hide it."""

    @property
    def rank(self) -> int:
        """0 for the mildest, growing with gravity."""
        return list(Severity).index(self)


class AlarmState(Enum):
    """How far an alarm has come (ISA-18.2; active or not is a fact of its own)."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    """The condition holds, and nobody has said that they know."""
    ACKNOWLEDGED = "acknowledged"
    """The condition holds, and a named person knows."""
    RETURNED = "returned"
    """The condition is gone, and nobody has said that they knew."""
    LATCHED = "latched"
    """The condition is gone, and the alarm stands until a named person acknowledges that."""
    SHELVED = "shelved"
    """A named person keeps it out of sight for a while, with a reason and an end."""
    OUT_OF_SERVICE = "out_of_service"
    """A named person has switched it off, with a reason, until they switch it on again."""


MASKED = frozenset({AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE})


class CannotMask(LocalFault):
    """A fatal alarm is neither shelved nor taken out of service."""


@dataclass(frozen=True, order=True)
class AlarmKey:
    """One condition at one place."""

    code: str
    """For instance ``P16`` (the PLC's) or ``C01`` (the controller's)."""
    source: str = "tower"
    """``tower``, ``lift 1``, ``bay 2``, ``slot 31``, ``kiosk 1``, ``flow dispatch``, ..."""

    def __str__(self) -> str:
        return f"{self.code} at {self.source}"


@dataclass(frozen=True)
class AlarmRaised:
    """The condition holds."""

    utc: datetime
    text: str
    episode_id: str
    """Used when no episode is open; the same episode goes on otherwise."""
    grouped: bool = False
    """One of many within seconds: the flood's alarm speaks for it."""


@dataclass(frozen=True)
class AlarmReturned:
    """The condition is gone."""

    utc: datetime
    active_s: float
    """How long it held this time."""


@dataclass(frozen=True)
class AlarmLatched:
    """The condition is gone, and the catalogue wants a person to say so."""

    utc: datetime
    active_s: float
    """How long it held this time."""


@dataclass(frozen=True)
class AlarmChattered:
    """The condition comes and goes: the alarm stands until there is quiet."""


@dataclass(frozen=True)
class AlarmAcknowledged:
    """A named person knows."""

    by: str
    utc: datetime
    note: str = ""


@dataclass(frozen=True)
class AlarmShelved:
    """A named person keeps it out of sight until a moment."""

    by: str
    reason: str
    until_utc: datetime


@dataclass(frozen=True)
class AlarmUnshelved:
    """A named person wants to see it again before the shelving ends."""

    by: str


@dataclass(frozen=True)
class AlarmShelvingEnded:
    """The time for which it was shelved is over."""


@dataclass(frozen=True)
class AlarmTakenOutOfService:
    """A named person has switched it off."""

    by: str
    reason: str


@dataclass(frozen=True)
class AlarmReturnedToService:
    """A named person has switched it on again."""

    by: str


AlarmEvent = (
    AlarmRaised
    | AlarmReturned
    | AlarmLatched
    | AlarmChattered
    | AlarmAcknowledged
    | AlarmShelved
    | AlarmUnshelved
    | AlarmShelvingEnded
    | AlarmTakenOutOfService
    | AlarmReturnedToService
)

_S = AlarmState
ALARM_TABLE = TransitionTable(
    "alarm",
    AlarmState,
    _S.NORMAL,
    [
        (_S.NORMAL, AlarmRaised, _S.UNACKNOWLEDGED),
        (_S.NORMAL, AlarmShelved, _S.SHELVED),
        (_S.NORMAL, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        (_S.UNACKNOWLEDGED, AlarmAcknowledged, _S.ACKNOWLEDGED),
        (_S.UNACKNOWLEDGED, AlarmChattered, _S.UNACKNOWLEDGED),
        (_S.UNACKNOWLEDGED, AlarmReturned, _S.RETURNED),
        (_S.UNACKNOWLEDGED, AlarmLatched, _S.LATCHED),
        (_S.UNACKNOWLEDGED, AlarmShelved, _S.SHELVED),
        (_S.UNACKNOWLEDGED, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        (_S.ACKNOWLEDGED, AlarmChattered, _S.ACKNOWLEDGED),
        (_S.ACKNOWLEDGED, AlarmReturned, _S.NORMAL),
        (_S.ACKNOWLEDGED, AlarmLatched, _S.LATCHED),
        (_S.ACKNOWLEDGED, AlarmShelved, _S.SHELVED),
        (_S.ACKNOWLEDGED, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        (_S.RETURNED, AlarmRaised, _S.UNACKNOWLEDGED),
        (_S.RETURNED, AlarmAcknowledged, _S.NORMAL),
        (_S.RETURNED, AlarmShelved, _S.SHELVED),
        (_S.RETURNED, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        (_S.LATCHED, AlarmRaised, _S.UNACKNOWLEDGED),
        (_S.LATCHED, AlarmAcknowledged, _S.NORMAL),
        (_S.LATCHED, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        # What is out of sight is still written down.
        (_S.SHELVED, AlarmRaised, _S.SHELVED),
        (_S.SHELVED, AlarmChattered, _S.SHELVED),
        (_S.SHELVED, AlarmReturned, _S.SHELVED),
        (_S.SHELVED, AlarmUnshelved, _S.NORMAL),
        (_S.SHELVED, AlarmShelvingEnded, _S.NORMAL),
        (_S.SHELVED, AlarmTakenOutOfService, _S.OUT_OF_SERVICE),
        (_S.OUT_OF_SERVICE, AlarmRaised, _S.OUT_OF_SERVICE),
        (_S.OUT_OF_SERVICE, AlarmChattered, _S.OUT_OF_SERVICE),
        (_S.OUT_OF_SERVICE, AlarmReturned, _S.OUT_OF_SERVICE),
        (_S.OUT_OF_SERVICE, AlarmReturnedToService, _S.NORMAL),
    ],
)


@dataclass(frozen=True)
class Alarm:
    """One alarm as journaled. An episode lasts from the first raising until it is over."""

    code: str
    source: str
    severity: Severity
    state: AlarmState = AlarmState.NORMAL
    active: bool = False
    """The condition holds now, masked or not."""
    text: str = ""
    """What was found, in a sentence."""
    episode_id: str = ""
    """Empty when there was none yet."""
    raised_utc: datetime | None = None
    """When the episode began."""
    activated_utc: datetime | None = None
    """When the condition was last raised."""
    returned_utc: datetime | None = None
    """When the condition was last gone; None while it holds."""
    active_s: float = 0.0
    """How long the condition held in this episode, the present time not included."""
    activations: int = 0
    """How often it was raised in this episode."""
    acknowledged_by: str = ""
    acknowledged_utc: datetime | None = None
    note: str = ""
    chattering: bool = False
    grouped: bool = False
    masked_by: str = ""
    masked_reason: str = ""
    shelved_until_utc: datetime | None = None

    @property
    def key(self) -> AlarmKey:
        """Which condition, and where."""
        return AlarmKey(self.code, self.source)

    @property
    def open(self) -> bool:
        """Its episode is not over: something holds, or a person has not said that they know."""
        return self.active or self.state not in {AlarmState.NORMAL, *MASKED}

    @property
    def forbids_motion(self) -> bool:
        """Fatal, and the condition holds or nobody has confirmed yet that it is gone."""
        standing = self.active or self.state is AlarmState.LATCHED
        return self.severity is Severity.FATAL and standing

    @property
    def wants_person(self) -> bool:
        """Somebody has to acknowledge it."""
        return self.state in {
            AlarmState.UNACKNOWLEDGED,
            AlarmState.RETURNED,
            AlarmState.LATCHED,
        }

    def apply(self, event: AlarmEvent) -> "Alarm":
        """The alarm after the event.

        Raises:
            CannotMask: the event would hide a fatal alarm; nothing has changed.
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        masks = isinstance(event, AlarmShelved | AlarmTakenOutOfService)
        if masks and self.severity is Severity.FATAL:
            raise CannotMask(
                f"alarm {self.key} is fatal: it is neither shelved nor taken out of service"
            )
        moved = replace(self, state=ALARM_TABLE.after(self.state, type(event)))
        return _note(moved, event, was_open=self.open)


def _note(alarm: Alarm, event: AlarmEvent, *, was_open: bool) -> Alarm:
    """Write down what the event says beyond the state."""
    match event:
        case AlarmRaised():
            return _raised(alarm if was_open else _new_episode(alarm, event), event)
        case AlarmReturned(utc=utc, active_s=active_s) | AlarmLatched(utc=utc, active_s=active_s):
            return replace(
                alarm,
                active=False,
                returned_utc=utc,
                active_s=alarm.active_s + active_s,
                chattering=False,
            )
        case AlarmChattered():
            return replace(alarm, chattering=True)
        case AlarmAcknowledged(by=by, utc=utc, note=note):
            return replace(alarm, acknowledged_by=by, acknowledged_utc=utc, note=note)
        case AlarmShelved(by=by, reason=reason, until_utc=until_utc):
            return replace(alarm, masked_by=by, masked_reason=reason, shelved_until_utc=until_utc)
        case AlarmTakenOutOfService(by=by, reason=reason):
            return replace(alarm, masked_by=by, masked_reason=reason, shelved_until_utc=None)
        case AlarmUnshelved() | AlarmShelvingEnded() | AlarmReturnedToService():
            return replace(alarm, masked_by="", masked_reason="", shelved_until_utc=None)


def _new_episode(alarm: Alarm, event: AlarmRaised) -> Alarm:
    return replace(
        alarm,
        episode_id=event.episode_id,
        raised_utc=event.utc,
        active_s=0.0,
        activations=0,
        grouped=event.grouped,
        acknowledged_by="",
        acknowledged_utc=None,
        note="",
    )


def _raised(alarm: Alarm, event: AlarmRaised) -> Alarm:
    return replace(
        alarm,
        active=True,
        text=event.text,
        activated_utc=event.utc,
        returned_utc=None,
        activations=alarm.activations + 1,
        acknowledged_by="",
        acknowledged_utc=None,
        note="",
    )
