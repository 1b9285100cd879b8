"""Faults of the cloud and of the line to it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.world import World
from hardware_sim.cloud.faults import Fault, Operation
from hardware_sim.cloud.faults import FaultKind as Failing
from hardware_sim.virtual.weather import FAIR, Weather

ROUGH = Weather(latency_s=(0.02, 1.5), split_rate=0.3, loss_rate=0.05)
SKEWS = (timedelta(hours=-9), timedelta(minutes=-3), timedelta(minutes=4), timedelta(days=2))
TOLD_AGAIN_MAX = 12


async def _line_cut(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.cloud_line.cut()
    await world.calendar.sleep(fault.duration_s)
    world.cloud_line.mend()


async def _line_rough(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.cloud_line.weather = ROUGH
    await world.calendar.sleep(fault.duration_s)
    world.cloud_line.weather = FAIR


async def _down(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    await world.cloud.line_down()
    await world.calendar.sleep(fault.duration_s)
    await world.cloud.line_up()


async def _errors(world: World, fault: PlannedFault, chance: random.Random) -> None:
    kinds: list[Failing] = [kind for kind in Failing if kind is not Failing.HUGE_AFTER]
    if fault.name:
        kinds = [Failing(fault.name)]
    for _ in range(chance.randint(1, 5)):
        kind = chance.choice(kinds)
        world.story.tell("FAULT", f"cloud: {kind.value}")
        world.story.count(f"cloud fault: {kind.value}")
        world.cloud.add_fault(Fault(kind, status=chance.choice([429, 500, 503])))


async def _repeats(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """What was told before comes again: each item whole, some of it long overtaken."""
    log = world.cloud.state.tower_of(None).log
    times = min(TOLD_AGAIN_MAX, len(log))
    for _ in range(times):
        log.tell_again(chance.randrange(len(log)))
    world.story.tell("FAULT", f"cloud: {times} changes are told again")


async def _forgets(world: World, _fault: PlannedFault, _chance: random.Random) -> None:
    world.cloud.forget_cursors()


async def _refuses(world: World, fault: PlannedFault, chance: random.Random) -> None:
    await _lasting(world, fault, Fault(Failing.STATUS, status=chance.choice([401, 403, 404])))


async def _rejects(world: World, fault: PlannedFault, chance: random.Random) -> None:
    await _lasting(
        world,
        fault,
        Fault(Failing.STATUS, Operation.EVENTS, status=chance.choice([400, 422])),
    )


async def _lasting(world: World, fault: PlannedFault, how: Fault) -> None:
    faults = world.cloud.state.faults
    if faults.lasting is not None:
        return
    faults.lasting = how
    await world.calendar.sleep(fault.duration_s)
    faults.lasting = None


async def _skewed(world: World, fault: PlannedFault, chance: random.Random) -> None:
    state, skew = world.cloud.state, chance.choice(SKEWS)
    right = world.calendar.utc
    state.utc = lambda: right() + skew
    await world.calendar.sleep(fault.duration_s)
    state.utc = right


CLOUD_ACTS: Mapping[FaultKind, Act] = {
    FaultKind.CLOUD_LINE_CUT: _line_cut,
    FaultKind.CLOUD_LINE_ROUGH: _line_rough,
    FaultKind.CLOUD_DOWN: _down,
    FaultKind.CLOUD_ERRORS: _errors,
    FaultKind.CLOUD_REPEATS: _repeats,
    FaultKind.CLOUD_FORGETS: _forgets,
    FaultKind.CLOUD_SKEWED: _skewed,
    FaultKind.CLOUD_REFUSES: _refuses,
    FaultKind.CLOUD_REJECTS: _rejects,
}
