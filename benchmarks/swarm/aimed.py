"""Small plans that lead straight to one thing; used for planted bugs and for what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.plan import Options, Plan
from benchmarks.swarm.traffic import Manner, ReturnManner, Trip

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "examples" / "guangzhou.toml"
TWO_LIFTS = ROOT / "docs" / "examples" / "two-lifts.toml"
AIMED = Options(
    seed=1,
    site=SITE,
    days=0.0,
    cars=4,
    strength=0.0,
    camera_errs=0.0,
    settling_s_max=900.0,
    stop_at_first=True,
)
"""A small stock and a camera that is never wrong: nothing happens but what the plan says."""
WITH_BOARDS = replace(AIMED, boards=True)
FORWARD, BACK = 9, 2
"""Draws with which the wall clock is set an hour forward, and two hours back."""
VERY_SLOW = 5
"""A draw with which a slow disk takes up to three seconds over each piece of work."""


def trip(number: int = 1, arrives_s: float = 70.0, kiosk: int = 1) -> Trip:
    """Somebody who comes for a car, drives off, and brings it back two minutes later."""
    return Trip(
        number=number,
        booked_at_s=arrives_s - 60.0,
        starts_at_s=arrives_s,
        ends_at_s=arrives_s + 600.0,
        arrives_s=arrives_s,
        kiosk=kiosk,
        manner=Manner.PUNCTUAL,
        out_s=120.0,
        back=ReturnManner.CAREFUL,
        face_consent=True,
    )


def manner(each: Trip, how: Manner) -> Trip:
    """The same trip by somebody who comes otherwise."""
    return replace(each, manner=how)


def back(each: Trip, how: ReturnManner) -> Trip:
    """The same trip, and the car is brought back otherwise."""
    return replace(each, back=how)


def fault(
    kind: FaultKind,
    duration_s: float = 0.0,
    *,
    at_s: float = 0.0,
    upon: str = "",
    after_s: float = 0.0,
    name: str = "",
    where: str = "",
    draw: int = 1,
) -> PlannedFault:
    """One fault at a time, or upon the first line of the story with these words."""
    return PlannedFault(
        at_s, kind, duration_s, draw=draw, name=name, where=where, upon=upon, after_s=after_s
    )


def plan(*parts: Trip | PlannedFault) -> Plan:
    """A plan of these alone, in the order of their time."""
    return Plan(
        tuple(sorted((each for each in parts if isinstance(each, Trip)), key=_booked)),
        tuple(each for each in parts if isinstance(each, PlannedFault)),
    )


def _booked(each: Trip) -> float:
    return each.booked_at_s


def one_shaft(folder: Path) -> Path:
    """The site file of a tower whose two lifts stand in one shaft, written into the folder."""
    path = folder / "one-shaft.toml"
    text = TWO_LIFTS.read_text(encoding="utf-8")
    path.write_text(text.replace('shaft = "B"', 'shaft = "A"'), encoding="utf-8")
    return path
