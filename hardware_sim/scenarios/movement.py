"""A car on its way: stops, jams, loads, and sensors that lie about places."""

from __future__ import annotations

from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.customers import Customer, book, collect, depart, identify
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import PATIENCE_S, expect

FAMILY = Family("A car on its way")
MET_ON_THE_WAY = 15.0
"""Slow enough that a stop finds the lift still moving."""


async def on_its_way(stage: Stage) -> Customer:
    """A verified customer whose car hangs on the travelling lift."""
    customer = await book(stage, 7)
    await identify(stage, customer)
    await stage.car_on_lift(customer.vin)
    return customer


async def brought_on(stage: Stage, customer: Customer) -> None:
    """Staff let the movement go on; the customer gets the car and drives off."""
    await stage.let_go_on(lambda: stage.door_is(DoorPosition.OPEN))
    await depart(stage, customer)


async def _stopped_by(stage: Stage, fault: str, at: str | None, told: str) -> None:
    """A fault stops the lift; while it stands nothing goes on, not even by a person's answer."""
    customer = await on_its_way(stage)
    await stage.faults.begin(fault, at)
    case = await stage.duty.case("movement")
    await stage.out_of_service(told)
    said = await stage.duty.settle(case, "continue")
    expect(not said["done"], f"a case was settled while the {fault} stands")
    await stage.moves_nothing()
    executed = stage.executed()
    await stage.faults.mend(fault)
    await stage.moves_nothing()
    expect(stage.executed() == executed, "the machine went on by itself")
    await brought_on(stage, customer)


@FAMILY.scenario(
    "estop-during-a-movement",
    story="Somebody presses the emergency stop while the lift carries a car.",
    happened="It is there to be pressed.",
    ending="Everything stands; a case is not settled before the knob is out; the machine goes on "
    "only by a person's answer; the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _estop(stage: Stage) -> None:
    await _stopped_by(stage, "estop", "tower", "estop")


@FAMILY.scenario(
    "slack-rope",
    story="A rope goes slack while the lift carries a car.",
    happened="A car that catches on an edge on the way down.",
    ending="Everything stands, the tower says why, nothing goes on before the switch was reset "
    "on the spot and a person has answered; the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _slack_rope(stage: Stage) -> None:
    await _stopped_by(stage, "slack-rope", None, "slack_rope")


@FAMILY.scenario(
    "fire-during-a-movement",
    story="The fire detection trips while the lift carries a car.",
    happened="Smoke from a kitchen next door, and once a battery.",
    ending="The PLC brings the lift to its fire level and opens the exits; orders are frozen and "
    "no answer of staff moves anything while the alarm stands; after it was reset on the spot a "
    "person confirms that and leads the tower on, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _fire(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin("fire", None)
    case = await stage.duty.case("movement")
    await stage.out_of_service("fire")
    lift, plant = stage.lift(), stage.tower.plant
    height_mm = stage.world.site.lifts[1].fire_height_mm
    await stage.tower.until(
        lambda: (
            abs(lift.hoist.position(plant.now_s) - height_mm) < 2
            and not lift.moving(plant.now_s)
            and all(stage.door_is(DoorPosition.OPEN, bay) for bay in plant.bays)
        ),
        PATIENCE_S,
    )
    said = await stage.duty.settle(case, "continue")
    expect(not said["done"], "a case was settled while it burns")
    await stage.moves_nothing()
    executed = stage.executed()
    await stage.faults.mend("fire")
    await stage.moves_nothing()
    expect(stage.executed() == executed, "the machine went on by itself")
    shut = DoorPosition.CLOSED
    await stage.let_go_on(lambda: all(stage.door_is(shut, bay) for bay in plant.bays))
    await brought_on(stage, customer)


@FAMILY.scenario(
    "overload",
    story="The car is far heavier than its papers, and the overload switch gives way as it is "
    "lifted.",
    happened="A car loaded with building material.",
    ending="The lift stands with the car on it, the tower says why, nobody's answer moves it "
    "while it is overloaded; once unloaded, a person lets it go on and the customer gets the "
    "car.",
    speed=MET_ON_THE_WAY,
)
async def _overload(stage: Stage) -> None:
    customer = await book(stage, 7)
    await stage.faults.begin("overload", "lift:1")
    await identify(stage, customer)
    case = await stage.duty.case("movement")
    await stage.out_of_service("overload")
    said = await stage.duty.settle(case, "continue")
    expect(not said["done"], "a case was settled on an overloaded lift")
    await stage.moves_nothing()
    await stage.faults.mend("overload")
    await brought_on(stage, customer)


@FAMILY.scenario(
    "wrong-weight",
    story="The car on the shuttle weighs 450 kg more than the ledger says.",
    happened="Another car in the slot than believed, or one with a full boot.",
    ending="The PLC ends the job as it grips; the movement is not tried again by itself; staff "
    "look and let it go on, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _wrong_weight(stage: Stage) -> None:
    customer = await book(stage, 7)
    await stage.faults.begin("wrong-weight", "lift:1")
    await identify(stage, customer)
    case = await stage.duty.case("movement")
    expect("load" in case["question"], f"the question does not name the load: {case['question']}")
    await stage.moves_nothing(or_else="a movement that failed was tried again")
    await stage.faults.mend("wrong-weight")
    await brought_on(stage, customer)


async def _machine_fails(stage: Stage, customer: Customer, fault: str, at: str) -> None:
    """The movement goes to a person and is not tried again; once mended it is brought on."""
    await stage.duty.case("movement")
    await stage.moves_nothing(or_else="a movement that failed was tried again")
    await stage.faults.mend(fault, at)
    await brought_on(stage, customer)


@FAMILY.scenario(
    "lift-jams",
    story="The hoist jams half-way with a car on it.",
    happened="A brake that does not open, a drive that trips.",
    ending="The movement fails and goes to a person, nothing is tried again; once the hoist is "
    "free staff let it go on, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _lift_jams(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin("hoist-jam", "lift:1")
    await _machine_fails(stage, customer, "hoist-jam", "lift:1")


@FAMILY.scenario(
    "turntable-jams",
    story="The turntable jams while it turns with a car.",
    happened="A tool left on the rim.",
    ending="As for the hoist: one case, nothing tried again, and the car comes once it is mended.",
    speed=MET_ON_THE_WAY,
)
async def _turntable_jams(stage: Stage) -> None:
    customer = await book(stage, 7)
    await stage.faults.begin("turntable-jam", "lift:1")
    await identify(stage, customer)
    await _machine_fails(stage, customer, "turntable-jam", "lift:1")


@FAMILY.scenario(
    "shuttle-jams-half-in-the-bay",
    story="The shuttle jams half-way into the bay with the car on it.",
    happened="A tyre that rubs on the door's frame.",
    ending="The street door stays closed and the inner one open on the shuttle, the movement "
    "goes to a person; once it is free the car is put down and the customer gets it.",
    speed=MET_ON_THE_WAY,
)
async def _shuttle_jams(stage: Stage) -> None:
    customer = await on_its_way(stage)
    tower, lift = stage.tower, stage.lift()
    half_way_mm = lift.lift.stroke_mm / 3

    def reaches_in() -> bool:
        now_s = tower.plant.now_s
        at_bay = not stage.bay().inner.closed(now_s)
        return at_bay and lift.shuttle.position(now_s) > half_way_mm

    await tower.until(lambda: not stage.bay().inner.closed(tower.plant.now_s), PATIENCE_S)
    tower.plant.later(0.15, lambda: None)
    await tower.until(lambda: lift.shuttle.moving(tower.plant.now_s), PATIENCE_S)
    while not reaches_in():
        tower.plant.later(0.02, lambda: None)
        before_s = tower.plant.now_s
        await tower.until(lambda since=before_s: tower.plant.now_s > since, PATIENCE_S)  # type: ignore[misc]  # a lambda with a default
    await stage.faults.begin("shuttle-jam", "lift:1")
    await stage.duty.case("movement")
    expect(stage.door_is(DoorPosition.CLOSED), "the street door moved over a jammed shuttle")
    await _machine_fails(stage, customer, "shuttle-jam", "lift:1")


@FAMILY.scenario(
    "inner-door-stuck",
    story="A bay's inner door does not open for the lift that has come.",
    happened="The door between bay and shaft works in dust and grease.",
    ending="The PLC gives the door its time and fails the job, the movement goes to a person, "
    "the street door stays closed; once mended the customer gets the car.",
)
async def _inner_door(stage: Stage) -> None:
    customer = await book(stage, 7)
    await stage.faults.begin("inner-door-stuck", "bay:1")
    await identify(stage, customer)
    await stage.duty.case("movement")
    expect(stage.doors_opened() == 0, "the street door opened before an empty bay")
    await _machine_fails(stage, customer, "inner-door-stuck", "bay:1")


@FAMILY.scenario(
    "drive-too-hot",
    story="The hoist's drive gets too hot with a car on the lift.",
    happened="A fan that died in August.",
    ending="The PLC stops the lift, the movement goes to a person, and no answer makes a hot "
    "drive move; the tower is out of service, says why and asks a person again; cooled down and "
    "reset by staff it goes on, and the customer gets the car.",
    speed=MET_ON_THE_WAY,
)
async def _hot(stage: Stage) -> None:
    customer = await on_its_way(stage)
    await stage.faults.begin("drive-hot", "lift:1")
    case = await stage.duty.case("movement")
    stood_mm = stage.lift().hoist.position(stage.tower.plant.now_s)
    await stage.duty.settle(case, "continue")
    await stage.moves_nothing()
    expect(
        stage.lift().hoist.position(stage.tower.plant.now_s) == stood_mm, "a hot drive was moved"
    )
    await stage.out_of_service("no lift takes a job")
    again = await stage.duty.case("movement")
    expect(again["case_id"] != case["case_id"], "nobody is asked about the lift")
    await stage.faults.mend("drive-hot")
    await stage.duty.reset_faults()
    await brought_on(stage, customer)


@FAMILY.scenario(
    "slot-sensor-flickers",
    story="The sensor of a booked car's slot flickers.",
    happened="A spider in the light barrier.",
    ending="The tower serves the other customer meanwhile and sends no lift into the doubtful "
    "slot without both agreeing; with the sensor mended the first customer gets the car.",
)
async def _slot_flickers(stage: Stage) -> None:
    slot = sorted(stage.world.cars)[0]
    await stage.faults.begin("sensor-flickering", f"slot:{slot}")
    waiting, other = await book(stage, 0), await book(stage, 5)
    await identify(stage, waiting)
    await collect(stage, other, kiosk=2)
    await stage.faults.mend("sensor-flickering")
    await brought_on(stage, waiting)


@FAMILY.scenario(
    "slot-seen-empty",
    story="A booked car's slot is shown as empty although the car stands in it.",
    happened="A sensor torn off by a car.",
    ending="No lift goes there, staff are asked about the place, the other customer is served; "
    "with the sensor mended the first customer gets the car.",
)
async def _slot_seen_empty(stage: Stage) -> None:
    slot = sorted(stage.world.cars)[0]
    await stage.faults.begin("sensor-stuck", f"slot:{slot}")
    waiting, other = await book(stage, 0), await book(stage, 5)
    await identify(stage, waiting)
    await collect(stage, other, kiosk=2)
    expect(stage.executed() == 1, "a lift went for a car that one sensor does not see")
    case = await stage.duty.case("ledger")
    expect(f"slot {slot}" in case["question"], f"the place is not named: {case['question']}")
    await stage.faults.mend("sensor-stuck")
    await stage.duty.settled("ledger", "places_agree")
    await depart(stage, waiting)
