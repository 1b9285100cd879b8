"""Who comes when and how they behave, drawn from the seed before the run begins."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from benchmarks.swarm.key_manners import LaysKey, TakesKey

KindT = TypeVar("KindT", bound=Enum)

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
OPENS_S, CLOSES_S = 0.5 * HOUR_S, 14 * HOUR_S
"""Customers come in these hours of a day; the rest is night."""
GRACE_S = 1800.0
"""How long before the window the tower serves a customer (the example site's ``early_s``)."""


class Manner(Enum):
    """How a customer comes for a car."""

    PUNCTUAL = "punctual"
    EARLY = "comes before the window, is sent away, comes again"
    LATE = "comes after the window"
    ABSENT = "never comes"
    WALKS_OFF = "checks in and walks off"
    DAWDLES = "stands in the bay for minutes"
    LEAVES_CAR = "looks at the car in the bay and goes home without it"
    STRANGER_FIRST = "a stranger with the code comes before"
    STRANGER_INSISTS = "a stranger with the code comes before, again and again"
    CANCELS = "the reservation is withdrawn before"
    CANCELS_LATE = "the reservation is withdrawn while the car moves"
    CHANGES_LATE = "the reservation is changed while the car moves"
    STAYS = "sits in the car and never drives out"
    TYPES = "types the code instead of showing it"
    OTHER_WAY = "would rather have staff look at a document than a camera at the face"


class ReturnManner(Enum):
    """How a car is brought back."""

    CAREFUL = "careful"
    OFF_CENTRE = "parks off the middle, drives out, tries again"
    ROOF_BOX = "has become too high, drives out, takes it off, tries again"
    BOOT_OPEN = "leaves the boot open, drives out, tries again"
    PASSENGER = "leaves somebody in the car"
    SILENT = "walks away from the screen's question"
    BY_PLATE = "has no code at hand and types the plate"
    REOPENS = "has the door opened once more, and only then says that all is clear"


SWAP_SHARE = 0.12

_PICKUPS = {
    Manner.PUNCTUAL: 62,
    Manner.EARLY: 6,
    Manner.LATE: 5,
    Manner.ABSENT: 5,
    Manner.WALKS_OFF: 4,
    Manner.DAWDLES: 4,
    Manner.LEAVES_CAR: 2,
    Manner.STRANGER_FIRST: 4,
    Manner.STRANGER_INSISTS: 1,
    Manner.CANCELS: 4,
    Manner.CANCELS_LATE: 3,
    Manner.CHANGES_LATE: 3,
    Manner.STAYS: 2,
    Manner.TYPES: 4,
    Manner.OTHER_WAY: 3,
}
_RETURNS = {
    ReturnManner.CAREFUL: 75,
    ReturnManner.OFF_CENTRE: 6,
    ReturnManner.ROOF_BOX: 5,
    ReturnManner.BOOT_OPEN: 5,
    ReturnManner.PASSENGER: 4,
    ReturnManner.SILENT: 5,
    ReturnManner.BY_PLATE: 5,
    ReturnManner.REOPENS: 3,
}


@dataclass(frozen=True)
class Trip:
    """One reservation and what becomes of it."""

    number: int
    booked_at_s: float
    starts_at_s: float
    ends_at_s: float
    arrives_s: float
    """When the customer means to come."""
    kiosk: int
    manner: Manner
    out_s: float
    """How long the car is away."""
    back: ReturnManner
    face_consent: bool
    swaps: bool = False
    """Whoever brings the car back takes another one at once."""
    takes_key: TakesKey = TakesKey.AT_ONCE
    lays_key: LaysKey = LaysKey.AT_ONCE
    by_board: bool = False
    """Types on the kiosk board's keypad, and holds a card to its reader, where there is one."""


@dataclass(frozen=True)
class Season:
    """How busy the days of a run are."""

    days: float
    trips_per_day: float
    haste: float = 1.0
    """Divides windows and times away, so that a short run sees whole trips."""
    without: frozenset[str] = frozenset()
    """Names of manners that nobody has."""

    def start_s(self, chance: random.Random) -> float:
        """When a window begins: in the hours in which the tower is busy, not in the last ones."""
        until_s = self.days * DAY_S - 2 * HOUR_S / self.haste
        day = int(chance.uniform(0.0, self.days))
        start_s = day * DAY_S + chance.uniform(OPENS_S, CLOSES_S)
        return start_s if start_s < until_s else chance.uniform(OPENS_S, max(OPENS_S, until_s))


def plan_trips(chance: random.Random, season: Season, kiosks: list[int]) -> list[Trip]:
    """All trips of a run, by the time of their booking."""
    trips = [
        _trip(chance, season, number, kiosks)
        for number in range(1, max(1, round(season.days * season.trips_per_day)) + 1)
    ]
    return sorted(trips, key=lambda trip: (trip.booked_at_s, trip.number))


def _trip(chance: random.Random, season: Season, number: int, kiosks: list[int]) -> Trip:
    hour_s = HOUR_S / season.haste
    manner = _drawn(chance, _PICKUPS, season.without)
    starts_at_s = season.start_s(chance)
    ends_at_s = starts_at_s + hour_s
    arrives_s = chance.uniform(starts_at_s, ends_at_s - 0.4 * hour_s)
    match manner:
        case Manner.EARLY:
            arrives_s = max(600.0, starts_at_s - GRACE_S - 900.0)
        case Manner.LATE:
            arrives_s = ends_at_s + 1200.0
    return Trip(
        number=number,
        booked_at_s=max(120.0, min(arrives_s, starts_at_s) - chance.uniform(1.0, 5.0) * hour_s),
        starts_at_s=starts_at_s,
        ends_at_s=ends_at_s,
        arrives_s=arrives_s,
        kiosk=chance.choice(kiosks),
        manner=manner,
        out_s=chance.uniform(0.5, 8.0) * hour_s,
        back=_drawn(chance, _RETURNS, season.without),
        face_consent=chance.random() < 0.8,
        swaps=chance.random() < SWAP_SHARE,
    )


def _drawn(chance: random.Random, weights: dict[KindT, int], without: frozenset[str]) -> KindT:
    drawn = {kind: weight for kind, weight in weights.items() if kind.name not in without}
    return chance.choices(list(drawn), list(drawn.values()))[0]
