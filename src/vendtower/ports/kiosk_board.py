"""The small I/O board in each kiosk: lamps, ring, buzzer, keypad, proximity."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class RingPattern(Enum):
    """What the LED ring shows; chosen by the kiosk's view, not by the board."""

    OUT_OF_SERVICE = "out_of_service"
    WELCOME = "welcome"
    LOOK_HERE = "look_here"
    WORKING = "working"
    DONE = "done"
    REFUSED = "refused"
    ATTENTION = "attention"
    """Somebody takes long and is reminded."""


class TrafficLight(Enum):
    """The light at the bay's door."""

    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class KioskSignals:
    """The end state of everything a board can show."""

    ring: RingPattern
    traffic: TrafficLight
    buzzer: bool = False
    cabinet_lamp: bool = False


@dataclass(frozen=True)
class SomebodyNear:
    """The proximity sensor saw a person come (True) or go (False)."""

    kiosk: int
    near: bool


@dataclass(frozen=True)
class KeyPressed:
    """One key of the pad; secret, never logged, and not in ``repr`` either."""

    kiosk: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class CardRead:
    """A card was held to the reader; its number is never logged, and not in ``repr`` either."""

    kiosk: int
    number: str = field(repr=False)
    """The UID as lower-case hex, in the reader's order of bytes."""


@dataclass(frozen=True)
class Tampered:
    """Somebody worked on the kiosk's housing; reported once, however often the line broke."""

    kiosk: int


@dataclass(frozen=True)
class BoardLink:
    """The board was reached (True) or lost (False): each is reported once.

    While it is lost nothing is known of the person before it; the first ``SomebodyNear`` after
    ``up`` says what changed meanwhile.
    """

    kiosk: int
    up: bool
    reason: str = ""


@dataclass(frozen=True)
class EstopSensed:
    """The board senses the emergency stop beside it: pressed (True) or released.

    A copy for display; the safety PLC decides about the stop.
    """

    kiosk: int
    pressed: bool


BoardEvent = SomebodyNear | KeyPressed | CardRead | Tampered | BoardLink | EstopSensed


class KioskBoard(Protocol):
    """One board; it goes to its safe state by itself when the daemon is silent."""

    async def show(self, signals: KioskSignals) -> None:
        """Bring the board to this end state; remembered and repeated after a reconnect.

        Does not raise for a broken line.
        """
        ...

    async def next_event(self) -> BoardEvent:
        """The next thing the board reports, in order."""
        ...
