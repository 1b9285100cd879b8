"""Faults as they happen to a world."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from benchmarks.swarm.board_faults import BOARD_ACTS
from benchmarks.swarm.cloud_faults import CLOUD_ACTS
from benchmarks.swarm.computer_faults import COMPUTER_ACTS
from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.scenes import EVERY_SLOT, MEMORY_LOST
from benchmarks.swarm.work import WORK_ACTS
from benchmarks.swarm.world import World
from hardware_sim.faults.catalogue import begin
from hardware_sim.faults.fault import Undo
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.virtual.weather import FAIR, Weather

ROUGH = Weather(latency_s=(0.001, 0.08), split_rate=0.2, loss_rate=0.03)
GARBLED = Weather(garble_rate=0.003)
WAITED_FOR_S = 1800.0
"""How long a fault waits for what it comes upon."""

BY_THE_CALENDAR = {
    FaultKind.CLOUD_LINE_CUT,
    FaultKind.CLOUD_LINE_ROUGH,
    FaultKind.CLOUD_DOWN,
    FaultKind.CLOUD_SKEWED,
    FaultKind.CLOUD_REFUSES,
    FaultKind.CLOUD_REJECTS,
    FaultKind.DISK_SLOW,
    FaultKind.CLOCK_STEP,
    FaultKind.CAMERA_DARK,
    FaultKind.CAMERA_FOOLED,
}
"""They may last over hours that are leapt over; everything else is lived through."""

OFFLINE = {*CLOUD_ACTS, *COMPUTER_ACTS}
"""Meanwhile the tower may hear nothing of what is booked."""


class Faults:
    """Plays a plan; what lasts is healed in its own time, everything by `heal_all`."""

    def __init__(self, world: World, plan: list[PlannedFault]) -> None:
        self.world = world
        self._plan = plan
        self._running: set[asyncio.Task[None]] = set()

    async def play(self) -> None:
        """To the end of the plan; raises what a fault could not do."""
        async with asyncio.TaskGroup() as group:
            for fault in self._plan:
                await self.world.calendar.until(fault.at_s)
                group.create_task(self._one(fault))

    async def _one(self, fault: PlannedFault) -> None:
        if fault.upon and not await self._came(fault.upon):
            self.world.story.tell("FAULT", f"never came: {fault.upon}")
            return
        if fault.after_s:
            await asyncio.sleep(fault.after_s)
        self.world.story.tell("FAULT", f"{fault.kind.value} ({fault.duration_s:.1f} s)")
        self.world.story.count(f"fault: {fault.kind.value}")
        world, began_s = self.world, self.world.calendar.now_s()
        world.hard_times.fault(fault.kind, began_s, began_s + fault.duration_s)
        lasting = 0 if fault.kind in BY_THE_CALENDAR else 1
        world.troubles += lasting
        if fault.kind in OFFLINE:
            world.unheard_until_s = max(
                world.unheard_until_s, world.calendar.now_s() + fault.duration_s
            )
        await ACTS[fault.kind](world, fault, random.Random(fault.draw))
        world.troubles -= lasting
        world.hard_times.fault(fault.kind, began_s, world.calendar.now_s())

    async def _came(self, words: str) -> bool:
        """Wait for the line of the story with these words; False when it does not come."""
        came = asyncio.Event()

        def hear(line: str) -> None:
            if words in line:
                came.set()

        listeners = self.world.story.listeners
        listeners.append(hear)
        try:
            async with asyncio.timeout(WAITED_FOR_S):
                await came.wait()
        except TimeoutError:
            return False
        finally:
            listeners.remove(hear)
        return True


async def _plc_line_cut(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.plc_line.cut()
    world.plc_cut_since_s = world.loop.time()
    await asyncio.sleep(fault.duration_s)
    world.plc_cut_since_s = None
    world.plc_line.mend()


async def _plc_line_half_open(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.plc_line.cut_answers()
    world.plc_cut_since_s = world.loop.time()
    await asyncio.sleep(fault.duration_s)
    world.plc_cut_since_s = None
    world.plc_line.mend()


async def _plc_line_reset(world: World, _fault: PlannedFault, _chance: random.Random) -> None:
    world.plc_line.reset()


async def _plc_line_rough(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    await _weather(world, fault, ROUGH)


async def _plc_line_garbled(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    await _weather(world, fault, GARBLED)


async def _weather(world: World, fault: PlannedFault, weather: Weather) -> None:
    world.plc_line.weather = weather
    await asyncio.sleep(fault.duration_s)
    world.plc_line.weather = FAIR


async def _plc_restart(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    if world.tower.core.plc is not None:
        forgets = fault.name == MEMORY_LOST
        if forgets:
            world.story.tell("FAULT", f"the PLC: {MEMORY_LOST}")
        await world.tower.restart_plc(fault.duration_s, forgets=forgets)


async def _sensor_stuck(world: World, fault: PlannedFault, chance: random.Random) -> None:
    sensors = world.tower.sensors
    if fault.name == EVERY_SLOT:
        await _slots_dead(world, fault.duration_s)
        return
    # There are ten times as many sensors at slots, and each of them is asked ten times less.
    elsewhere = [name for name in sensors.names() if not name.startswith("slot")]
    name = fault.name or chance.choice(chance.choice([sensors.names(), elsewhere]))
    value = sensors.number(name)
    if value in {0, 1} and chance.random() < 0.5:
        value = 1 - value
    world.story.tell("FAULT", f"{name} shows {value}")
    world.tower.act(lambda: sensors.override(name, value))
    await asyncio.sleep(fault.duration_s)
    world.tower.act(lambda: sensors.heal(name))


async def _slots_dead(world: World, for_s: float) -> None:
    sensors = world.tower.sensors
    slots = [name for name in sensors.names() if name.startswith("slot")]

    def each(act: Callable[[str], None]) -> None:
        for name in slots:
            act(name)

    world.story.tell("FAULT", "no slot shows a car")
    world.tower.act(lambda: each(lambda name: sensors.override(name, 0)))
    await asyncio.sleep(for_s)
    world.tower.act(lambda: each(sensors.heal))


async def _estop(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.tower.press_estop()
    await asyncio.sleep(fault.duration_s)
    world.tower.release_estop()


async def _bay_estop(world: World, fault: PlannedFault, chance: random.Random) -> None:
    bay = chance.choice(sorted(world.tower.plant.bays))
    people = world.tower.people
    world.tower.act(lambda: people.press_bay_estop(bay))
    await asyncio.sleep(fault.duration_s)
    world.tower.act(lambda: people.press_bay_estop(bay, pressed=False))


async def _curtain(world: World, fault: PlannedFault, chance: random.Random) -> None:
    bay = chance.choice(sorted(world.tower.plant.bays))
    people = world.tower.people
    if not world.street_door_open(bay):
        return  # behind a closed door nobody stands in the curtain
    world.story.count("broken: curtain-broken")
    world.tower.act(lambda: people.person_blocks_curtain(bay))
    await asyncio.sleep(fault.duration_s)
    world.tower.act(lambda: people.person_clears_curtain(bay))


async def _hidden(world: World, fault: PlannedFault, chance: random.Random) -> None:
    bay = chance.choice(sorted(world.tower.plant.bays))
    people = world.tower.people
    world.story.count("broken: person-inside")
    world.tower.act(lambda: people.hide_inside(bay))
    await asyncio.sleep(fault.duration_s)
    try:
        world.tower.act(lambda: people.found_inside(bay))
    except ImpossibleError:
        world.story.tell("FAULT", f"whoever hid in bay {bay} was led out already")


async def _breaks(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    if world.tower.core.plc is None:
        return
    world.story.tell("FAULT", f"{fault.name} {fault.where}".rstrip())
    world.story.count(f"broken: {fault.name}")
    undo: list[Undo] = []
    try:
        world.tower.act(
            lambda: undo.append(begin(world.tower.core, fault.name, fault.where or None))
        )
    except ImpossibleError as error:
        world.story.tell("FAULT", f"cannot be: {error}")
        return
    await asyncio.sleep(fault.duration_s)
    try:
        world.tower.act(undo[0])
    except ImpossibleError as error:
        world.story.tell("FAULT", f"{fault.name} is mended already: {error}")


ACTS: Mapping[FaultKind, Act] = {
    **BOARD_ACTS,
    **CLOUD_ACTS,
    **COMPUTER_ACTS,
    **WORK_ACTS,
    FaultKind.PLC_LINE_CUT: _plc_line_cut,
    FaultKind.PLC_LINE_RESET: _plc_line_reset,
    FaultKind.PLC_LINE_ROUGH: _plc_line_rough,
    FaultKind.PLC_LINE_GARBLED: _plc_line_garbled,
    FaultKind.PLC_LINE_HALF_OPEN: _plc_line_half_open,
    FaultKind.PLC_RESTART: _plc_restart,
    FaultKind.SENSOR_STUCK: _sensor_stuck,
    FaultKind.ESTOP: _estop,
    FaultKind.BAY_ESTOP: _bay_estop,
    FaultKind.CURTAIN: _curtain,
    FaultKind.HIDDEN: _hidden,
    FaultKind.BREAKS: _breaks,
}
