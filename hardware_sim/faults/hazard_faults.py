"""People where nobody may be, and safety functions that trip."""

from __future__ import annotations

from functools import partial

from hardware_sim.faults.fault import Target, TowerFault, Undo, Where
from hardware_sim.tower import TowerCore


def _person_inside(core: TowerCore, target: Target) -> Undo:
    people = core.plant.people
    people.hide_inside(target.number)
    return lambda: people.found_inside(target.number)


def _curtain(core: TowerCore, target: Target) -> Undo:
    people = core.plant.people
    people.person_blocks_curtain(target.number)
    return lambda: people.person_clears_curtain(target.number)


def _estop(core: TowerCore, target: Target) -> Undo:
    plant = core.plant
    if target.where is Where.BAY:
        plant.people.press_bay_estop(target.number)
        return lambda: plant.people.press_bay_estop(target.number, pressed=False)
    if target.where is Where.LIFT:
        plant.press_lift_estop(target.number)
        return lambda: plant.press_lift_estop(target.number, pressed=False)
    plant.press_estop()
    return plant.release_estop


def _tripped(function: str, core: TowerCore, _target: Target) -> Undo:
    core.plant.trip(function)
    return lambda: core.plant.reset_on_the_spot(function)


FAULTS = (
    TowerFault(
        "person-inside",
        "Somebody is in a bay, however that came about; mended when staff lead them out.",
        (Where.BAY,),
        _person_inside,
    ),
    TowerFault(
        "curtain-broken", "Somebody stands still in a bay's light curtain.", (Where.BAY,), _curtain
    ),
    TowerFault(
        "estop",
        "Somebody presses an emergency stop: the cabinet's, a bay's or a lift's own; mended when "
        "it is pulled out.",
        (Where.TOWER, Where.BAY, Where.LIFT),
        _estop,
    ),
    TowerFault(
        "fire", "The fire detection asks for a stop.", (Where.TOWER,), partial(_tripped, "fire")
    ),
    TowerFault(
        "slack-rope",
        "A rope has gone slack; mended when it is tight and the switch was reset on the spot.",
        (Where.TOWER,),
        partial(_tripped, "slack_rope"),
    ),
    TowerFault(
        "overspeed",
        "The speed governor has tripped.",
        (Where.TOWER,),
        partial(_tripped, "overspeed"),
    ),
    TowerFault(
        "hatch-open",
        "The inspection hatch to the shaft stands open.",
        (Where.TOWER,),
        partial(_tripped, "inspection_hatch"),
    ),
    TowerFault(
        "safety-comms",
        "The safety controller does not hear its inputs.",
        (Where.TOWER,),
        partial(_tripped, "safety_comms"),
    ),
    *(
        TowerFault(name, what, (Where.TOWER,), partial(_tripped, function))
        for name, function, what in (
            ("curtain-test", "bay_curtains", "The light curtains fail their own test."),
            ("lock-chain", "door_locks", "The safety chain of the door locks is open."),
            ("end-stop", "end_stops", "An axis has run onto its end stop."),
            (
                "torque-off",
                "sto_feedback",
                "A drive does not answer as asked when its torque is to be off.",
            ),
            ("pit-open", "pit", "The pit is open, or somebody is in it."),
            ("brake-test", "brake_test", "A brake test is due; until then no job begins."),
        )
    ),
)
