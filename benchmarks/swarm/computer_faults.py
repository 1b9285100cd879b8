"""Faults of the tower's computer: kills, also around commits and in recovery; disk, clock, eyes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextvars import copy_context

from benchmarks.swarm.fault_act import Act
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.journal_disk import CrashPoint, DiskTrouble, Moment
from benchmarks.swarm.world import World
from hardware_sim.virtual.process import Death

REBOOT_S = 20.0
"""From power to a starting daemon."""
COMMIT_WITHIN_S = 900.0
"""A commit that a crash waits for comes within this, or the crash does not."""
RECOVERS_S = (0.0, 3.0)
"""A start usually serves after this; the second kill comes in between."""
COMMITS_OF_A_START = 4
MENDED_AFTER_S = 180.0
"""A person who is told that the disk has failed restarts the daemon after this."""


async def _crash(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    await _dead(world, Death.CRASH, fault.duration_s)


async def _power_cut(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    await _dead(world, Death.POWER, fault.duration_s + REBOOT_S)


async def _dead(world: World, how: Death, for_s: float) -> bool:
    """Kill it and boot it again after so long; False when it was dead already."""
    if world.controller.process is None:
        return False
    world.controller.kill(how)
    await asyncio.sleep(for_s)
    world.controller.boot()
    return True


async def _crash_at_commit(world: World, fault: PlannedFault, chance: random.Random) -> None:
    moment = Moment(fault.name) if fault.name else chance.choice(list(Moment))
    nth = fault.nth or chance.randint(1, 8)
    if not await _killed_at_commit(world, moment, nth, COMMIT_WITHIN_S):
        return
    await asyncio.sleep(fault.duration_s)
    world.controller.boot()


async def _killed_at_commit(world: World, moment: Moment, nth: int, within_s: float) -> bool:
    """Whether the power went there; not, when no such commit came or something else killed it."""
    disk, process = world.controller.disk, world.controller.process
    if process is None or disk.crash_point is not None:
        return False
    gone = asyncio.Event()
    outside = copy_context()

    def dies() -> None:
        if world.controller.process is process:
            world.story.tell("FAULT", f"{moment.value} commit {disk.commits}")
            world.story.count(f"crash {moment.value} a commit")
            world.controller.kill(Death.POWER)
            gone.set()

    def reached() -> None:
        world.loop.call_soon(dies, context=outside)

    point = disk.crash_point = CrashPoint(moment, nth, reached)
    try:
        async with asyncio.timeout(within_s):
            await gone.wait()
    except TimeoutError:
        if disk.crash_point is point:
            disk.crash_point = None
    return gone.is_set()


async def _crash_in_recovery(world: World, fault: PlannedFault, chance: random.Random) -> None:
    if not await _dead(world, Death.CRASH, fault.duration_s):
        return
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.5:
            moment, nth = chance.choice(list(Moment)), chance.randint(1, COMMITS_OF_A_START)
            if not await _killed_at_commit(world, moment, nth, RECOVERS_S[1]):
                return
        else:
            await asyncio.sleep(chance.uniform(*RECOVERS_S))
            if world.controller.process is None:
                return
            world.controller.kill(chance.choice([Death.CRASH, Death.POWER]))
        await asyncio.sleep(fault.duration_s)
        world.controller.boot()


async def _disk_slow(world: World, fault: PlannedFault, chance: random.Random) -> None:
    world.controller.disk.be_slow(chance.choice([0.05, 0.3, 1.5]))
    await world.calendar.sleep(fault.duration_s)
    world.controller.disk.be_slow(0.0)


async def _disk_full(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    disk = world.controller.disk
    if disk.trouble is None:
        disk.trouble = DiskTrouble.FULL
        await asyncio.sleep(fault.duration_s)
        disk.trouble = None


async def _disk_fails(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    disk = world.controller.disk
    if disk.trouble is not None:
        return
    disk.trouble = DiskTrouble.FAILS
    await asyncio.sleep(fault.duration_s)
    disk.trouble = None
    # A daemon that could write before leaves by itself; one that never could wants a person.
    await asyncio.sleep(MENDED_AFTER_S)
    if disk.is_lost:
        world.story.tell("staff", "restarts the daemon, as its alarm says")
        await _dead(world, Death.CRASH, 1.0)


async def _clock_step(world: World, fault: PlannedFault, chance: random.Random) -> None:
    world.machine.clock.wrong_by_s = chance.choice([-7200.0, -90.0, 90.0, 3600.0])
    await world.calendar.sleep(fault.duration_s)
    world.machine.clock.wrong_by_s = 0.0


async def _camera_dark(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.pavement.dark += 1
    await world.calendar.sleep(fault.duration_s)
    world.pavement.dark -= 1


async def _camera_fooled(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.pavement.fooled += 1
    await world.calendar.sleep(fault.duration_s)
    world.pavement.fooled -= 1


async def _identity_restart(world: World, _fault: PlannedFault, _chance: random.Random) -> None:
    world.controller.restart_identity()


async def _identity_gone(world: World, fault: PlannedFault, _chance: random.Random) -> None:
    world.pavement.unrecognising += 1
    world.controller.end_identity()
    await asyncio.sleep(fault.duration_s)
    world.pavement.unrecognising -= 1
    world.controller.restart_identity()


COMPUTER_ACTS: Mapping[FaultKind, Act] = {
    FaultKind.CRASH: _crash,
    FaultKind.POWER_CUT: _power_cut,
    FaultKind.CRASH_AT_COMMIT: _crash_at_commit,
    FaultKind.CRASH_IN_RECOVERY: _crash_in_recovery,
    FaultKind.DISK_SLOW: _disk_slow,
    FaultKind.DISK_FULL: _disk_full,
    FaultKind.DISK_FAILS: _disk_fails,
    FaultKind.CLOCK_STEP: _clock_step,
    FaultKind.CAMERA_DARK: _camera_dark,
    FaultKind.CAMERA_FOOLED: _camera_fooled,
    FaultKind.IDENTITY_RESTART: _identity_restart,
    FaultKind.IDENTITY_GONE: _identity_gone,
}
