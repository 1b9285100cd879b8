"""The PLC, its line, and its acknowledgements."""

from __future__ import annotations

import asyncio

from firmware_bridge.meanings import Result
from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.customers import book, depart, identify
from hardware_sim.scenarios.movement import MET_ON_THE_WAY, brought_on, on_its_way
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect

FAMILY = Family("PLC and line")


async def _line(stage: Stage, fault: str, seconds: float) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin(fault)
    await stage.out_of_service("PLC link")
    await asyncio.sleep(seconds)
    expect(not stage.lift().moving(stage.tower.plant.now_s), "the lift moves without a controller")
    await stage.faults.mend(fault)
    await brought_on(stage, customer)


@FAMILY.scenario(
    "plc-link-cut",
    story="The line to the PLC is dead for five seconds while the lift carries a car.",
    happened="A switch that restarts.",
    ending="The PLC stops for want of a heartbeat, the screens say out of service; with the line "
    "back the stopped movement goes to a person, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _cut(stage: Stage) -> None:
    await _line(stage, "plc-link", 5.0)


@FAMILY.scenario(
    "plc-link-reset",
    story="The PLC's connections are reset and refused while the lift carries a car.",
    happened="A PLC with few sockets, or a firewall that forgets.",
    ending="As with a dead line: stop, out of service, a person, and the car comes.",
    speed=MET_ON_THE_WAY,
)
async def _reset(stage: Stage) -> None:
    await _line(stage, "plc-reset", 2.0)


@FAMILY.scenario(
    "plc-heartbeat-frozen",
    story="The PLC's line is up, but its program's heartbeat stands still.",
    happened="A program stopped from an engineer's laptop.",
    ending="The controller calls that silence, takes its permits back and asks for nothing; when "
    "the heart beats again a person lets the movement go on, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _frozen(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin("plc-frozen")
    await stage.out_of_service("PLC link")
    await stage.moves_nothing()
    await stage.faults.mend("plc-frozen")
    await brought_on(stage, customer)


@FAMILY.scenario(
    "plc-restarts-with-a-full-mailbox",
    story="The PLC loses power in the middle of a job and finds the job's words in its memory "
    "again.",
    happened="A robot that started moving when the power came back.",
    ending="The PLC adopts the words and never runs them, the controller does not write them "
    "anew: the lift stands until a person has looked; then the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _full_mailbox(stage: Stage) -> None:
    customer = await on_its_way(stage)
    executed = stage.executed()
    await stage.faults.begin("plc-restart")
    await asyncio.sleep(0.5)
    await stage.faults.mend("plc-restart")
    adopted = stage.tower.plc.machine.mailboxes[1].shown.result
    expect(adopted is Result.STALE_AT_BOOT, f"the mailbox was not adopted: {adopted.name}")
    case = await stage.duty.case("movement")
    expect("restarted" in case["question"], f"the restart is not named: {case['question']}")
    await stage.moves_nothing()
    expect(stage.executed() == executed, "a job ran by itself after the restart")
    await brought_on(stage, customer)


async def _answers(stage: Stage, fault: str) -> None:
    customer = await book(stage, 3)
    await stage.faults.begin(fault)
    await identify(stage, customer)
    await stage.let_go_on(lambda: stage.door_is(DoorPosition.OPEN))
    await stage.faults.mend(fault)
    await depart(stage, customer)
    expect(stage.executed() == 1, f"one job expected, {stage.executed()} were executed")


@FAMILY.scenario(
    "acknowledge-late",
    story="The PLC's acknowledgement shows a second after the PLC has begun to act.",
    happened="A gateway between two bus systems.",
    ending="The job is executed once, and the customer gets the car.",
)
async def _late(stage: Stage) -> None:
    await _answers(stage, "ack-late")


@FAMILY.scenario(
    "acknowledge-doubled",
    story="Every job comes to the PLC twice, so that it is acknowledged twice.",
    happened="A router that repeats what it believes lost.",
    ending="Each job is executed once, and the customer gets the car.",
)
async def _doubled(stage: Stage) -> None:
    await _answers(stage, "ack-doubled")


@FAMILY.scenario(
    "acknowledge-lost",
    story="The PLC carries out a job, and its acknowledgement never shows.",
    happened="A telegram that was overwritten before anybody read it.",
    ending="The job is not sent again: it is executed once, and the customer gets the car, with "
    "staff where its end is not proven.",
)
async def _lost(stage: Stage) -> None:
    customer = await book(stage, 3)
    await stage.faults.begin("ack-lost")
    await identify(stage, customer)
    await stage.tower.until(lambda: stage.tower.jobs_completed() == 1, 30.0)
    await asyncio.sleep(1.0)
    await stage.faults.mend("ack-lost")
    await stage.let_go_on(lambda: stage.door_is(DoorPosition.OPEN))
    await depart(stage, customer)
    expect(stage.executed() == 1, f"one job expected, {stage.executed()} were executed")
