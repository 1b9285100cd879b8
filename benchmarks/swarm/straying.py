"""Somebody asks for everything there is at one moment; what the mode does not allow is refused."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

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
STOCK = "stock where a car stands"
NOTHING_MOVES = {RESET, STOCK, "a jog", "a start", "an override"}
Question = Callable[[Running], Awaitable[ControlAnswer]]


async def ask_for_everything(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """One thing after the other, in any order: nothing of it may do harm in any mode."""
    asked = _questions(world, chance)
    chance.shuffle(asked)
    for what, question in asked:
        said = await asked_once(world, question, stands_by=what not in NOTHING_MOVES)
        if what == RESET and isinstance(said, Done):
            world.led_on_s = world.loop.time()
        world.story.tell("staff", f"asks for {what}: {said}")
        world.story.count(f"stray asking {'done' if isinstance(said, Done) else 'refused'}")


def _questions(world: World, chance: random.Random) -> list[tuple[str, Question]]:
    plant = world.tower.plant
    lift, bay = chance.choice(sorted(plant.lifts)), chance.choice(sorted(plant.bays))
    slot = Slot(chance.choice(sorted(plant.slots)))
    vin = chance.choice(sorted(world.known_cars))
    return [
        (f"lift {lift} home", lambda r: MachineDesk(r.tower).home_lift(lift, STAFF)),
        (f"{vin} to {slot}", lambda r: MachineDesk(r.tower).move_car(vin, slot, STAFF)),
        (
            f"street door {bay} closed",
            lambda r: MachineDesk(r.tower).drive_door(bay, Verb.CLOSE_OUTER_DOOR, STAFF),
        ),
        ("a jog", lambda r: _jogged(r, lift)),
        (RESET, lambda r: r.controls.reset_machine(STAFF)),
        ("a start", lambda r: MachineDesk(r.tower).command(MachineCommand.START, STAFF)),
        ("an override", _override),
        (STOCK, lambda r: _stocked(world, r)),
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
