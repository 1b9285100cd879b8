"""Who stands there, with which code, and whether they stay."""

from __future__ import annotations

from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.plant.door import DoorPosition
from hardware_sim.scenarios.customers import (
    before_open_door,
    book,
    collect,
    depart,
    identify,
    put_back,
    show_code,
    state,
)
from hardware_sim.scenarios.scenario import Family
from hardware_sim.scenarios.stage import Stage
from hardware_sim.scenarios.waiting import expect, until

FAMILY = Family("Customers and codes")


@FAMILY.scenario(
    "stranger-with-the-right-code",
    story="Somebody else comes with the code of a customer who agreed to be recognised.",
    happened="A code is forwarded, photographed, or read over a shoulder.",
    ending="The stranger is refused as a different person, the street door never opens, the car "
    "goes back into a slot, and its customer collects it afterwards.",
)
async def _stranger(stage: Stage) -> None:
    owner = await book(stage, 0, GRACE_HOPPER)
    said = await show_code(stage, owner.code, shown=EILEEN_COLLINS)
    expect(said == "different_person", f"refusal of a different person expected, found {said}")
    await stage.home(owner.vin)
    expect(stage.doors_opened() == 0, "the street door opened for a stranger")
    await stage.phase(1, "free")
    await collect(stage, owner)


@FAMILY.scenario(
    "code-of-somebody-else",
    story="A customer with a reservation of their own types the code of another customer.",
    happened="Two colleagues mix up their messages.",
    ending="The wrong car is not handed out; with their own code the customer gets their own car.",
)
async def _mixed_up(stage: Stage) -> None:
    grace = await book(stage, 0, GRACE_HOPPER)
    eileen = await book(stage, 5, EILEEN_COLLINS)
    said = await show_code(stage, grace.code, shown=EILEEN_COLLINS)
    expect(said == "different_person", f"refusal of a different person expected, found {said}")
    await stage.phase(1, "free")
    await collect(stage, eileen)
    await stage.home(grace.vin)


@FAMILY.scenario(
    "document-of-somebody-else",
    story="The code is right, but staff see the document of another person.",
    happened="Somebody collects for a friend, without being on the reservation.",
    ending="Staff do not verify them: the visit goes back to being expected, the street door "
    "never opens, and the car goes back into a slot.",
)
async def _wrong_document(stage: Stage) -> None:
    owner = await book(stage, 0)
    said = await show_code(stage, owner.code)
    expect(said == "staff_route", f"staff have to look at a document, found {said}")
    await stage.duty.settled("identity", "try_again")
    await stage.home(owner.vin)
    await state(stage, owner, "expected", "at_kiosk")
    expect(stage.doors_opened() == 0, "the street door opened")


@FAMILY.scenario(
    "guessed-code",
    story="Somebody tries a code that no reservation has.",
    happened="People play with kiosks.",
    ending="It is refused as unknown, and nothing moves.",
)
async def _guessed(stage: Stage) -> None:
    await book(stage, 0)
    said = await show_code(stage, "QQQQQQ")
    expect(said == "unknown_code", f"an unknown code expected, found {said}")
    await stage.moves_nothing()
    expect(stage.executed() == 0, "a lift moved for a code that nobody has")


@FAMILY.scenario(
    "customer-walks-off",
    story="The customer is verified and walks away before the car is there.",
    happened="A phone call, a forgotten bag, a child.",
    ending="The car waits in the bay; staff stay beside it and let it be put back: the door "
    "closes, the kiosk asks them by name whether everybody is out, and the car goes into a slot.",
)
async def _walks_off(stage: Stage) -> None:
    customer = await before_open_door(stage)
    await stage.duty.case("hand_over")
    expect(stage.door_is(DoorPosition.OPEN), "the door closed although nobody has looked")
    await put_back(stage, customer)
    expect(stage.door_is(DoorPosition.CLOSED), "the street door stays open before an empty bay")


@FAMILY.scenario(
    "never-drives-out",
    story="The customer sits in the car and does not drive out.",
    happened="Pairing a phone, setting up a child's seat, a flat battery.",
    ending="Nothing closes on them, staff are called, the customer leaves late, staff say so, "
    "and the visit ends as departed.",
)
async def _never_drives_out(stage: Stage) -> None:
    customer = await before_open_door(stage)
    stage.tower.person_enters(1)
    case = await stage.duty.case("hand_over")
    said = await stage.duty.settle(case, "car_outside")
    expect(not said["done"], "an answer that the sensors contradict was taken")
    expect(stage.door_is(DoorPosition.OPEN), "the door closed with somebody in the bay")
    stage.tower.car_drives_out(1)
    await until(lambda: stage.bay().car is None, "the car does not leave")
    await stage.duty.settled("hand_over", "car_outside")
    await state(stage, customer, "departed")
    await until(lambda: stage.door_is(DoorPosition.CLOSED), "the street door stays open")


@FAMILY.scenario(
    "two-reservations-for-one-car",
    story="The cloud books one car for two customers at the same time.",
    happened="An overbooking, or a repair of the booking system.",
    ending="The second reservation is refused with an event that names the first; the first "
    "customer gets the car.",
)
async def _booked_twice(stage: Stage) -> None:
    first = await book(stage, 0)
    second = await book(stage, 0, wait=False)
    refused = await stage.event("reservation.refused")
    expect(refused["problem"] == "car_reserved_twice", f"another problem was told: {refused}")
    expect(first.reservation_id in refused["why"], f"the first is not named: {refused}")
    said = await show_code(stage, second.code)
    expect(said == "unknown_code", f"the second code must open nothing, found {said}")
    await stage.phase(1, "free")
    await collect(stage, first)


@FAMILY.scenario(
    "reservation-cancelled-while-the-car-moves",
    story="The reservation is withdrawn while the car hangs on the lift.",
    happened="A customer cancels in the app while standing before the kiosk.",
    ending="The movement ends, the car goes back into a slot, the street door never opens.",
    speed=20.0,
)
async def _cancelled_on_the_way(stage: Stage) -> None:
    customer = await book(stage, 7)
    await identify(stage, customer)
    await stage.car_on_lift(customer.vin)
    stage.world.cloud.withdraw(customer.reservation_id)
    await state(stage, customer, "cancelled")
    await stage.home(customer.vin)
    expect(stage.doors_opened() == 0, "the street door opened for a cancelled reservation")


@FAMILY.scenario(
    "lift-at-the-bay-when-the-order-is-cancelled",
    story="The order is withdrawn while the shuttle already reaches into the bay.",
    happened="A robot entered the lift after its order had been cancelled.",
    ending="The shuttle is never left in the bay: the car is put down or kept, then goes back "
    "into a slot, the street door never opens, and the next customer is served in the same bay.",
    speed=15.0,
)
async def _cancelled_at_the_bay(stage: Stage) -> None:
    customer = await book(stage, 7)
    await identify(stage, customer)
    await stage.car_on_lift(customer.vin)
    await stage.tower.until(
        lambda: bool(stage.tower.events("inner door opening", "bay 1")), timeout_s=30.0
    )
    stage.world.cloud.withdraw(customer.reservation_id)
    await state(stage, customer, "cancelled")
    await stage.home(customer.vin)
    expect(stage.doors_opened() == 0, "the street door opened for a cancelled order")
    now_s = stage.tower.plant.now_s
    expect(stage.lift().shuttle_in(now_s), "the shuttle was left out")
    following = await book(stage, 1)
    await identify(stage, following)
    await depart(stage, following)
