"""Axes that jam, doors that stick, loads that are not what they should be, drives that get hot."""

from __future__ import annotations

from functools import partial

from hardware_sim.faults.fault import Target, TowerFault, Undo, Where
from hardware_sim.plant.axis import AxisName
from hardware_sim.tower import TowerCore

WRONG_BY_KG = 450
OVERLOADED_BY_KG = 4000
HOTTER_BY_C = 65.0
CREEP_SHARE = 0.25


def _jam(axis: AxisName, core: TowerCore, target: Target) -> Undo:
    plant = core.plant
    drive = plant.lifts[target.number].axes[axis]
    drive.jam(plant.now_s)
    plant.note(str(target), "jammed", axis)
    plant.happened()

    def mend() -> None:
        drive.free()
        plant.happened()

    return mend


def _door_stuck(which: str, core: TowerCore, target: Target) -> Undo:
    plant = core.plant
    door = plant.door(target.number, which)
    door.jam(plant.now_s)
    plant.note(str(target), "jammed", f"{which} door")
    plant.happened()

    def mend() -> None:
        door.free()
        plant.happened()

    return mend


def _lock_broken(which: str, core: TowerCore, target: Target) -> Undo:
    plant = core.plant
    door = plant.door(target.number, which)

    def be(broken: bool) -> None:
        door.lock_broken = broken
        plant.happened()

    be(broken=True)
    return lambda: be(broken=False)


def _heavier(by_kg: int, core: TowerCore, target: Target) -> Undo:
    plant = core.plant
    lift = plant.lifts[target.number]

    def add(extra_kg: int) -> None:
        lift.extra_kg += extra_kg
        plant.happened()

    add(by_kg)
    return lambda: add(-by_kg)


def _creeps(core: TowerCore, target: Target) -> Undo:
    """Slower by a factor and faster by it again, as two of these may stand at once."""
    lift = core.plant.lifts[target.number]

    def be(times_as_fast: float) -> None:
        lift.speed_share *= times_as_fast

    be(CREEP_SHARE)
    return lambda: be(1.0 / CREEP_SHARE)


def _hot(core: TowerCore, target: Target) -> Undo:
    """Heat is added and taken off again, as two of these may stand at once."""
    plant = core.plant
    lift = plant.lifts[target.number]

    def add(warmth_c: float) -> None:
        lift.drive_warmth_c[AxisName.HOIST] += warmth_c
        plant.happened()

    add(HOTTER_BY_C)
    return lambda: add(-HOTTER_BY_C)


FAULTS = (
    *(
        TowerFault(
            f"{axis}-jam",
            f"The {axis} blocks where it stands and does not follow its drive.",
            (Where.LIFT,),
            partial(_jam, axis),
        )
        for axis in AxisName
    ),
    *(
        TowerFault(
            f"{which}-door-stuck",
            f"The {word} door of a bay blocks where it stands.",
            (Where.BAY,),
            partial(_door_stuck, which),
        )
        for which, word in (("inner", "inner"), ("outer", "street"))
    ),
    *(
        TowerFault(
            f"{which}-lock-broken",
            f"The bolt of a bay's {word} door does not fall in, so that it closes and never locks.",
            (Where.BAY,),
            partial(_lock_broken, which),
        )
        for which, word in (("inner", "inner"), ("outer", "street"))
    ),
    TowerFault(
        "wrong-weight",
        "Whatever the lift takes is 450 kg heavier than its papers say.",
        (Where.LIFT,),
        partial(_heavier, WRONG_BY_KG),
    ),
    TowerFault(
        "overload",
        "Whatever the lift takes is four tonnes too heavy; the overload switch gives way.",
        (Where.LIFT,),
        partial(_heavier, OVERLOADED_BY_KG),
    ),
    TowerFault(
        "lift-creeps",
        "The lift's drives run at a quarter of their speed, and the PLC waits for them.",
        (Where.LIFT,),
        _creeps,
    ),
    TowerFault(
        "drive-hot",
        "The hoist's drive stands 70 degrees above the hall; the PLC stops it at 80 °C.",
        (Where.LIFT,),
        _hot,
    ),
)
