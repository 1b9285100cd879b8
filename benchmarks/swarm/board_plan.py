"""What people do at kiosk boards and what breaks there, drawn apart from everything else.

A run without boards draws nothing of this, and is the same run as before there were boards.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from benchmarks.swarm.fault_plan import (
    DAY_S,
    FaultKind,
    PlannedFault,
    drawn_duration_s,
    drawn_times,
)
from benchmarks.swarm.key_manners import CANCELS, LaysKey, TakesKey
from benchmarks.swarm.traffic import Manner, Trip

_TAKES = {
    TakesKey.AT_ONCE: 52,
    TakesKey.ASKS_AGAIN: 10,
    TakesKey.SHUTS_IT: 8,
    TakesKey.LEAVES_IT: 12,
    TakesKey.LEAVES_OPEN: 8,
    TakesKey.GOES_WITH_IT: 10,
}
_LAYS = {
    LaysKey.AT_ONCE: 50,
    LaysKey.ASKS_AGAIN: 14,
    LaysKey.KEEPS_IT: 18,
    LaysKey.LEAVES_OPEN: 14,
    LaysKey.ANOTHER: 4,
}
BY_BOARD_SHARE = 0.5
CANCELS_SHARE = 0.2
"""Of punctual customers: they have the reservation withdrawn before the key cabinet."""
CRASHES = (FaultKind.CRASH, FaultKind.CRASH_AT_COMMIT, FaultKind.POWER_CUT)
CRASHES_PER_DAY = 16.0
BOARD_RATES_PER_DAY: Mapping[FaultKind, float] = {
    FaultKind.BOARD_UNPLUGGED: 6.0,
    FaultKind.BOARD_SILENT: 6.0,
    FaultKind.BOARD_NOISE: 4.0,
    FaultKind.BOARD_RESTART: 8.0,
    FaultKind.BOARD_TAMPERED: 1.0,
    FaultKind.KEY_SENSOR_STUCK: 10.0,
    FaultKind.COMPARTMENT_STUCK: 8.0,
}
"""How often each kind comes in a day."""
KEY_MOMENTS = (
    ": key asked",
    ": key opened",
    ": key shut",
    ": key moved",
    ": key with_staff",
    ": presented",
    "compartment is released",
    "pulls compartment",
    "takes compartment",
)
"""Words of the story in whose wake a key is on its way."""
MOMENT_SHARE = 0.8
WAKE_S = 6.0


def with_habits(chance: random.Random, trips: Sequence[Trip]) -> list[Trip]:
    """The same trips, each with what becomes of the key, and whether board or screen is used.

    Whoever is to do something with the car, and is judged by it, takes the key as they should.
    """
    return [_with_habits(chance, trip) for trip in trips]


def _with_habits(chance: random.Random, trip: Trip) -> Trip:
    takes = chance.choices(list(_TAKES), list(_TAKES.values()))[0]
    manner = trip.manner
    if manner is Manner.PUNCTUAL and chance.random() < CANCELS_SHARE:
        manner, takes = Manner.CANCELS_LATE, chance.choice(sorted(CANCELS, key=str))
    elif manner is not Manner.PUNCTUAL and takes is TakesKey.GOES_WITH_IT:
        takes = TakesKey.AT_ONCE  # what they are judged by is another thing
    return replace(
        trip,
        manner=manner,
        takes_key=takes,
        lays_key=chance.choices(list(_LAYS), list(_LAYS.values()))[0],
        by_board=chance.random() < BY_BOARD_SHARE,
    )


def plan_board_faults(
    chance: random.Random,
    until_s: float,
    strength: float,
    *,
    moments_s: Sequence[float] = (),
    without: Collection[str] = (),
) -> list[PlannedFault]:
    """What breaks at boards and cabinets, and the daemon that is killed while a key is on its way.

    Most of it comes upon a line of the story about a key (`KEY_MOMENTS`).
    """
    planned = []
    for kind, rate in BOARD_RATES_PER_DAY.items():
        if kind.name not in without:
            times = drawn_times(chance, rate * strength * until_s / DAY_S)
            planned += [_one(chance, kind, until_s, moments_s) for _ in range(times)]
    for _ in range(drawn_times(chance, CRASHES_PER_DAY * strength * until_s / DAY_S)):
        kind = chance.choice(CRASHES)
        if kind.name not in without:
            planned.append(_one(chance, kind, until_s, moments_s))
    return planned


def _one(
    chance: random.Random, kind: FaultKind, until_s: float, moments_s: Sequence[float]
) -> PlannedFault:
    at_s = chance.uniform(0.0, until_s)
    if moments_s and chance.random() < MOMENT_SHARE:
        at_s = chance.choice(list(moments_s)) + chance.uniform(-60.0, 200.0)
    fault = PlannedFault(
        min(max(at_s, 0.0), until_s), kind, drawn_duration_s(chance, kind), chance.getrandbits(32)
    )
    if chance.random() < MOMENT_SHARE:
        wake_s = chance.choice([0.0, chance.uniform(0.0, WAKE_S)])
        return replace(fault, upon=chance.choice(KEY_MOMENTS), after_s=wake_s)
    return fault
