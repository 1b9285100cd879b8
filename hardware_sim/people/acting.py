"""People and impostors who see the kiosk's screen and answer what it asks, in human time.

An `Actor` is told what the screen says by `ask`, and asked by `view` what the camera sees. Its
chance is a seeded generator: the same seed and prompts give the same movements.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.relief import Person
from hardware_sim.people.renderer import View
from hardware_sim.people.sheets import FILMED_AT_M, Print, ReplayScreen


class Presented(Enum):
    """What is held or stands before the camera."""

    GENUINE = "genuine"
    FLAT_PRINT = "flat_print"
    BENT_PRINT = "bent_print"
    STILL_SCREEN = "still_screen"
    PREPARED_TURN = "prepared_turn"
    """A film of the customer turning, recorded before, on a screen."""


class Actor(Protocol):
    """Somebody before the camera who can read."""

    def ask(self, hint: str, at_s: float) -> None:
        """The screen says this from now on: a value of the kiosk's hints."""
        ...

    def view(self, at_s: float) -> View:
        """What the camera sees; ``at_s`` only grows."""
        ...


@dataclass(frozen=True)
class Conditions:
    """Where somebody stands and how well the camera sees them."""

    distance_m: float = 0.6
    light: float = 1.0
    blur_px: float = 0.0
    noise: float = 2.0


@dataclass(frozen=True)
class _Move:
    """From one value to another, smoothly, beginning and ending at rest."""

    start: float
    end: float
    from_s: float
    over_s: float

    def at(self, now_s: float) -> float:
        share = min(1.0, max(0.0, (now_s - self.from_s) / self.over_s))
        return self.start + (self.end - self.start) * share**3 * (10 - 15 * share + 6 * share**2)


class _Sway:
    """Nobody stands or holds still: a few slow waves and a small tremor, with random phases."""

    def __init__(self, chance: random.Random, amount: float) -> None:
        waves = [(0.25, 0.6), (0.6, 0.3), (1.3, 0.1), (7.0, 0.02)]
        self._parts = [
            (rate * chance.uniform(0.8, 1.25), share * amount, chance.uniform(0, 2 * math.pi))
            for rate, share in waves
        ]

    def at(self, now_s: float) -> float:
        return sum(
            share * math.sin(2 * math.pi * rate * now_s + phase)
            for rate, share, phase in self._parts
        )


@dataclass(frozen=True)
class Manner:
    """How somebody answers; times in seconds, angles in degrees. ``(median, spread)`` is drawn
    from a log-normal distribution, ``(low, high)`` evenly.
    """

    reaction_s: tuple[float, float] = (0.65, 0.30)
    turn_deg: tuple[float, float] = (19.0, 32.0)
    turn_s: tuple[float, float] = (0.45, 0.95)
    closer_m: tuple[float, float] = (0.12, 0.22)
    wrong_way: float = 0.02
    """Share of turns in which left and right are mixed up."""
    sway_m: float = 0.012
    sway_deg: float = 2.5


PERSON = Manner()
HOLDER = Manner(turn_deg=(20.0, 50.0), wrong_way=0.0, sway_m=0.015, sway_deg=4.0)
"""Whoever holds up a sheet knows what is wanted, and may turn it as far as they like."""

_LEFT, _RIGHT, _CLOSER, _STRAIGHT = "turn_left", "turn_right", "come_closer", "look_straight"
Shape = Callable[[Pose], Thing]


class Follower:
    """Stands or is held before the camera, and follows what the screen asks."""

    def __init__(
        self,
        shape: Shape,
        conditions: Conditions,
        chance: random.Random,
        manner: Manner = PERSON,
    ) -> None:
        self._shape = shape
        self._conditions = conditions
        self._chance = chance
        self._manner = manner
        self._yaw = _Move(0.0, 0.0, 0.0, 1.0)
        self._near = _Move(0.0, 0.0, 0.0, 1.0)
        self._roll = _Move(0.0, 0.0, 0.0, 1.0)
        self._hint = ""
        self._sways_m = [_Sway(chance, manner.sway_m) for _ in range(3)]
        self._sways_deg = [_Sway(chance, manner.sway_deg) for _ in range(3)]

    def ask(self, hint: str, at_s: float) -> None:
        """Begin to move after a time of reaction, unless the screen said so already."""
        if hint == self._hint:
            return
        self._hint = hint
        manner, chance = self._manner, self._chance
        begin_s = at_s + chance.lognormvariate(math.log(manner.reaction_s[0]), manner.reaction_s[1])
        over_s = chance.uniform(*manner.turn_s)
        if hint in (_LEFT, _RIGHT):
            side = 1.0 if hint == _LEFT else -1.0
            if chance.random() < manner.wrong_way:
                side = -side
            turn_deg = side * chance.uniform(*manner.turn_deg)
            self._yaw = _Move(self._yaw.at(at_s), turn_deg, begin_s, over_s)
            tilt_deg = chance.uniform(-4.0, 4.0)
            self._roll = _Move(self._roll.at(at_s), tilt_deg, begin_s, over_s)
        elif hint == _CLOSER:
            step_m = min(chance.uniform(*manner.closer_m), self._conditions.distance_m - 0.3)
            self._near = _Move(self._near.at(at_s), step_m, begin_s, over_s)
        elif hint == _STRAIGHT:
            self._yaw = _Move(self._yaw.at(at_s), 0.0, begin_s, over_s)
            self._roll = _Move(self._roll.at(at_s), 0.0, begin_s, over_s)

    def pose(self, at_s: float) -> Pose:
        """Where the thing is and how it is turned."""
        (x, y, z), (yaw, pitch, roll) = (
            [sway.at(at_s) for sway in sways] for sways in (self._sways_m, self._sways_deg)
        )
        return Pose(
            self._conditions.distance_m - self._near.at(at_s) + z,
            x_m=x,
            y_m=y,
            yaw_deg=self._yaw.at(at_s) + 0.6 * yaw,
            pitch_deg=pitch,
            roll_deg=self._roll.at(at_s) + roll,
        )

    def view(self, at_s: float) -> View:
        """What the camera sees of it."""
        return _seen(self._shape(self.pose(at_s)), self._conditions)


class PreparedFilm:
    """Holds up a screen that plays a film made before; it cannot answer, only fit by chance.

    The film goes through turns to both sides and an approach, in a random order with random
    pauses, and begins anew at its end. Whoever made it knew what may be asked.
    """

    def __init__(self, portrait: str, conditions: Conditions, chance: random.Random) -> None:
        self._portrait = portrait
        self._conditions = conditions
        self._hand = Follower(lambda pose: Person(portrait, pose), conditions, chance, HOLDER)
        self._actor = Follower(
            lambda pose: Person(portrait, pose), replace(conditions, distance_m=FILMED_AT_M), chance
        )
        self._script: list[tuple[float, str]] = []
        self._chance = chance
        self._written_s = chance.uniform(0.5, 2.0)
        self._next = 0

    def ask(self, hint: str, at_s: float) -> None:
        """A film does not listen."""

    def view(self, at_s: float) -> View:
        """The film's picture of this moment, on a screen in somebody's hand."""
        while self._written_s < at_s + 1.0:
            move = self._chance.choice([_LEFT, _RIGHT, _LEFT, _RIGHT, _CLOSER])
            self._script.append((self._written_s, move))
            self._written_s += self._chance.uniform(0.9, 2.2)
            self._script.append((self._written_s, _STRAIGHT))
            self._written_s += self._chance.uniform(0.9, 2.5)
        while self._next < len(self._script) and self._script[self._next][0] <= at_s:
            moment_s, move = self._script[self._next]
            self._actor.ask(move, moment_s)
            self._next += 1
        screen = ReplayScreen(self._portrait, self._hand.pose(at_s), self._actor.pose(at_s))
        return _seen(screen, self._conditions)


def present(what: Presented, portrait: str, conditions: Conditions, chance: random.Random) -> Actor:
    """Somebody or something with this portrait's face."""
    match what:
        case Presented.GENUINE:
            return Follower(lambda pose: Person(portrait, pose), conditions, chance)
        case Presented.FLAT_PRINT:
            return Follower(lambda pose: Print(portrait, pose), conditions, chance, HOLDER)
        case Presented.BENT_PRINT:
            radius_m = chance.choice((0.07, 0.08, 0.10, 0.13, 0.18))
            axis_deg = chance.choice((0.0, 0.0, 0.0, 20.0, -20.0, 45.0, 90.0))
            return Follower(
                lambda pose: Print(portrait, pose, radius_m, axis_deg), conditions, chance, HOLDER
            )
        case Presented.STILL_SCREEN:
            return Follower(
                lambda pose: Print(portrait, pose, screen=True), conditions, chance, HOLDER
            )
        case Presented.PREPARED_TURN:
            return PreparedFilm(portrait, conditions, chance)


def _seen(thing: Thing, conditions: Conditions) -> View:
    return View((thing,), conditions.light, conditions.blur_px, conditions.noise)
