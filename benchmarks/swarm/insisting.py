"""Asking the tower for something again and again, as people do until it does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

from benchmarks.swarm.world import STAFF, World
from vendtower.daemon.wiring import Running
from vendtower.domain.machine import ControlMode
from vendtower.domain.modes import OperatingMode
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.modes import operating_mode

ASKS_AGAIN_S = 45.0
PATIENCE_S = 1800.0
"""Work that the tower does not allow within this is put off to another day."""
FOR_EVER_S = float("inf")

Ask = Callable[[Running], Awaitable[ControlAnswer]]


async def until_done(
    world: World, what: str, ask: Ask, patience_s: float = PATIENCE_S, again_s: float = ASKS_AGAIN_S
) -> bool:
    """Ask again and again until the tower does it; False when it took too long."""
    until_s, last = world.calendar.now_s() + patience_s, ""
    while True:
        said = await asked_once(world, ask)
        if isinstance(said, Done):
            world.story.tell("staff", f"{what}: {said.message}")
            return True
        refused = said.reason if isinstance(said, NotDone) else str(said)
        if refused != last:
            world.story.tell("staff", f"{what}: not yet: {refused}")
        last = refused
        if world.calendar.now_s() >= until_s:
            world.story.tell("staff", f"{what}: given up: {said}")
            return False
        await asyncio.sleep(again_s)


async def asked_once(world: World, ask: Ask, *, stands_by: bool = False) -> ControlAnswer | None:
    """One question; None when no answer comes.

    Whoever stands by what is to move does not wait for a slow disk.
    """

    @wraps(ask)
    async def asked(running: Running) -> ControlAnswer:
        return await ask(running)

    return await world.controller.ask(asked, stands_by=stands_by)


async def into_production(world: World) -> None:
    """Choose automatic until the PLC has followed, and at least once; the screen says whether."""

    def automatic(running: Running) -> Awaitable[ControlAnswer]:
        return MachineDesk(running.tower).change_mode(OperatingMode.AUTOMATIC, STAFF)

    while True:
        inside = world.inside
        machine = None if inside is None else inside.machine()
        if inside is not None and machine is not None:
            automatic_now = operating_mode(inside) is OperatingMode.AUTOMATIC
            if automatic_now and machine.mode is ControlMode.PRODUCTION:
                return
            said = await asked_once(world, automatic)
            world.story.tell("staff", f"automatic: {said}")
        await asyncio.sleep(ASKS_AGAIN_S)
