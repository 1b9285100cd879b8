"""What staff do of their own accord: maintenance, places out of service, new cars, inspections."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.guessing import guess
from benchmarks.swarm.hiding import alarms_hidden
from benchmarks.swarm.insisting import (
    ASKS_AGAIN_S,
    FOR_EVER_S,
    PATIENCE_S,
    into_production,
    until_done,
)
from benchmarks.swarm.intake import take_in
from benchmarks.swarm.ordering import ORDER_ACTS
from benchmarks.swarm.rescuing import rescue
from benchmarks.swarm.world import STAFF, World
from firmware_bridge.meanings import KeySwitch
from vendtower.daemon.wiring import Running
from vendtower.domain.jog import JogAxis
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.jog import JogDesk
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.mode_change import NotNow
from vendtower.flows.modes import maintenance_session
from vendtower.flows.operator_requests import ReturnToService, TakeOutOfService
from vendtower.flows.wear_desk import WearDesk

RENEWED_S = 0.1
READY_S = 3.0
"""From the turned key to the first push of a button."""


async def _maintenance(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """One technician after the other: each finds the key where it belongs."""
    async with world.at_machine:
        await _session(world, fault, chance)


async def _session(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """Turn the key or leave it, begin a session, perhaps jog, leave the shaft, end it."""
    at_machine = chance.random() < 0.7
    said_minutes = 60 if fault.draw % 3 else 5
    began = await _begin_maintenance(world, said_minutes, at_machine=at_machine)
    if began and at_machine:
        await asyncio.sleep(READY_S)
        await _jog(world, chance)
    if began:
        await asyncio.sleep(fault.duration_s)
    _stand_at_machine(world, there=False)
    if began:
        await until_done(
            world,
            "end of maintenance",
            _ended,
            FOR_EVER_S,
        )
        await into_production(world)


async def _ended(running: Running) -> ControlAnswer:
    """The controller may have died with its yes to the first asking."""
    if maintenance_session(running.tower) is None:
        return Done("maintenance is over already")
    return await MachineDesk(running.tower).end_maintenance(STAFF, "done")


async def _begin_maintenance(world: World, said_minutes: int, *, at_machine: bool) -> bool:
    """The key is turned for each attempt alone: what is under way may wait for it."""
    until_s = world.calendar.now_s() + PATIENCE_S
    while world.calendar.now_s() < until_s:
        _stand_at_machine(world, there=at_machine)
        if await until_done(
            world,
            "maintenance",
            lambda r: MachineDesk(r.tower).begin_maintenance(STAFF, "planned work", said_minutes),
            0.0,
        ) or _has_begun(world):
            return True
        _stand_at_machine(world, there=False)
        await asyncio.sleep(ASKS_AGAIN_S)
    return False


def _has_begun(world: World) -> bool:
    """The controller may have died with its yes: then the session stands on the screen."""
    return world.inside is not None and maintenance_session(world.inside) is not None


def _stand_at_machine(world: World, *, there: bool) -> None:
    """The key turned to maintenance and the enabling device held, or neither."""

    def act() -> None:
        plant = world.tower.plant
        plant.key_switch = KeySwitch.MAINTENANCE if there else KeySwitch.AUTO
        plant.enabling = there
        plant.happened()

    world.tower.act(act)


async def _jog(world: World, chance: random.Random) -> None:
    """Hold an axis of an empty lift for some seconds."""
    running, lift = world.controller.running, chance.choice(sorted(world.tower.plant.lifts))
    if running is None:
        return
    desk, axis = JogDesk(running.tower), chance.choice([JogAxis.HOIST, JogAxis.TURNTABLE])
    forward, times = chance.random() < 0.5, chance.randint(5, 40)

    async def held(_running: Running) -> str:
        try:
            run = await desk.begin(lift, axis, forward, STAFF)
        except NotNow as why:
            return f"no jogging: {why}"
        for _ in range(times):
            if desk.hold(run):
                break
            await asyncio.sleep(RENEWED_S)
        await desk.end(run, "let go")
        return f"jogged lift {lift}, {axis.value}"

    world.story.tell("staff", str(await world.controller.ask(held)))


async def _out_of_service(world: World, fault: PlannedFault, chance: random.Random) -> None:
    place = _bay_named(fault.where) if fault.where else _some_place(world, chance)

    async def taken_out(running: Running) -> ControlAnswer:
        if place in running.tower.book.notes:
            return Done(f"{place} is out of service already")  # the first yes may have been lost
        return await running.controls.operate(TakeOutOfService(place, "planned work"), STAFF)

    async def returned(running: Running) -> ControlAnswer:
        if place not in running.tower.book.notes:
            return Done(f"{place} is in service")
        return await running.controls.operate(ReturnToService(place), STAFF)

    if await until_done(world, f"{place} out", taken_out, PATIENCE_S):
        await world.calendar.sleep(fault.duration_s)
        await until_done(world, f"{place} back", returned, FOR_EVER_S)


def _bay_named(where: str) -> Place:
    return Bay(int(where.removeprefix("bay:")))


def _some_place(world: World, chance: random.Random) -> Place:
    plant = world.tower.plant
    kinds: list[Place] = [
        Bay(chance.choice(sorted(plant.bays))),
        Slot(chance.choice(sorted(plant.slots))),
        OnLift(chance.choice(sorted(plant.lifts))),
    ]
    return chance.choice(kinds)


async def _intake(world: World, fault: PlannedFault, chance: random.Random) -> None:
    await take_in(world, fault.draw, chance.choice(sorted(world.kiosks)))


async def _inspection(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    replaced = chance.random() < 0.3

    async def signed(running: Running) -> ControlAnswer:
        desk = WearDesk(running.tower)
        states = desk.parts()
        if not states:
            return NotDone("the site file has no parts")
        return await desk.sign(states[0].spec.id, STAFF, "looked", replaced=replaced)

    said = await world.controller.ask(signed)
    world.story.tell("staff", f"inspects: {said}")


WORK_ACTS: Mapping[FaultKind, Act] = {
    **ORDER_ACTS,
    FaultKind.MAINTENANCE: _maintenance,
    FaultKind.OUT_OF_SERVICE: _out_of_service,
    FaultKind.INTAKE: _intake,
    FaultKind.ALARMS_SHELVED: alarms_hidden,
    FaultKind.GUESSER: guess,
    FaultKind.INSPECTION: _inspection,
    FaultKind.RESCUE: rescue,
}
