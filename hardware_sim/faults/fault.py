"""What a fault is: a name, where it can be, and how it begins and is mended.

A fault of the machine acts on `TowerCore` alone and reads no clock but the plant's own, so that a
sealed simulation can use it as it is. A fault of the surroundings (lines, cloud, cameras, boards)
acts on a whole simulated world.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hardware_sim.tower import TowerCore

if TYPE_CHECKING:
    from hardware_sim.demo.daemon_process import Daemon
    from hardware_sim.world import SimulatedWorld


class Where(StrEnum):
    """What a fault can be told to hit, as ``--at`` names it."""

    TOWER = "tower"
    BAY = "bay"
    LIFT = "lift"
    SLOT = "slot"
    KIOSK = "kiosk"
    SENSOR = "sensor"


MAIN_SENSOR = {
    Where.BAY: "bay{}.presence",
    Where.LIFT: "lift{}.loaded",
    Where.SLOT: "slot{}.occupied",
}
"""The sensor that is meant when only its place is named."""


@dataclass(frozen=True)
class Target:
    """One place, or one sensor by name."""

    where: Where = Where.TOWER
    number: int = 0
    sensor: str = ""

    def __str__(self) -> str:
        """As ``--at`` takes it."""
        if self.where is Where.SENSOR:
            return self.sensor
        return "tower" if self.where is Where.TOWER else f"{self.where}:{self.number}"


class UnknownTarget(ValueError):
    """What was named is not in this tower, or is nothing that this fault can hit."""


@dataclass(frozen=True)
class Surroundings:
    """What the faults of the surroundings act on."""

    world: SimulatedWorld
    daemon: Daemon | None = None
    """The controller, where the simulation has started it itself."""


Undo = Callable[[], None]
LaterUndo = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """What every fault has."""

    name: str
    what: str
    """What breaks, in one sentence."""
    where: tuple[Where, ...]
    """What it can hit; the first, number 1, is meant when nothing is said."""


@dataclass(frozen=True)
class TowerFault(Fault):
    """A fault of the machine."""

    start: Callable[[TowerCore, Target], Undo]
    """Breaks it; what is returned mends it."""


@dataclass(frozen=True)
class SurroundingsFault(Fault):
    """A fault of what is around the machine."""

    start: Callable[[Surroundings, Target], Awaitable[LaterUndo]]
    """Breaks it; what is returned mends it."""


def parse_target(text: str | None, where: tuple[Where, ...]) -> Target:
    """What ``--at`` says, for a fault that can hit these.

    Raises:
        UnknownTarget: says what was expected.
    """
    if text is None:
        return Target(where[0], 0 if where[0] is Where.TOWER else 1)
    named = re.fullmatch(r"(bay|lift|slot|kiosk):([0-9]{1,3})", text)
    place = Where(named[1]) if named else Where.TOWER if text == Where.TOWER else None
    if place in where:
        return Target(place, int(named[2]) if named else 0)
    if Where.SENSOR in where:
        if place in MAIN_SENSOR and named:
            return Target(Where.SENSOR, 0, MAIN_SENSOR[place].format(named[2]))
        if place is None:
            return Target(Where.SENSOR, 0, text)
    raise UnknownTarget(f"at {text!r}, expected {expected_at(where)}")


def expected_at(where: tuple[Where, ...]) -> str:
    """What ``--at`` takes, in words."""
    kinds = {
        Where.TOWER: "tower",
        Where.SENSOR: "a sensor's name such as bay1.presence, or slot:N, bay:N, lift:N",
    }
    return " or ".join(kinds.get(each, f"{each}:N") for each in where)
