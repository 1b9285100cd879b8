"""Small plans that lead straight to one thing; used for planted bugs and for what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.plan import Options, Plan
from benchmarks.swarm.traffic import Manner, ReturnManner, Trip

SITE = Path(__file__).parents[2] / "docs" / "examples" / "guangzhou.toml"
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


def fault(
    kind: FaultKind,
    duration_s: float = 0.0,
    *,
    at_s: float = 0.0,
    upon: str = "",
    name: str = "",
    where: str = "",
) -> PlannedFault:
    """One fault at a time, or upon the first line of the story with these words."""
    return PlannedFault(at_s, kind, duration_s, draw=1, name=name, where=where, upon=upon)


def plan(*parts: Trip | PlannedFault) -> Plan:
    """A plan of these alone."""
    return Plan(
        tuple(each for each in parts if isinstance(each, Trip)),
        tuple(each for each in parts if isinstance(each, PlannedFault)),
    )
