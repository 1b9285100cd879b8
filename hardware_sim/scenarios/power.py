"""Power, processes and disks: the controller's PC and what hangs on it."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Mapping
from pathlib import Path

from hardware_sim.people.portraits import GRACE_HOPPER
from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.customers import (
    before_open_door,
    book,
    collect,
    depart,
    departed,
    drive_out,
    identify,
)
from hardware_sim.scenarios.movement import MET_ON_THE_WAY, brought_on, on_its_way
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

FAMILY = Family("Power, processes, disk")
AWAY_S = 1.0
LEAVES_S_MAX = 30.0
"""A daemon that waits for its lifts to stand leaves later than one whose lifts stand."""


async def _powered_again(stage: Stage, fault: str) -> None:
    await stage.faults.begin(fault)
    await asyncio.sleep(AWAY_S)
    expect(not stage.lift().moving(stage.tower.plant.now_s), "the lift moves without power")
    await stage.faults.mend(fault)
    await stage.phase(1, "referred", "bringing_car", "hand_over")


@FAMILY.scenario(
    "power-cut-in-mid-move",
    story="The whole tower loses power while the shuttle is on its way into a slot.",
    happened="A thunderstorm.",
    ending="After power is back nothing moves before a person has looked; then the lift is "
    "brought home, the car comes, and the customer drives off.",
    speed=MET_ON_THE_WAY,
)
async def _mid_move(stage: Stage) -> None:
    customer = await book(stage, 7)
    await identify(stage, customer)
    await stage.shuttle_moves()
    await _powered_again(stage, "power-cut")
    await stage.duty.case("movement")
    await stage.moves_nothing()
    await brought_on(stage, customer)


@FAMILY.scenario(
    "power-cut-with-a-car-on-the-lift",
    story="The whole tower loses power while a car hangs on the travelling lift.",
    happened="A digger on the street.",
    ending="The ledger knows the car to be on the lift, nothing moves before a person has "
    "looked, then the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _car_on_lift(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await _powered_again(stage, "power-cut")
    case = await stage.duty.case("movement")
    expect("lift 1" in case["question"], f"the lift is not named: {case['question']}")
    await stage.moves_nothing()
    await brought_on(stage, customer)


@FAMILY.scenario(
    "door-open-when-the-error-comes",
    story="The PLC restarts while the street door stands open before a customer.",
    happened="An error arrived with the door open, and the software took the door for closed.",
    ending="No lift moves and no door closes on the customer; the customer leaves, and the visit "
    "ends as departed with the door closed.",
)
async def _door_open(stage: Stage) -> None:
    customer = await before_open_door(stage)
    stage.tower.person_enters(1)
    executed = stage.executed()
    await stage.faults.begin("plc-restart")
    await asyncio.sleep(AWAY_S)
    await stage.faults.mend("plc-restart")
    await stage.moves_nothing()
    expect(stage.door_is(DoorPosition.OPEN), "the door closed on the customer")
    stage.tower.car_drives_out(1)
    await until(lambda: stage.bay().car is None, "the car does not leave")
    await departed(stage, customer)
    expect(stage.executed() == executed, "a lift moved after the restart")


@FAMILY.scenario(
    "daemon-killed-during-a-movement",
    story="The controller's process is killed while the lift carries a car.",
    happened="Out of memory.",
    ending="The PLC stops for want of a heartbeat; the new process reads the journal and the "
    "PLC's words, a person looks, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _killed(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await _powered_again(stage, "pc-power-cut")
    await brought_on(stage, customer)


@FAMILY.scenario(
    "daemon-killed-at-the-hand-over",
    story="The controller's process is killed in the moment in which the street door opens.",
    happened="A watchdog that bites at the wrong time.",
    ending="The door stays as it is; the new process goes on with the same hand-over, and the "
    "departure is told to the cloud once.",
)
async def _killed_at_hand_over(stage: Stage) -> None:
    customer = await book(stage, 0)
    await identify(stage, customer)
    await stage.tower.until(lambda: stage.doors_opened() > 0, 30.0)
    await stage.faults.begin("pc-power-cut")
    await asyncio.sleep(AWAY_S)
    await stage.faults.mend("pc-power-cut")
    await depart(stage, customer)


@FAMILY.scenario(
    "disk-takes-no-more",
    story="The journal's disk takes no more while a customer is at the kiosk.",
    happened="A log that nobody rotates.",
    ending="What cannot be written is not done: nothing moves, and the daemon leaves, so that the "
    "journal is read anew; started with room again it serves the customer.",
    stops_with_an_error=True,
)
async def _disk(stage: Stage) -> None:
    customer = await book(stage, 3)
    pid = stage.daemon.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (_journal_bytes(stage), hard))
    await stage.screens.touch(1)
    stage.world.cameras.scene(1).phone(customer.code)
    await until(lambda: not _runs(pid), "the daemon goes on without its journal", LEAVES_S_MAX)
    expect(stage.executed() == 0, "a lift moved for what was not written")
    stage.world.cameras.scene(1).nobody()
    await stage.restart()
    await stage.in_service()
    await stage.sees_people()
    await stage.phase(1, "free", "bringing_car", "staff_route", "verifying")
    await collect(stage, customer)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _journal_bytes(stage: Stage) -> int:
    return next(stage.world.directory.glob("*-wal")).stat().st_size


@FAMILY.scenario(
    "identity-process-killed",
    story="The process that sees faces is killed while it compares a customer's.",
    happened="A picture that makes a library crash.",
    ending="The customer is not locked out: staff look at a document, or the process comes back "
    "and compares anew; the customer gets the car.",
)
async def _identity(stage: Stage) -> None:
    customer = await book(stage, 0, GRACE_HOPPER)
    scene = stage.world.cameras.scene(1)
    await stage.screens.touch(1)
    await stage.phase(1, "checking_in")
    scene.phone(customer.code)
    await stage.phase(1, "verifying")
    for pid in _children(stage.daemon.pid):
        os.kill(pid, signal.SIGKILL)
    scene.person(GRACE_HOPPER)

    async def helped() -> bool:
        for case in await stage.duty.open_cases():
            if case["kind"] == "identity":
                await stage.duty.settle(case, "customer_verified")
        return stage.door_is(DoorPosition.OPEN)

    await until(helped, "the customer is locked out by a dead process")
    scene.nobody()
    await depart(stage, customer)
    await stage.sees_people()


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@FAMILY.scenario(
    "camera-dark",
    story="A kiosk's camera is unplugged.",
    happened="A cable that was borrowed.",
    ending="That kiosk's screen says so and an alarm names it; the other kiosk serves as ever; "
    "whoever types a code at the blind one is soon led to staff and gets the car; with the camera "
    "back it reads codes again, and the alarm is over.",
)
async def _camera(stage: Stage) -> None:
    customer, other = await book(stage, 0, GRACE_HOPPER), await book(stage, 3)
    await stage.faults.begin("camera-dark", "kiosk:1")
    await stage.screens.touch(1)
    screen: list[Mapping[str, object]] = [{}]

    async def says_so() -> bool:
        screen[0] = await stage.screens.kiosk(1) or {}
        return "camera_unavailable" in {screen[0].get("hint"), screen[0].get("reason")}

    await until(says_so, lambda: f"the screen does not say why: {screen[0]}")
    expect(screen[0].get("phase") == "checking_in", f"no code is taken there: {screen[0]}")
    alarm = await stage.alarm("C21")
    expect(alarm["source"] == "kiosk 1", f"the alarm does not name the kiosk: {alarm}")
    await collect(stage, other, kiosk=2)
    await _type_code(stage, customer.code)
    await stage.phase(1, "staff_route")
    await stage.duty.settled("identity", "customer_verified")
    await depart(stage, customer)
    await stage.faults.mend("camera-dark")
    await collect(stage, await book(stage, 5), kiosk=1)

    async def over() -> bool:
        page = await stage.screens.read("/api/alarms")
        codes = [alarm["code"] for alarm in page["alarms"] if alarm["active"]] if page else ["C21"]
        return "C21" not in codes

    await until(over, "the alarm stands although the camera sees again")


async def _type_code(stage: Stage, code: str) -> None:
    """Type until the kiosk takes it: a check-in that nobody continued has ended meanwhile."""
    tries_s = [float("-inf")]
    loop = asyncio.get_running_loop()

    async def taken() -> bool:
        screen = await stage.screens.kiosk(1) or {}
        if screen.get("phase") == "free":
            await stage.screens.touch(1)
        elif screen.get("phase") == "checking_in" and loop.time() > tries_s[0] + AWAY_S:
            tries_s[0] = loop.time()
            await stage.screens.type_code(1, code)
        return screen.get("phase") in {"verifying", "staff_route"}

    await until(taken, "the typed code is not taken")


@FAMILY.scenario(
    "board-unplugged",
    story="A kiosk's board is unplugged while its customer waits for the car.",
    happened="A plug that works loose with every slam of the cabinet.",
    ending="Screen and tower go on: the customer gets the car; an alarm names the board; plugged "
    "in again, the board comes back by itself.",
    speed=MET_ON_THE_WAY,
)
async def _board(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin("board-unplugged", "kiosk:1")
    await stage.alarm("board")
    await depart(stage, customer)
    await stage.faults.mend("board-unplugged")
    board = stage.world.boards[1]
    await until(lambda: board.in_session, "the board's line does not come back")


@FAMILY.scenario(
    "customer-inside-when-the-pc-dies",
    story="The controller's process dies while the customer is in the bay, and stays away.",
    happened="A power supply.",
    ending="The door stays open and nothing moves; the customer drives off meanwhile; the new "
    "process finds the bay empty, closes the door and tells the departure once.",
)
async def _inside(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.faults.begin("pc-power-cut")
    await drive_out(stage, customer)
    await asyncio.sleep(AWAY_S)
    expect(stage.door_is(DoorPosition.OPEN), "a door moved without a controller")
    await stage.faults.mend("pc-power-cut")
    await departed(stage, customer)
