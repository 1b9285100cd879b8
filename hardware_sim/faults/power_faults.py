"""Mains that are lost while a battery or generator carries the tower on."""

from __future__ import annotations

from functools import partial

from firmware_bridge.meanings import Ups
from hardware_sim.faults.fault import Target, TowerFault, Undo, Where
from hardware_sim.tower import TowerCore


def _supply(source: Ups, core: TowerCore, _target: Target) -> Undo:
    core.plant.run_on(source)
    return lambda: core.plant.run_on(Ups.MAINS)


FAULTS = (
    TowerFault(
        "on-battery",
        "Mains are lost; battery or generator have power for some of the lifts at a time.",
        (Where.TOWER,),
        partial(_supply, Ups.BATTERY),
    ),
    TowerFault(
        "battery-low",
        "Mains are lost and the battery is nearly empty: what moves ends, nothing new begins.",
        (Where.TOWER,),
        partial(_supply, Ups.BATTERY_LOW),
    ),
)
