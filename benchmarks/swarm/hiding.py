"""Staff keep alarms out of sight: shelved for a while, or out of service, and shown again."""

from __future__ import annotations

import asyncio
import random
from functools import partial

from benchmarks.swarm.fault_plan import PlannedFault
from benchmarks.swarm.insisting import FOR_EVER_S, until_done
from benchmarks.swarm.world import STAFF, World
from vendtower.daemon.wiring import Running
from vendtower.domain.alarm import Alarm, AlarmKey, AlarmState
from vendtower.flows.controls import (
    AcknowledgeAlarm,
    AlarmRequest,
    ControlAnswer,
    Done,
    NotDone,
    ReturnAlarmToService,
    ShelveAlarm,
    TakeAlarmOutOfService,
    UnshelveAlarm,
)

HIDDEN_S = (30.0, 900.0)
SHELVED_MINUTES = (1, 5, 60)
BEFORE_IT_COMES_RATE = 0.2
CAMERA = "C21"
OUT_OF_SIGHT = {AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE}
HIDDEN = {AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE, AlarmState.NORMAL}


async def alarms_hidden(world: World, _fault: PlannedFault, chance: random.Random) -> None:
    """Whatever stands is acknowledged, shelved or taken out of service, and later shown again.

    Now and then it is one that does not stand.
    """
    inside = world.inside
    shown = [] if inside is None else [a for a in inside.alarms if a.state not in HIDDEN]
    out: list[Alarm] = []
    if not shown or chance.random() < BEFORE_IT_COMES_RATE:
        await _before_it_comes(world, chance)
        return
    for alarm in shown:
        match chance.choice(("known", "shelved", "out")):
            case "known":
                await _asked(world, AcknowledgeAlarm(alarm.key, "known"))
            case "shelved":
                await _asked(world, ShelveAlarm(alarm.key, chance.choice(SHELVED_MINUTES), "known"))
            case _ if await _asked(world, TakeAlarmOutOfService(alarm.key, "in repair")):
                out.append(alarm)
    await asyncio.sleep(chance.uniform(*HIDDEN_S))
    for alarm in shown:
        if alarm not in out and chance.random() < 0.5:
            await _asked(world, UnshelveAlarm(alarm.key))
    for alarm in out:
        # A kill may have taken the answer, or the return before it was written.
        await until_done(world, f"alarm {alarm.key} back", partial(_returned, alarm), FOR_EVER_S)


async def _before_it_comes(world: World, chance: random.Random) -> None:
    """Work is planned at a camera: its alarm is kept out of sight, and shown again after."""
    kiosk = chance.choice(sorted(world.kiosks))
    key = AlarmKey(CAMERA, f"kiosk {kiosk}")
    hides: AlarmRequest = TakeAlarmOutOfService(key, "camera is changed")
    shows: AlarmRequest = ReturnAlarmToService(key)
    if chance.random() < 0.5:
        hides, shows = ShelveAlarm(key, 5, "camera is changed"), UnshelveAlarm(key)
    if not await _asked(world, hides):
        return
    await asyncio.sleep(chance.uniform(*HIDDEN_S))

    async def shown(running: Running) -> ControlAnswer:
        known = running.tower.book.alarms.get(key)
        if known is None or known.state not in OUT_OF_SIGHT:
            return Done("stands as it should")
        return await running.controls.ask_of_alarm(shows, STAFF)

    await until_done(world, f"alarm {key} shown", shown, FOR_EVER_S)


async def _returned(alarm: Alarm, running: Running) -> ControlAnswer:
    known = running.tower.book.alarms.get(alarm.key)
    if known is None or known.state is not AlarmState.OUT_OF_SERVICE:
        return Done("is in service")
    return await running.controls.ask_of_alarm(ReturnAlarmToService(alarm.key), STAFF)


async def _asked(world: World, request: AlarmRequest) -> bool:
    async def ask(running: Running) -> ControlAnswer:
        return await running.controls.ask_of_alarm(request, STAFF)

    # A latched one goes by a person's word, and this is one.
    world.acknowledged.add(request.key)
    said = await world.controller.ask(ask)
    world.story.tell("staff", f"{type(request).__name__} {request.key}: {said}")
    return not isinstance(said, NotDone)
