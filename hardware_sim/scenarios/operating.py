"""The tower while parts of it are out of use: places, a lift, a noisy line, people at work."""

from __future__ import annotations

from hardware_sim.scenarios.customers import book, collect, depart, door_open, identify, show_code
from hardware_sim.scenarios.duty import NAME
from hardware_sim.scenarios.movement import MET_ON_THE_WAY
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect

FAMILY = Family("Parts out of use")


@FAMILY.scenario(
    "bay-out-of-service",
    story="Staff take a bay out of service while its customer is on the way to it.",
    happened="Glass on the floor.",
    ending="Its kiosk serves nobody and no lift comes there; the customer is served at the other "
    "bay; returned to service, it serves again.",
)
async def _bay_out(stage: Stage) -> None:
    customer = await book(stage, 0)
    reason = {"place": "bay 1", "reason": "glass on the floor", "by": NAME}
    await stage.duty.done("/api/out-of-service", reason)
    await stage.screens.touch(1)
    await stage.moves_nothing()
    expect(stage.executed() == 0, "a lift moved for a bay that is out of service")
    await collect(stage, customer, kiosk=2)
    await stage.duty.done("/api/return-to-service", {"place": "bay 1", "by": NAME})
    await collect(stage, await book(stage, 5), kiosk=1)


@FAMILY.scenario(
    "maintenance-while-a-customer-comes",
    story="A technician begins a maintenance session just before a customer comes.",
    happened="A customer called a lift in which somebody worked.",
    ending="The kiosk takes no code and nothing moves; the reservation is kept, and after the "
    "session the customer gets the car.",
)
async def _maintenance(stage: Stage) -> None:
    customer = await book(stage, 0)
    session = {"reason": "greasing the rails", "minutes": 30, "by": NAME}
    await stage.duty.done("/api/maintenance/begin", session)
    await stage.out_of_service("maintenance")
    await stage.screens.touch(1)
    stage.world.cameras.scene(1).phone(customer.code)
    await stage.moves_nothing(2.0)
    expect(stage.executed() == 0, "a lift moved during maintenance")
    stage.world.cameras.scene(1).nobody()
    await stage.duty.done("/api/maintenance/end", {"note": "done", "by": NAME})
    await stage.in_service()
    await stage.phase(1, "free")
    await collect(stage, customer)


@FAMILY.scenario(
    "one-lift-of-two-fails",
    story="In a tower with two lifts the shuttle of one jams with a car on it.",
    happened="A whole tower stood for the fault of one lift.",
    ending="That lift waits for a person; the other lift serves its customers meanwhile; once "
    "mended the first customer gets the car too.",
    speed=MET_ON_THE_WAY,
    tower="two-lifts.toml",
)
async def _one_of_two(stage: Stage) -> None:
    first, other = await book(stage, 0), await book(stage, 7)
    await identify(stage, first)
    await stage.car_on_lift(first.vin)
    await stage.faults.begin("shuttle-jam", "lift:1")
    case = await stage.duty.case("movement")
    expect(case["lift"] == 1, f"the case is not about lift 1: {case['question']}")
    await collect(stage, other, kiosk=4)
    expect(stage.tower.jobs_started(2) == 1, "the other lift did not serve")
    await stage.faults.mend("shuttle-jam")
    await stage.duty.settle(case, "continue")
    await door_open(stage)
    await depart(stage, first)


@FAMILY.scenario(
    "serial-line-noise",
    story="The PLC is on a serial line that damages and loses bytes while a customer is served.",
    happened="A motor cable beside the bus.",
    ending="No damaged word is believed and no job runs twice; staff look where a movement was "
    "stopped, and the customer gets the car.",
    plc_line="rtu",
)
async def _noise(stage: Stage) -> None:
    customer = await book(stage, 3)
    await stage.faults.begin("plc-noise")
    said = await show_code(stage, customer.code)
    expect(said == "staff_route", f"staff have to look at a document, found {said}")
    await stage.duty.settled("identity", "customer_verified")
    await stage.let_go_on(lambda: stage.doors_opened() > 0)
    await depart(stage, customer)
    await stage.faults.mend("plc-noise")
