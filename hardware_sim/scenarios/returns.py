"""Cars that come in: which do not fit, or with somebody in them."""

from __future__ import annotations

from typing import Any

from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.drivers import (
    VIN,
    announce,
    confirm_until,
    drive_in,
    drive_out_again,
    leave,
    park,
    state,
)
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

FAMILY = Family("Cars that come in")

OUT_AGAIN = (
    "The screen says why, the street door opens again, the car drives out, no lift has moved, and "
    "the ledger has never had the car."
)


async def _does_not_fit(stage: Stage, reason: str, **wrong: Any) -> None:
    await announce(stage)
    await park(stage, **wrong)
    screen = await stage.phase(1, "drive_out")
    expect(reason in screen["reason"], f"{reason} expected on the screen, found {screen['reason']}")
    await drive_out_again(stage)
    await state(stage, "turned_away")
    await until(lambda: stage.door_is(DoorPosition.CLOSED), "the street door stays open")
    expect(stage.executed() == 0, "a lift moved for a car that does not fit")
    expect(await stage.car(VIN) is None, "the ledger has a car that was never taken")


@FAMILY.scenario(
    "car-too-long",
    story="A car comes in that is longer than the bay takes.",
    happened="A tow bar, a bicycle rack, another model than announced.",
    ending=OUT_AGAIN,
)
async def _too_long(stage: Stage) -> None:
    await _does_not_fit(stage, "too_long", length_mm=5600)


@FAMILY.scenario(
    "car-too-high",
    story="A car comes in with a box on its roof.",
    happened="The most frequent damage in car towers.",
    ending=OUT_AGAIN,
)
async def _too_high(stage: Stage) -> None:
    await _does_not_fit(stage, "too_high", height_mm=2150)


@FAMILY.scenario(
    "car-too-heavy",
    story="A car comes in that is heavier than bay and slots take.",
    happened="An electric car, or a boot full of tiles.",
    ending=OUT_AGAIN,
)
async def _too_heavy(stage: Stage) -> None:
    await _does_not_fit(stage, "too_heavy", weight_kg=2700)


@FAMILY.scenario(
    "boot-left-open",
    story="The driver leaves the boot open.",
    happened="Hands full of bags.",
    ending=OUT_AGAIN,
)
async def _boot_open(stage: Stage) -> None:
    await _does_not_fit(stage, "part_open", part_open=True)


@FAMILY.scenario(
    "driver-stays-inside",
    story="The driver parks and stays in the bay.",
    happened="Somebody telephones, or does not know that the car is put away without them.",
    ending="The door stays open and no lift moves; the screen reminds them, staff are called; "
    "once they have left and confirmed, the car is stored.",
    settings={"policies": {"park_timeout_s": 10.0}},
)
async def _stays(stage: Stage) -> None:
    await announce(stage)
    await drive_in(stage)
    await stage.phase(1, "leave_bay")
    await stage.duty.case("drop_off")
    expect(stage.door_is(DoorPosition.OPEN), "the door closed on the driver")
    expect(stage.executed() == 0, "a lift moved with the driver in the bay")
    await leave(stage)
    await stage.duty.settled("drop_off", "try_again")
    await confirm_until(stage, "stored")


@FAMILY.scenario(
    "person-left-in-the-car",
    story="The driver leaves a person in the car whom the bay's detector does not see.",
    happened="A sleeping passenger on the back seat: the car was taken up with them.",
    ending="The scale shows more than the car's known weight: no question is asked and no lift "
    "moves, staff are called and cannot say that the car has left.",
)
async def _in_the_car(stage: Stage) -> None:
    await announce(stage)
    await park(stage, occupants_kg=70)
    case = await stage.duty.case("drop_off")
    expect("1670 kg" in case["question"], f"the scale is not named: {case['question']}")
    await stage.moves_nothing()
    expect(stage.executed() == 0, "a lift moved a car with somebody in it")
    said = await stage.duty.settle(case, "car_outside")
    expect(not said["done"], "the sensors see the car and were talked away")


@FAMILY.scenario(
    "car-comes-back-heavier",
    story="A car comes in 70 kg heavier than it is known to be, and nobody is in it.",
    happened="Roof bars, child seats, a full tank after an empty one.",
    ending="No lift moves and no question is asked until a named person who has looked into the "
    "car says that it weighs what the scale shows; then the kiosk asks, and the car is stored.",
)
async def _heavier(stage: Stage) -> None:
    await announce(stage)
    await park(stage, weight_kg=1670)
    first = await stage.duty.settled("drop_off", "try_again")

    async def again() -> bool:
        return any(each["case_id"] > first["case_id"] for each in await stage.duty.open_cases())

    await until(again, "the same weight is not asked about again")
    case = await stage.duty.case("drop_off")
    await stage.moves_nothing()
    expect(stage.executed() == 0, "a lift moved a car that weighs something else")
    said = await stage.duty.settle(case, "weight_is_right")
    expect(bool(said["done"]), f"the word is not taken: {said}")
    await stage.phase(1, "confirm_clear")
    expect(stage.executed() == 0, "a lift moved before anybody was asked")
    await confirm_until(stage, "stored")
    await stage.home(VIN)


@FAMILY.scenario(
    "person-comes-back-into-the-bay",
    story="Somebody is detected in the bay behind the closed door, while the tower asks whether "
    "everybody is out.",
    happened="A child slips in while the door closes.",
    ending="The street door opens for them, no lift moves; once they are out and the question "
    "was answered anew, the car is stored.",
)
async def _comes_back(stage: Stage) -> None:
    await announce(stage)
    await park(stage)
    await stage.phase(1, "confirm_clear")
    stage.tower.act(lambda: stage.tower.people.hide_inside(1))
    await until(lambda: stage.door_is(DoorPosition.OPEN), "the door does not open for them")
    expect(stage.executed() == 0, "a lift moved with somebody in the bay")
    await leave(stage)
    await confirm_until(stage, "stored")
    await stage.home(VIN)


@FAMILY.scenario(
    "person-inside-while-the-lift-takes-the-car",
    story="Somebody is detected in the bay while the shuttle reaches for the car.",
    happened="A driver hides from the rain; a technician takes a short cut.",
    ending="The PLC stops the transfer, the movement goes to a person and is not tried again; "
    "after the person was led out and staff have looked, the car is stored.",
    speed=12.0,
)
async def _under_the_lift(stage: Stage) -> None:
    await announce(stage)
    await park(stage)
    await confirm_until(stage, "storing")
    await stage.shuttle_moves()
    await stage.faults.begin("person-inside", "bay:1")
    case = await stage.duty.case("movement")
    executed = stage.executed()
    await stage.moves_nothing()
    said = await stage.duty.settle(case, "continue")
    if said["done"]:
        await stage.moves_nothing()
    expect(stage.executed() == executed, "a lift was moved again with somebody in the bay")
    await stage.faults.mend("person-inside")
    await _put_away(stage)


async def _put_away(stage: Stage) -> None:
    """Staff settle what stands open as the truth is, and the driver confirms what is asked."""
    answered = [0]

    async def stored() -> bool:
        for case in await stage.duty.open_cases():
            if case["kind"] == "movement":
                where = stage.tower.where_is(VIN)
                in_bay = where is not None and str(where) == "bay 1"
                answer = "car_in_bay" if in_bay else "continue"
                choices = case["choices"]
                await stage.duty.settle(case, answer if answer in choices else "continue")
            elif case["kind"] == "drop_off":
                await stage.duty.settle(case, "try_again")
        screen = await stage.screens.kiosk(1) or {}
        question = int(screen.get("question") or 0)
        if screen.get("phase") == "confirm_clear" and question > answered[0]:
            answered[0] = question
            await stage.screens.confirm(1, question)
        car = await stage.car(VIN)
        return bool(car and car["state"] == "in_slot")

    await until(stored, "the car is not put away although the bay is empty again")
    await stage.home(VIN)
