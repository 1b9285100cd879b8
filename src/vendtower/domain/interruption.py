"""What has interrupted the tower from outside: an emergency stop, an open door, fire, or a pause
of the machine that neither a device nor an order of staff explains.

Each device has a life of its own, which latches: what is over stands until a named person has
looked and says so. Whether anything moves is the PLC's affair; this decides when the controller
asks for anything again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vendtower.domain.table import TransitionTable


class InterruptionKind(Enum):
    """What it is that interrupts."""

    ESTOP = "e-stop"
    DOOR = "door"
    """A door or gate to where lifts move, or a street door that opened for nobody."""
    FIRE = "fire"
    PAUSE = "pause"
    """The machine is held, and neither a device nor an order of staff says why."""


class InterruptionState(Enum):
    """Where its life stands."""

    ACTIVE = "active"
    """Pressed, open, burning."""
    GONE = "gone"
    """Released, closed, over; nobody has looked yet."""
    CONFIRMED = "confirmed"
    """A named person has looked: the device may be forgotten."""


@dataclass(frozen=True)
class InterruptionGone:
    """The device shows that it is over."""

    utc: datetime


@dataclass(frozen=True)
class InterruptionBack:
    """It came again before anybody had confirmed."""

    utc: datetime


@dataclass(frozen=True)
class InterruptionConfirmed:
    """A named person has looked at the device and at what it protects."""

    by: str
    utc: datetime
    note: str = ""


InterruptionEvent = InterruptionGone | InterruptionBack | InterruptionConfirmed

_S = InterruptionState
INTERRUPTION_TABLE = TransitionTable(
    "interruption",
    InterruptionState,
    _S.ACTIVE,
    [
        (_S.ACTIVE, InterruptionGone, _S.GONE),
        (_S.GONE, InterruptionBack, _S.ACTIVE),
        (_S.GONE, InterruptionConfirmed, _S.CONFIRMED),
    ],
)

WORDS = {
    InterruptionKind.ESTOP: {
        _S.ACTIVE: "pressed",
        _S.GONE: "released, not acknowledged",
        _S.CONFIRMED: "acknowledged",
    },
    InterruptionKind.DOOR: {
        _S.ACTIVE: "open",
        _S.GONE: "closed, not confirmed",
        _S.CONFIRMED: "confirmed",
    },
    InterruptionKind.FIRE: {
        _S.ACTIVE: "alarm",
        _S.GONE: "over, not confirmed",
        _S.CONFIRMED: "confirmed",
    },
    InterruptionKind.PAUSE: {
        _S.ACTIVE: "held",
        _S.GONE: "held, why is unknown, not confirmed",
        _S.CONFIRMED: "confirmed",
    },
}
"""How people call each state."""


@dataclass(frozen=True, order=True)
class Device:
    """One thing that can interrupt: ``cabinet``, ``bay 1``, ``lift 2``, ``kiosk 1``, a door."""

    kind_name: str
    place: str

    @property
    def kind(self) -> InterruptionKind:
        """What it is."""
        return InterruptionKind(self.kind_name)

    @property
    def bay(self) -> int | None:
        """The bay that alone is interrupted; None when the whole tower is."""
        prefix, _, number = self.place.rpartition(" ")
        alone = self.kind is InterruptionKind.DOOR and prefix == STREET_DOOR
        return int(number) if alone else None

    def __str__(self) -> str:
        return f"{self.kind_name} {self.place}"


STREET_DOOR = "street door of bay"
CABINET = "cabinet"
UNEXPLAINED = Device("pause", "machine")
"""A gate may have been open while nobody watched: somebody looks before the machine goes on."""
HATCH = "inspection hatch"
GATES = {"inspection_hatch": HATCH, "pit": "pit", "door_locks": "door locks"}
"""Safety words that tell of a door or gate, with what people call it."""


@dataclass(frozen=True)
class Interruption:
    """One life of one device, from its first sign until a person has confirmed its end."""

    number: int
    device: Device
    began_utc: datetime
    state: InterruptionState = InterruptionState.ACTIVE
    gone_utc: datetime | None = None
    confirmed_by: str = ""
    confirmed_utc: datetime | None = None
    note: str = ""

    @property
    def key(self) -> str:
        """Names it among all standing facts."""
        return f"interruption {self.number}"

    @property
    def ended(self) -> bool:
        """Whether a person has confirmed it."""
        return self.state is InterruptionState.CONFIRMED

    @property
    def words(self) -> str:
        """Its state as people call it."""
        return WORDS[self.device.kind][self.state]

    def apply(self, event: InterruptionEvent) -> "Interruption":
        """The interruption after the event.

        Raises:
            IllegalEvent: when the table does not allow the event now; nothing has changed.

        """
        moved = replace(self, state=INTERRUPTION_TABLE.after(self.state, type(event)))
        match event:
            case InterruptionGone(utc=utc):
                return replace(moved, gone_utc=utc)
            case InterruptionBack():
                return replace(moved, gone_utc=None)
            case InterruptionConfirmed(by=by, utc=utc, note=note):
                return replace(moved, confirmed_by=by, confirmed_utc=utc, note=note)

    def __str__(self) -> str:
        return f"{self.device}: {self.words}"


@dataclass(frozen=True)
class Situation:
    """Everything that has to be over before the controller asks for anything again."""

    interruptions: tuple[Interruption, ...] = ()
    """Those that nobody has confirmed."""
    job_error: str = ""
    """How the last job ended otherwise than as asked; empty when it did not."""
    case_open: bool = False
    """Nobody has settled yet what became of that job."""


class Standstill(Enum):
    """What keeps the controller from asking, the gravest first."""

    FIRE = "fire"
    ESTOP_PRESSED = "e-stop pressed"
    DOOR_OPEN = "door open"
    ESTOP_NOT_ACKNOWLEDGED = "e-stop not acknowledged"
    NOT_CONFIRMED = "not confirmed"
    """A door is closed again, fire is over, or the machine was held; nobody has confirmed it."""
    CASE_OPEN = "case open"
    NOTHING = "nothing"


_ACTIVE = {
    InterruptionKind.FIRE: Standstill.FIRE,
    InterruptionKind.ESTOP: Standstill.ESTOP_PRESSED,
    InterruptionKind.DOOR: Standstill.DOOR_OPEN,
    InterruptionKind.PAUSE: Standstill.NOT_CONFIRMED,
}
_GONE = {
    InterruptionKind.FIRE: Standstill.NOT_CONFIRMED,
    InterruptionKind.ESTOP: Standstill.ESTOP_NOT_ACKNOWLEDGED,
    InterruptionKind.DOOR: Standstill.NOT_CONFIRMED,
    InterruptionKind.PAUSE: Standstill.NOT_CONFIRMED,
}


def standstill(situation: Situation) -> Standstill:
    """The gravest of what keeps the tower still; ``NOTHING`` when it may go on.

    An error alone keeps nothing: what became of its job is a case, and the case does.
    """
    found = {_one(each) for each in situation.interruptions}
    if situation.case_open:
        found.add(Standstill.CASE_OPEN)
    return next((each for each in Standstill if each in found), Standstill.NOTHING)


def _one(interruption: Interruption) -> Standstill:
    match interruption.state:
        case InterruptionState.ACTIVE:
            return _ACTIVE[interruption.device.kind]
        case InterruptionState.GONE:
            return _GONE[interruption.device.kind]
        case InterruptionState.CONFIRMED:
            return Standstill.NOTHING


def of_the_tower(interruptions: Iterable[Interruption]) -> tuple[Interruption, ...]:
    """Those that keep the whole tower still, not one bay alone."""
    return tuple(each for each in interruptions if each.device.bay is None)
