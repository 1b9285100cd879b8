"""The ledger compared with the sensors, place by place, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.after_job import shows_car
from vendtower.domain.ledger import Ledger
from vendtower.domain.ledger_check import Contradiction, difference_at, places_watched
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import Place, Unsettled


class Finding(Enum):
    """What the audit says of one place."""

    AGREES = "agrees"
    CAR_MISSING = "car missing"
    UNKNOWN_CAR = "unknown car"
    IN_DOUBT = "sensors in doubt"
    IN_QUESTION = "in question"
    """A case asks about it; whatever the sensors say, a person has to answer first."""
    NOT_JUDGED = "not judged"
    """A job, a customer or a driver is at it: sensors and ledger follow each other there."""


_OF = {
    Contradiction.CAR_MISSING: Finding.CAR_MISSING,
    Contradiction.UNKNOWN_CAR: Finding.UNKNOWN_CAR,
    Contradiction.IN_DOUBT: Finding.IN_DOUBT,
}
SOUND = frozenset({Finding.AGREES, Finding.NOT_JUDGED})


@dataclass(frozen=True)
class PlaceAudit:
    """One place: what the ledger has, what the sensors see, and what that means."""

    place: Place
    vin: str | None
    """The car that the ledger has there."""
    seen: bool | None
    """Whether the sensors see a car; None when they disagree."""
    finding: Finding
    words: str


@dataclass(frozen=True)
class Audit:
    """All places at one moment, and the cars of which nobody knows the place."""

    utc: datetime
    places: tuple[PlaceAudit, ...]
    unsettled: tuple[str, ...]
    """VINs."""
    unread: str = ""
    """Why the sensors cannot be read; nothing is compared then."""

    @property
    def sound(self) -> bool:
        """Every place was compared, or is in use, and nothing is in question."""
        judged = all(each.finding in SOUND for each in self.places)
        return judged and not self.unsettled and not self.unread


def audited(
    ledger: Ledger,
    machine: MachineSnapshot,
    slots: Iterable[int],
    *,
    in_question: Mapping[Place, str],
    in_use: Mapping[Place, str],
) -> tuple[PlaceAudit, ...]:
    """Every place of the tower; ``in_question`` and ``in_use`` say why some are not judged."""
    return tuple(
        _place(ledger, machine, place, in_question, in_use)
        for place in places_watched(machine, slots)
    )


def _place(
    ledger: Ledger,
    machine: MachineSnapshot,
    place: Place,
    in_question: Mapping[Place, str],
    in_use: Mapping[Place, str],
) -> PlaceAudit:
    difference = difference_at(ledger, machine, place)
    differs = "" if difference is None else str(difference)
    if place in in_question:
        finding, words = Finding.IN_QUESTION, f"{in_question[place]}. {differs}".rstrip(". ")
    elif place in in_use:
        finding, words = Finding.NOT_JUDGED, in_use[place]
    elif difference is None:
        finding, words = Finding.AGREES, ""
    else:
        finding, words = _OF[difference.contradiction], differs
    return PlaceAudit(place, ledger.car_at(place), shows_car(place, machine), finding, words)


def unsettled_cars(ledger: Ledger) -> tuple[str, ...]:
    """Cars of which nobody knows the place."""
    return tuple(sorted(line.vehicle.vin for line in ledger if isinstance(line.where, Unsettled)))
