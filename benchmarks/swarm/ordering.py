"""What staff order of the tower: modes, single movements, ends of jobs, less power, audits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

from benchmarks.swarm.car_watch import as_true_place
from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.insisting import (
    FOR_EVER_S,
    PATIENCE_S,
    Ask,
    asked_once,
    into_production,
    until_done,
)
from benchmarks.swarm.scenes import AT_ONCE_STOPPED
from benchmarks.swarm.straying import ask_for_everything
from benchmarks.swarm.world import STAFF, World
from hardware_sim.plant.door import DoorPosition
from vendtower.daemon.wiring import Running
from vendtower.domain.audit import SOUND
from vendtower.domain.job import OPEN_JOB_STATES, Verb
from vendtower.domain.machine import MachineCommand
from vendtower.domain.modes import OperatingMode
from vendtower.domain.places import Bay, Place, Slot
from vendtower.domain.power import PowerProfile
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.leasing import open_lift_jobs
from vendtower.flows.ledger_desk import LedgerDesk
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.modes import operating_mode
from vendtower.flows.operator_requests import OrderPower
from vendtower.flows.service import in_motion

GLANCE_S = 1.0
BETWEEN_ORDERS_S = (1.0, 40.0)
JOB_S_MAX = 600.0
ORDERS_MAX = 6
READ_WITHIN_S = 5.0
"""A tower whose line is well has read every sensor within this."""


async def staff_orders(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """Leave automatic, move a few things by single orders, and give the tower back."""
    mode = chance.choice([OperatingMode.SEMI_AUTOMATIC, OperatingMode.MANUAL])
    if await until_done(world, mode.value, _changing_to(mode)):
        until_s = world.loop.time() + fault.duration_s
        for _ in range(chance.randint(1, ORDERS_MAX)):
            await _one_order(world, chance)
            await _until_still(world)
            await asyncio.sleep(chance.uniform(*BETWEEN_ORDERS_S))
            if world.loop.time() > until_s:
                break
        await _doors_closed(world)
    await into_production(world)


def _changing_to(mode: OperatingMode) -> Ask:
    async def ask(running: Running) -> ControlAnswer:
        if operating_mode(running.tower) is mode:
            return Done(f"mode is {mode.value} already")
        return await MachineDesk(running.tower).change_mode(mode, STAFF)

    return ask


async def _one_order(world: World, chance: random.Random) -> None:
    inside = world.inside
    if inside is None:
        return
    bay = chance.choice(sorted(world.tower.plant.bays))
    lift = chance.choice(sorted(world.tower.plant.lifts))
    match chance.choice(("car", "car", "car", "lift", "open", "close")):
        case "car" if inside.book.ledger:
            vin = chance.choice(sorted(line.vehicle.vin for line in inside.book.ledger))
            place = _some_place(world, chance)
            await _told(world, f"{vin} to {place}", lambda desk: desk.move_car(vin, place, STAFF))
        case "lift":
            await _told(world, f"lift {lift} home", lambda desk: desk.home_lift(lift, STAFF))
        case "open":
            await _door(world, bay, Verb.OPEN_OUTER_DOOR)
        case _:
            await _door(world, bay, Verb.CLOSE_OUTER_DOOR)


def _some_place(world: World, chance: random.Random) -> Slot | Bay:
    """Now and then one that is taken: the tower has to refuse that."""
    plant = world.tower.plant
    if chance.random() < 0.3:
        return Bay(chance.choice(sorted(plant.bays)))
    return Slot(chance.choice(sorted(plant.slots)))


async def _told(
    world: World,
    what: str,
    order: Callable[[MachineDesk], Awaitable[ControlAnswer]],
) -> ControlAnswer | None:
    @wraps(order)
    async def ask(running: Running) -> ControlAnswer:
        return await order(MachineDesk(running.tower))

    said = await asked_once(world, ask, stands_by=True)
    world.story.tell("staff", f"orders {what}: {said}")
    world.story.count(f"staff order {'done' if isinstance(said, Done) else 'refused'}")
    return said


async def _door(world: World, bay: int, verb: Verb) -> None:
    """The street door of a bay, under the eyes of whoever orders it."""
    world.doors_ordered[bay] += 1
    await _told(world, f"{verb.value} {bay}", lambda desk: desk.drive_door(bay, verb, STAFF))
    # Whoever was told that the line is away stays until it is known what the door does.
    await _until_still(world)
    world.doors_ordered[bay] -= 1


async def _doors_closed(world: World) -> None:
    """Whoever has opened a street door closes it before customers come."""
    for number in sorted(world.tower.plant.bays):
        for _ in range(5):
            position = world.bay(number).outer.position(world.tower.plant.now_s)
            if position is DoorPosition.CLOSED:
                break
            await _door(world, number, Verb.CLOSE_OUTER_DOOR)


async def _until_still(world: World) -> None:
    """Until no job is open any more, or it takes too long."""
    until_s = world.loop.time() + JOB_S_MAX
    while world.loop.time() < until_s:
        inside = world.inside
        if inside is not None and not any(
            job.state in OPEN_JOB_STATES for job in inside.book.jobs.values()
        ):
            return
        await asyncio.sleep(GLANCE_S)


async def job_ended(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """Wait for a movement, and have it ended some seconds later, by stopping or after it."""
    job_id = await _open_movement(world)
    if job_id is None:
        return
    at_once = fault.name == AT_ONCE_STOPPED
    if not at_once:
        await asyncio.sleep(chance.uniform(0.0, 25.0))
    stop = at_once or chance.random() < 0.5

    async def ask(running: Running) -> ControlAnswer:
        desk = LedgerDesk(running.tower)
        return await (desk.stop_job(job_id, STAFF) if stop else desk.finish_job(job_id, STAFF))

    said = await asked_once(world, ask)
    how = "stop" if stop else "finish"
    world.story.tell("staff", f"ask job {job_id} to {how}: {said}")
    world.story.count(f"job asked to {how}: {'done' if isinstance(said, Done) else 'refused'}")


async def _open_movement(world: World) -> int | None:
    until_s = world.loop.time() + PATIENCE_S
    while world.loop.time() < until_s:
        inside = world.inside
        for job in () if inside is None else open_lift_jobs(inside):
            if job.verb is not Verb.ABORT and not job.stop:
                return job.job_id
        await asyncio.sleep(GLANCE_S)
    return None


WAYS_BACK: Mapping[MachineCommand, tuple[MachineCommand, ...]] = {
    MachineCommand.HOLD: (MachineCommand.UNHOLD,),
    MachineCommand.STOP: (MachineCommand.RESET,),
    MachineCommand.ABORT: (MachineCommand.CLEAR, MachineCommand.RESET),
}


async def machine_command(world: World, fault: PlannedFault, chance: random.Random) -> None:
    """Give one command, wait, and lead the machine on; staff on their round do what is left."""
    command = chance.choice(list(WAYS_BACK))
    await _told(world, command.value, lambda desk: desk.command(command, STAFF))
    await asyncio.sleep(fault.duration_s)
    for each in WAYS_BACK[command]:
        await asyncio.sleep(chance.uniform(2.0, 20.0))
        # Whatever else stopped the machine is led on by staff on their round; a pause is not.
        patience_s = FOR_EVER_S if each is MachineCommand.UNHOLD else 0.0
        await until_done(world, each.value, _asking_for(each), patience_s)
        world.led_on_s = world.loop.time()


def _asking_for(command: MachineCommand) -> Ask:
    return lambda running: MachineDesk(running.tower).command(command, STAFF)


async def carried(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """Move a parked car to a free slot by hand; only the slots' sensors tell."""
    inside, plant = world.inside, world.tower.plant
    if inside is None:
        return
    busy = in_motion(inside)
    still = {n: car for n, car in sorted(plant.slots.items()) if Slot(n) not in busy}
    cars = [number for number, car in still.items() if car is not None]
    free = [number for number, car in still.items() if car is None]
    if not cars or not free:
        return
    here, there = chance.choice(cars), chance.choice(free)

    def by_hand() -> None:
        car = plant.slots[here]
        assert car is not None
        world.carried.add(car.vin)
        plant.slots[here], plant.slots[there] = None, car
        plant.happened()

    world.story.tell("FAULT", f"the car of slot {here} is carried to slot {there}")
    world.tower.act(by_hand)


async def power_reduced(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    """Order less power, and give it back later."""
    if await until_done(world, "less power", _ordering(PowerProfile.REDUCED)):
        await world.calendar.sleep(fault.duration_s)
        await until_done(world, "all power", _ordering(PowerProfile.NORMAL), FOR_EVER_S)


def _ordering(profile: PowerProfile) -> Ask:
    """The controller may have died with its yes to the first asking."""

    async def ask(running: Running) -> ControlAnswer:
        order = running.tower.book.power_order
        if profile is (PowerProfile.NORMAL if order is None else order.profile):
            return Done(f"power is {profile.value} already")
        return await running.controls.operate(OrderPower(profile), STAFF)

    return ask


async def audit(world: World, _fault: PlannedFault, _chance: random.Random) -> None:
    """Have every place compared; what is called sound of a tower at rest has to be true."""
    rests = await _rests(world)

    async def ask(running: Running) -> ControlAnswer:
        made = await LedgerDesk(running.tower).record_audit(STAFF)
        if isinstance(made, NotDone):
            return made
        if rests and not made.unread:
            for each in made.places:
                if each.finding in SOUND and each.vin != _true_vin(world, each.place):
                    world.story.violated("an audit calls sound what is not so", str(each.place))
        world.story.count(f"audit: {'sound' if made.sound else 'differences'}")
        return Done("the tower is as the ledger has it" if made.sound else "differences found")

    world.story.tell("staff", f"audit: {await asked_once(world, ask)}")


async def _rests(world: World) -> bool:
    """Nothing but the audit is under way, and its sensors have been read since a car was moved."""
    before = _cars_in_places(world)
    await asyncio.sleep(READ_WITHIN_S)
    world.troubles -= 1  # the audit itself
    rests = world.quiet()
    world.troubles += 1
    return rests and _cars_in_places(world) == before


def _cars_in_places(world: World) -> dict[str, str]:
    return {str(place): car.vin for place, car in world.tower.plant.places()}


def _true_vin(world: World, place: Place) -> str | None:
    where = as_true_place(place)
    car = None if where is None else world.tower.plant.car_at(where)
    return None if car is None else car.vin


ORDER_ACTS: Mapping[FaultKind, Act] = {
    FaultKind.STAFF_ORDERS: staff_orders,
    FaultKind.JOB_ENDED: job_ended,
    FaultKind.MACHINE_COMMAND: machine_command,
    FaultKind.POWER_REDUCED: power_reduced,
    FaultKind.AUDIT: audit,
    FaultKind.CARRIED: carried,
    FaultKind.STRAY_ASKING: ask_for_everything,
}
