"""A lift breaks down with a car on it, and people bring the car out by hand, step by step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from benchmarks.swarm.car_watch import as_true_place
from benchmarks.swarm.fault_plan import PlannedFault
from benchmarks.swarm.insisting import FOR_EVER_S, PATIENCE_S, asked_once, until_done
from benchmarks.swarm.world import SECOND, STAFF, World
from hardware_sim.faults.catalogue import begin
from hardware_sim.faults.fault import Undo
from hardware_sim.plant.door import DoorPosition
from vendtower.daemon.wiring import Running
from vendtower.domain.after_job import shows_car
from vendtower.domain.places import Bay, Outside, Place, Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.flows.controls import ControlAnswer, Done
from vendtower.flows.ledger_desk import LedgerDesk
from vendtower.flows.rescue import StepWord
from vendtower.flows.service import in_motion
from vendtower.flows.tower import Tower

GLANCE_S = 1.0
STEP_S = (10.0, 120.0)
"""How long people work at one step."""
AGAIN_S = 10.0
JAMS = ("hoist-jam", "turntable-jam", "shuttle-jam")
DEAD_RATE, MISTAKEN_RATE, NOT_NEEDED_RATE = 0.3, 0.4, 0.15
ORDER = list(RescueState)


@dataclass(frozen=True)
class _Errand:
    """One rescue, as the people at it know it."""

    world: World
    chance: random.Random
    lift: int
    vin: str
    dead: bool
    """The whole machine is without power until the car is out."""
    mend: Callable[[], Awaitable[None]]

    def found(self) -> Rescue | None:
        """The rescue as the tower has it; None while there is none, or it is over."""
        inside = self.world.inside
        facts = () if inside is None else inside.book.facts(Rescue)
        return next((each for each in facts if each.vin == self.vin and not each.ended), None)

    async def work(self) -> None:
        """People do what the step asks for."""
        await asyncio.sleep(self.chance.uniform(*STEP_S))


async def rescue(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """A lift jams, or the machine dies, while it holds a car; the car is brought out by hand."""
    lift = await _with_a_car(world)
    if lift is None or world.tower.core.plc is None:
        return
    car, dead = world.tower.plant.lifts[lift].car, chance.random() < DEAD_RATE
    if car is None or car.vin in world.in_rescue:
        return  # others are at it already
    world.in_rescue.add(car.vin)
    mend = await _power_lost(world) if dead else _jammed(world, lift, chance.choice(JAMS))
    errand = _Errand(world, chance, lift, car.vin, dead, mend)
    if await _begun(errand):
        world.story.count("rescue begun")
        await _brought_out(errand)
    await mend()
    world.in_rescue.discard(car.vin)


async def _with_a_car(world: World) -> int | None:
    """The first lift that holds a car; None when none does for long."""
    until_s = world.loop.time() + PATIENCE_S
    while world.loop.time() < until_s:
        world.tower.catch_up()
        for number, lift in sorted(world.tower.plant.lifts.items()):
            if lift.car is not None:
                return number
        await asyncio.sleep(GLANCE_S)
    return None


async def _power_lost(world: World) -> Callable[[], Awaitable[None]]:
    world.story.tell("FAULT", "the machine is without power")
    await world.tower.power_off_plc()

    async def mend() -> None:
        if world.tower.core.plc is None:
            await world.tower.power_on_plc()

    return mend


def _jammed(world: World, lift: int, jam: str) -> Callable[[], Awaitable[None]]:
    world.story.tell("FAULT", f"{jam} lift:{lift}")
    tower, undo = world.tower, list[Undo]()
    tower.act(lambda: undo.append(begin(tower.core, jam, f"lift:{lift}")))

    async def mend() -> None:
        while undo:
            tower.act(undo.pop())

    return mend


async def _begun(errand: _Errand) -> bool:
    """The rescue is in the journal; it is not where the lift has brought the car on after all."""
    world, lift = errand.world, errand.lift

    async def ask(running: Running) -> ControlAnswer:
        car, desk = world.tower.plant.lifts[lift].car, LedgerDesk(running.tower)
        if car is None or car.vin != errand.vin:
            return Done("not needed, the lift has brought it on")
        if errand.found() is not None:
            return Done("has begun already")
        job = running.tower.book.open_job(lift)
        if job is not None and running.tower.machine() is not None:
            await desk.stop_job(job.job_id, STAFF)
        return await desk.begin_rescue(errand.vin, lift, "drive is burnt", STAFF)

    await until_done(world, f"rescue of {errand.vin}", ask, again_s=AGAIN_S)
    return errand.found() is not None


async def _brought_out(errand: _Errand) -> None:
    """Every step: whoever has begun it does not leave it half-way."""
    for step in (RescueState.ISOLATE, RescueState.SECURE):
        await errand.work()
        if errand.chance.random() < NOT_NEEDED_RATE:
            await _not_needed(errand)
            return
        await _confirm(errand, step)
    await errand.work()
    where = _destination(errand)
    if errand.chance.random() < MISTAKEN_RATE:
        await _mistaken(errand, where)
    _crank(errand, where)
    await _confirm(errand, RescueState.BRING, where)
    await errand.work()
    await _confirm(errand, RescueState.CLEAR)
    await errand.work()
    await errand.mend()
    await _power_back(errand, where)


async def _confirm(
    errand: _Errand, step: RescueState, where: Place | Outside | None = None
) -> None:
    """A person's word for one step; a restart may have kept it although no answer came."""

    async def ask(running: Running) -> ControlAnswer:
        # Whoever stands there also mends a sensor that denies what they see.
        errand.world.tower.act(errand.world.tower.sensors.heal)
        known = errand.found()
        if known is None:
            return Done("it is over")
        if ORDER.index(known.state) > ORDER.index(step) and where in {None, known.where}:
            return Done("is noted")
        return await LedgerDesk(running.tower).confirm_rescue(
            known.case_id, StepWord(step, STAFF, where, "" if where is None else SECOND)
        )

    await until_done(errand.world, f"rescue: {step.value}", ask, FOR_EVER_S, AGAIN_S)


async def _mistaken(errand: _Errand, right: Place | Outside) -> None:
    """They name another slot first: the sensors deny it, now or once the power is back."""
    wrong = next((slot for slot in _free_slots(errand) if slot != right), None)
    if wrong is None:
        return
    if errand.dead:
        await _confirm(errand, RescueState.BRING, wrong)
        return

    async def ask(running: Running) -> ControlAnswer:
        known, tower = errand.found(), running.tower
        number = 0 if known is None else known.case_id
        word = StepWord(RescueState.BRING, STAFF, wrong, SECOND)
        denied_utc = tower.clock.utc() if _denied(tower, wrong) else None
        said = await LedgerDesk(tower).confirm_rescue(number, word)
        if isinstance(said, Done) and denied_utc in _taken_utc(tower, number):
            errand.world.story.violated("a rescue is believed against the sensors", str(wrong))
        return said

    said = await asked_once(errand.world, ask)
    errand.world.story.tell("staff", f"rescue: bring to {wrong}, where no car is: {said}")
    errand.world.story.count("rescue: a wrong word is taken", isinstance(said, Done))


def _denied(tower: Tower, where: Place) -> bool:
    """Whether the tower reads its sensors now, and they see no car there."""
    machine = tower.machine()
    return machine is not None and shows_car(where, machine) is False


def _taken_utc(tower: Tower, number: int) -> list[datetime]:
    """When each word of where the car stands was decided on, which is before it was written.

    A word that had to wait for other writing was decided on by other readings than those at its
    asking, and while it is written the line may come back: neither says what it was held against.
    """
    found = [each for each in tower.book.facts(Rescue) if each.case_id == number]
    words = [word for each in found for word in each.confirmations]
    return [word.utc for word in words if word.step is RescueState.BRING]


async def _power_back(errand: _Errand, where: Place | Outside) -> None:
    """Power on; where the tower believes another place than the true one, it is told again."""
    known = errand.found()
    if known is not None and known.where != where:
        await _confirm(errand, RescueState.BRING, where)
        await _confirm(errand, RescueState.CLEAR)
    if errand.world.tower.plant.estop:
        errand.world.tower.release_estop()
    await _confirm(errand, RescueState.POWER)
    errand.world.led_on_s = errand.world.loop.time()
    errand.world.story.count("rescue done")


async def _not_needed(errand: _Errand) -> None:
    """It runs again; whoever had locked it gives it back."""
    await errand.mend()

    async def ask(running: Running) -> ControlAnswer:
        known = errand.found()
        if known is None:
            return Done("it is over")
        desk = LedgerDesk(running.tower)
        return await desk.cancel_rescue(known.case_id, "it runs again", STAFF)

    await until_done(errand.world, "rescue is not needed", ask, FOR_EVER_S, AGAIN_S)


# --- by hand


def _crank(errand: _Errand, where: Place | Outside) -> None:
    """What people do with crank and muscle."""
    tower, lift = errand.world.tower, errand.world.tower.plant.lifts[errand.lift]
    tower.catch_up()
    car = lift.car
    if car is None or car.vin != errand.vin:
        errand.world.story.violated("a lift moves a car that is being rescued", errand.vin)
        return

    def by_hand() -> None:
        lift.car = None
        place = as_true_place(None if isinstance(where, Outside) else where)
        if place is None:
            tower.plant.outside[car.vin] = car
            errand.world.carried_out.add(car.vin)
        else:
            tower.plant.set_car(place, car)
        tower.plant.happened()

    tower.act(by_hand)
    errand.world.story.tell("staff", f"carry {errand.vin} to {where}")


def _destination(errand: _Errand) -> Place | Outside:
    """A free slot mostly, a bay that nobody uses, or the street."""
    slots, bays = _free_slots(errand), _free_bays(errand)
    kind = errand.chance.choices(("slot", "bay", "outside"), (6, 2, 2))[0]
    if kind == "bay" and bays:
        return errand.chance.choice(bays)
    inside = errand.world.inside
    is_its_drivers = inside is not None and inside.book.open_dropoff(errand.vin) is not None
    if slots and (kind != "outside" or is_its_drivers):
        return errand.chance.choice(slots)
    return Outside()


def _free_slots(errand: _Errand) -> list[Slot]:
    """Slots that the car fits, that are empty, and that nothing is bound for."""
    world, inside = errand.world, errand.world.inside
    if inside is None:
        return []
    vehicle = inside.book.line(errand.vin).vehicle
    bound_for = in_motion(inside)
    return [
        Slot(number)
        for number, car in sorted(world.tower.plant.slots.items())
        if car is None
        and Slot(number) not in bound_for
        and inside.book.ledger.car_at(Slot(number)) is None
        and inside.site.slot(number).limits.admits(vehicle)
    ]


def _free_bays(errand: _Errand) -> list[Bay]:
    world, inside = errand.world, errand.world.inside
    if inside is None:
        return []
    asked_for = {each.bay for each in inside.book.open_visits()}
    asked_for |= {each.bay for each in inside.book.open_dropoffs()}
    bound_for = in_motion(inside)
    return [
        Bay(number)
        for number, bay in sorted(world.tower.plant.bays.items())
        if bay.car is None
        and not bay.people_inside
        and bay.outer.position(world.tower.plant.now_s) is DoorPosition.CLOSED
        and number not in asked_for
        and Bay(number) not in bound_for
    ]
