"""Between the open street door and the empty bay."""

from __future__ import annotations

from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.customers import (
    before_open_door,
    book,
    collect,
    depart,
    departed,
    door_open,
    drive_out,
    identify,
    put_back,
)
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

FAMILY = Family("Hand-over")


@FAMILY.scenario(
    "car-gone-by-one-sensor",
    story="One sensor says that the car has left; it stands in the bay.",
    happened="A presence sensor failed while a customer was loading bags, and the tower took the "
    "bay for empty.",
    ending="Nothing closes and no lift comes; staff are asked and cannot say that the car has "
    "left; once the sensor is mended they have the car put back into a slot.",
)
async def _one_sensor(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.faults.begin("sensor-stuck", "bay1.presence")
    case = await stage.duty.case("hand_over")
    said = await stage.duty.settle(case, "car_outside")
    expect(not said["done"], "the car was believed gone by one sensor and a word")
    await stage.moves_nothing()
    expect(stage.door_is(DoorPosition.OPEN), "the door closed although the sensors disagree")
    await stage.faults.mend("sensor-stuck")
    await put_back(stage, customer)


@FAMILY.scenario(
    "person-left-in-the-bay",
    story="Two people go in, one drives the car out, the other stays in the bay.",
    happened="A passenger looks for something on the floor.",
    ending="The street door stays open, staff are asked and cannot talk the person away; once "
    "the person has left, staff say so, the door closes, and the next customer is served.",
)
async def _left_inside(stage: Stage) -> None:
    customer = await before_open_door(stage)
    tower = stage.tower
    tower.person_enters(1)
    tower.person_enters(1)
    await tower.until(lambda: stage.bay().curtain_clear)
    tower.car_drives_out(1)
    await tower.until(lambda: stage.bay().car is None)
    case = await stage.duty.case("hand_over")
    expect(stage.door_is(DoorPosition.OPEN), "the door closed on somebody inside")
    said = await stage.duty.settle(case, "car_outside")
    expect(not said["done"], "the bay was believed empty with somebody in it")
    tower.person_leaves(1)
    await stage.duty.settled("hand_over", "car_outside")
    await departed(stage, customer)
    await collect(stage, await book(stage, 3))


@FAMILY.scenario(
    "curtain-broken-while-the-door-closes",
    story="Somebody steps into the light curtain while the street door closes.",
    happened="Children and shopping trolleys.",
    ending="The door opens again and is asked to close once more when the curtain is clear; the "
    "visit ends as departed without staff.",
    speed=20.0,
)
async def _curtain(stage: Stage) -> None:
    customer = await book(stage, 0)
    await identify(stage, customer)
    await drive_out(stage, customer)
    await stage.tower.until(lambda: bool(stage.tower.events("outer door closing")), 30.0)
    await stage.faults.begin("curtain-broken", "bay:1")
    await door_open(stage)
    await stage.faults.mend("curtain-broken")
    await departed(stage, customer)
    expect(not await stage.duty.open_cases(), "staff were called for a person in the curtain")


@FAMILY.scenario(
    "estop-at-hand-over",
    story="Somebody presses the emergency stop while the car stands in the open bay.",
    happened="A customer takes the red knob for the door's button.",
    ending="Nothing moves until the knob is pulled out and a person has led the machine on; the "
    "customer then leaves and the door closes.",
)
async def _estop(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.faults.begin("estop", "bay:1")
    await stage.out_of_service("estop")
    await drive_out(stage, customer)
    await stage.moves_nothing()
    expect(stage.door_is(DoorPosition.OPEN), "a door moved with the emergency stop pressed")
    await stage.faults.mend("estop")
    await stage.moves_nothing()
    await stage.duty.lead_on()
    await _end_by_itself_or_staff(stage)
    await departed(stage, customer)


async def _end_by_itself_or_staff(stage: Stage) -> None:
    """The door may have been asked in vain for so long that staff are needed by now."""

    async def look() -> bool:
        for case in await stage.duty.open_cases():
            if case["kind"] == "hand_over":
                await stage.duty.settle(case, "car_outside")
        return stage.door_is(DoorPosition.CLOSED)

    await until(look, "the street door stays open after the emergency stop")


@FAMILY.scenario(
    "street-door-never-sets-out",
    story="The street door is stuck exactly closed when it is asked to open.",
    happened="Ice, a bolt that does not draw, a tripped motor breaker.",
    ending="The order fails after its time and staff are asked at once; once the door is mended "
    "they have the car put back into a slot, and the next customer is served.",
)
async def _door_stuck(stage: Stage) -> None:
    customer = await book(stage, 0)
    await stage.faults.begin("outer-door-stuck", "bay:1")
    await identify(stage, customer)
    case = await stage.duty.case("hand_over")
    expect("stuck" in case["question"], f"the question does not say what is wrong: {case}")
    expect(stage.door_is(DoorPosition.CLOSED), "the stuck door has moved")
    await stage.faults.mend("outer-door-stuck")
    await put_back(stage, customer)
    await collect(stage, await book(stage, 3))


@FAMILY.scenario(
    "street-door-stuck-open",
    story="The street door is stuck open after the customer has driven off.",
    happened="A stone in the rail.",
    ending="The tower does not believe it closed: no lift goes to that bay, the other bay serves "
    "on, staff settle it once the door is mended, and the door closes.",
)
async def _door_stuck_open(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.faults.begin("outer-door-stuck", "bay:1")
    await drive_out(stage, customer)
    await stage.duty.case("hand_over")
    await collect(stage, await book(stage, 3), kiosk=2)
    expect(stage.door_is(DoorPosition.OPEN), "the stuck door has moved")
    await stage.faults.mend("outer-door-stuck")
    await stage.duty.settled("hand_over", "car_outside")
    await departed(stage, customer)


@FAMILY.scenario(
    "presence-sensor-flickers",
    story="The bay's presence sensor flickers while the customer loads the car.",
    happened="A loose plug, sun on a reflector.",
    ending="A flicker is no departure: the door stays open and nothing moves until the car has "
    "really left.",
)
async def _flicker(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.faults.begin("sensor-flickering", "bay1.presence")
    await stage.moves_nothing(2.0)
    expect(stage.door_is(DoorPosition.OPEN), "the door closed by a flicker")
    await stage.faults.mend("sensor-flickering")
    await depart(stage, customer)
