"""Somebody asks for everything there is at one moment; what the mode does not allow is refused."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.swarm.fault_plan import PlannedFault
from benchmarks.swarm.insisting import asked_once
from benchmarks.swarm.world import STAFF, World
from vendtower.daemon.wiring import Running
from vendtower.domain.job import Verb
from vendtower.domain.jog import JogAxis
from vendtower.domain.machine import MachineCommand
from vendtower.domain.override import Person
from vendtower.domain.places import Slot
from vendtower.flows.controls import ControlAnswer, Done, NotDone, StockLine
from vendtower.flows.jog import JogDesk
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.mode_change import NotNow
from vendtower.flows.overrides import OverrideDesk

OVERRIDDEN_MINUTES = 1
RESET = "a reset"
Question = Callable[[Running], Awaitable[ControlAnswer]]


@dataclass(frozen=True)
class _Asking:
    what: str
    question: Question
    moves: bool = False
    """Something is to move, and whoever asks stands by it."""


async def ask_for_everything(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """One thing after the other, in any order: nothing of it may do harm in any mode."""
    asked = _questions(world, chance)
    chance.shuffle(asked)
    for each in asked:
        said = await asked_once(world, each.question, stands_by=each.moves)
        if each.what == RESET and isinstance(said, Done):
            world.led_on_s = world.loop.time()
        world.story.tell("staff", f"asks for {each.what}: {said}")
        world.story.count(f"stray asking {'done' if isinstance(said, Done) else 'refused'}")


def _questions(world: World, chance: random.Random) -> list[_Asking]:
    plant = world.tower.plant
    lift, bay = chance.choice(sorted(plant.lifts)), chance.choice(sorted(plant.bays))
    slot = Slot(chance.choice(sorted(plant.slots)))
    vin = chance.choice(sorted(world.known_cars))
    return [
        _Asking(
            f"lift {lift} home", lambda r: MachineDesk(r.tower).home_lift(lift, STAFF), moves=True
        ),
        _Asking(
            f"{vin} to {slot}",
            lambda r: MachineDesk(r.tower).move_car(vin, slot, STAFF),
            moves=True,
        ),
        _Asking(
            f"street door {bay} closed",
            lambda r: MachineDesk(r.tower).drive_door(bay, Verb.CLOSE_OUTER_DOOR, STAFF),
            moves=True,
        ),
        _Asking("a jog", lambda r: _jogged(r, lift)),
        _Asking(RESET, lambda r: r.controls.reset_machine(STAFF)),
        _Asking("a start", lambda r: MachineDesk(r.tower).command(MachineCommand.START, STAFF)),
        _Asking("an override", _override),
        _Asking("stock where a car stands", lambda r: _stocked(world, r)),
    ]


async def _stocked(world: World, running: Running) -> ControlAnswer:
    """Cars that the ledger has already, each in the slot of the next one."""
    ledger = running.tower.book.ledger
    parked = [line for line in ledger if isinstance(line.where, Slot)]
    if len(parked) < 2:
        return NotDone("there are too few cars to mistake")
    here, there = parked[0], parked[1]
    assert isinstance(there.where, Slot)
    lines = [StockLine(here.vehicle, there.where.number)]
    said = await running.controls.load_stock(lines, STAFF)
    if isinstance(said, Done):
        world.story.violated("a car is entered where another one stands", here.vehicle.vin)
    return said


async def _jogged(running: Running, lift: int) -> ControlAnswer:
    """Push the button and let go of it at once."""
    desk = JogDesk(running.tower)
    try:
        run = await desk.begin(lift, JogAxis.HOIST, True, STAFF)
    except NotNow as why:
        return NotDone(str(why))
    await desk.end(run, "let go")
    return Done("jogged")


async def _override(running: Running) -> ControlAnswer:
    """Asked by one person and confirmed by nobody: it lifts nothing."""
    person = Person(STAFF, "technician")
    return await OverrideDesk(running.tower).ask(
        "part overdue", "strayed", OVERRIDDEN_MINUTES, person
    )
