"""Options of a seed, drawn from the seed: each looks at the tower from another side.

A run with every fault at once hides what a quiet one finds, and the other way round (Groce et
al., "Swarm Testing", ISSTA 2012): so each seed leaves out some kinds of faults and some manners of
people, and has a strength, a haste and a stock of its own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from benchmarks.swarm.fault_plan import OF_BOARDS, FaultKind
from benchmarks.swarm.plan import ROOT, Options
from benchmarks.swarm.traffic import Manner, ReturnManner
from benchmarks.swarm.world import Tier

EXAMPLES = tuple(ROOT / "docs" / "examples" / name for name in ("guangzhou.toml", "two-lifts.toml"))
FOUR_LIFTS = ROOT / "benchmarks" / "sites" / "four-lifts.toml"
SITES = (*EXAMPLES, FOUR_LIFTS)
FOUR_LIFTS_EVERY = 5
"""One seed in so many plays the large site: it takes longest, and has the most to lease."""
BOARDS_EVERY = 3
"""One seed in so many has kiosk boards, whose lines cost more than all the rest of a run."""
STRENGTHS = (0.0, 1.0, 3.0, 8.0, 25.0)
HASTES = (1.0, 2.0, 4.0, 16.0)
"""Windows of an hour down to a quarter: staff, who come after some minutes, must be in time."""
TRIPS_PER_HOUR = (1.0, 2.0, 4.0, 8.0)
CARS = (4, 10, 18)
LIST_AGES_H = (72.0, 72.0, 1.0)
SETTLING_S_MAX = 2 * 3600.0


@dataclass(frozen=True)
class Fixed:
    """What is given for every seed; None is drawn by the seed."""

    hours: float = 1.0
    site: Path | None = None
    tier: Tier = Tier.PORT
    trips_per_day: float | None = None
    strength: float | None = None
    haste: float | None = None
    cars: int | None = None
    boards: bool | None = None


def options_of_seed(seed: int, fixed: Fixed) -> Options:
    """The options of a seed. What is fixed changes nothing of the rest."""
    chance = random.Random(f"options {seed}")
    trips_per_day = 24.0 * chance.choice(TRIPS_PER_HOUR)
    strength, haste = chance.choice(STRENGTHS), chance.choice(HASTES)
    cars, camera_errs = chance.choice(CARS), chance.choice((0.0, 1.0, 4.0))
    left_out = _left_out(chance)
    return Options(
        seed=seed,
        site=_site(seed) if fixed.site is None else fixed.site,
        days=fixed.hours / 24.0,
        trips_per_day=trips_per_day if fixed.trips_per_day is None else fixed.trips_per_day,
        strength=strength if fixed.strength is None else fixed.strength,
        haste=haste if fixed.haste is None else fixed.haste,
        cars=cars if fixed.cars is None else fixed.cars,
        tier=fixed.tier,
        camera_errs=camera_errs,
        settling_s_max=SETTLING_S_MAX,
        list_age_h=chance.choice(LIST_AGES_H),
        without=left_out,
        boards=seed % BOARDS_EVERY == 0 if fixed.boards is None else fixed.boards,
    )


def _site(seed: int) -> Path:
    return FOUR_LIFTS if seed % FOUR_LIFTS_EVERY == 0 else EXAMPLES[seed % len(EXAMPLES)]


def _left_out(chance: random.Random) -> tuple[str, ...]:
    """Up to half of the kinds of faults, and of the manners but one."""
    left_out: list[str] = []
    elsewhere = [kind for kind in FaultKind if kind not in OF_BOARDS]
    of_boards = [kind for kind in FaultKind if kind in OF_BOARDS]
    for kinds in (elsewhere, list(Manner)[1:], list(ReturnManner)[1:], of_boards):
        share = chance.choice((0.0, 0.25, 0.5))
        left_out += [_name(kind) for kind in kinds if chance.random() < share]
    return tuple(left_out)


def _name(kind: Enum) -> str:
    return kind.name
