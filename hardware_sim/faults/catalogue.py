"""All faults by name, and the faults of a running world that have not been mended yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain

from hardware_sim.faults import (
    hazard_faults,
    mechanical_faults,
    plc_faults,
    power_faults,
    sensor_faults,
    surroundings_faults,
)
from hardware_sim.faults.fault import (
    Fault,
    LaterUndo,
    Surroundings,
    SurroundingsFault,
    Target,
    TowerFault,
    Undo,
    UnknownTarget,
    Where,
    parse_target,
)
from hardware_sim.plant.plant import Plant
from hardware_sim.tower import TowerCore

TOWER_FAULTS: Mapping[str, TowerFault] = {
    fault.name: fault
    for fault in chain(
        sensor_faults.FAULTS,
        mechanical_faults.FAULTS,
        hazard_faults.FAULTS,
        plc_faults.FAULTS,
        power_faults.FAULTS,
    )
}
"""Those that act on the machine alone."""

FAULTS: Mapping[str, TowerFault | SurroundingsFault] = {
    **TOWER_FAULTS,
    **{fault.name: fault for fault in surroundings_faults.FAULTS},
}


class UnknownFault(ValueError):
    """There is no fault of this name, or none of it is to be mended."""


def fault_named(name: str) -> TowerFault | SurroundingsFault:
    """A fault; raises UnknownFault."""
    try:
        return FAULTS[name]
    except KeyError:
        raise UnknownFault(f"fault {name!r}, expected one of {', '.join(sorted(FAULTS))}") from None


def target_of(fault: Fault, at: str | None, plant: Plant) -> Target:
    """The place that is meant; raises UnknownTarget when this tower has no such place."""
    target = parse_target(at, fault.where)
    known: dict[Where, Callable[[], set[int]]] = {
        Where.BAY: lambda: set(plant.bays),
        Where.LIFT: lambda: set(plant.lifts),
        Where.SLOT: lambda: set(plant.slots),
    }
    if target.where in known and target.number not in known[target.where]():
        raise UnknownTarget(f"at {target}, expected one of {sorted(known[target.where]())}")
    if target.where is Where.SENSOR and target.sensor not in plant.sensors.names():
        names = [name for name in plant.sensors.names() if not name.startswith("slot")]
        raise UnknownTarget(f"sensor {target.sensor!r}, expected slotN.occupied or one of {names}")
    return target


def begin(core: TowerCore, name: str, at: str | None = None) -> Undo:
    """Let the machine have a fault now; what is returned mends it.

    Raises:
        UnknownFault: no fault of the machine has this name.
        UnknownTarget: this tower has no such place.
    """
    fault = TOWER_FAULTS.get(name)
    if fault is None:
        raise UnknownFault(f"fault {name!r}, expected one of {', '.join(sorted(TOWER_FAULTS))}")
    return fault.start(core, target_of(fault, at, core.plant))


class FaultDesk:
    """Begins faults in a running world and remembers how to mend them."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._standing: dict[tuple[str, Target], LaterUndo] = {}

    @property
    def standing(self) -> list[tuple[str, Target]]:
        """Names and places of what has not been mended, the oldest first."""
        return list(self._standing)

    async def begin(self, name: str, at: str | None = None) -> Target:
        """Let something break; what is broken already stays so.

        Raises:
            UnknownFault: there is no such fault.
            UnknownTarget: it cannot be there.
        """
        fault = fault_named(name)
        tower = self._around.world.tower
        target = target_of(fault, at, tower.plant)
        if (name, target) not in self._standing:
            if isinstance(fault, TowerFault):
                self._standing[name, target] = self._begin_on_tower(fault, target)
            else:
                self._standing[name, target] = await fault.start(self._around, target)
        return target

    def _begin_on_tower(self, fault: TowerFault, target: Target) -> LaterUndo:
        tower = self._around.world.tower
        undos: list[Undo] = []
        tower.act(lambda: undos.append(fault.start(tower.core, target)))

        async def mend() -> None:
            tower.act(undos[0])

        return mend

    async def mend(self, name: str, at: str | None = None) -> list[Target]:
        """Mend a fault, everywhere or at one place; says where it was.

        Raises:
            UnknownFault: nothing of this name is broken there.
        """
        where = None if at is None else parse_target(at, fault_named(name).where)
        found = [key for key in self._standing if key[0] == name and where in {None, key[1]}]
        if not found:
            standing = ", ".join(f"{each} at {target}" for each, target in self._standing)
            raise UnknownFault(f"fault {name!r} does not stand there; there are: {standing or '-'}")
        for key in found:
            await self._standing.pop(key)()
        return [target for _name, target in found]
