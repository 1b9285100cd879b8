"""A car is brought out of a dead machine by hand, and the ledger stays right."""

import pytest

from tests.bench.controller_life import Json
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import JobState, Verb
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import OnLift, Outside, Slot

pytestmark = pytest.mark.slow

SECOND = "operator on duty"
STEPS = ("isolate", "secure", "bring", "clear", "power")


async def stuck(
    bench: TowerBench, *, dead: bool = False, key_compartment: int | None = None
) -> Customer:
    """The car hangs on the lift: after an emergency stop, or with the whole machine dead."""
    customer = await bench.book(25, key_compartment=key_compartment)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.press_estop()
    if dead:
        await tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
    else:
        await bench.case("movement")
    return customer


def free_slot(bench: TowerBench) -> int:
    slots = bench.world.tower.plant.slots
    return next(number for number in sorted(slots) if slots[number] is None)


def cranked(bench: TowerBench, slot: int | None) -> None:
    """What people do with crank and muscle: the car leaves the lift for a slot, or the tower."""
    tower = bench.world.tower

    def by_hand() -> None:
        lift = tower.plant.lifts[1]
        car, lift.car = lift.car, None
        assert car is not None
        if slot is not None:
            tower.plant.slots[slot] = car
        else:
            tower.plant.outside[car.vin] = car
        tower.plant.happened()

    tower.act(by_hand)


async def begun(bench: TowerBench, customer: Customer) -> int:
    body = {"car": customer.vin, "lift": 1, "reason": "drive is burnt", "by": STAFF}
    said = await bench.control("/api/rescues", body)
    assert said["done"], said
    return (await the_rescue(bench))["rescue"]  # type: ignore[no-any-return]  # a number in JSON


async def the_rescue(bench: TowerBench) -> Json:
    seen = await bench.read("/api/rescues")
    assert seen is not None
    found: Json = seen["rescues"][-1]
    return found


async def step(bench: TowerBench, number: int, name: str, **more: object) -> tuple[bool, str]:
    body = {"step": name, "by": STAFF, **more}
    said = await bench.control(f"/api/rescues/{number}/confirm", body)
    return said["done"], said.get("reason") or said["message"]


async def stepped(bench: TowerBench, number: int, name: str, **more: object) -> None:
    """The step, again until the tower has read the sensors that it needs."""
    said: list[tuple[bool, str]] = []

    async def taken() -> bool:
        said.append(await step(bench, number, name, **more))
        return said[-1][0]

    await bench.until(taken, lambda: f"{name} is not taken: {said[-1]}")


async def power_back(bench: TowerBench, number: int) -> None:
    tower = bench.world.tower
    if bench.tower.machine() is None:
        await tower.server.start()
    tower.release_estop()
    await stepped(bench, number, "power")


async def homed(bench: TowerBench, number: int) -> None:
    """The lift is homed by a journaled job before anything else, and the rescue is over."""

    async def over() -> bool:
        await bench.control("/api/machine/reset", {"by": STAFF})
        return bool((await the_rescue(bench))["next"] == "done")

    await bench.until(over, lambda: f"{bench.tower.book.standing}, {bench.tower.book.jobs}")
    jobs = sorted(bench.tower.book.jobs.values(), key=lambda each: each.job_id)
    moved = [each for each in jobs if each.mailbox == 1 and each.state is not JobState.REFUSED]
    broken_off = next(n for n, each in enumerate(moved) if each.state is not JobState.DONE)
    first = moved[broken_off + 1]
    assert (first.verb, first.state) == (Verb.HOME, JobState.DONE)
    assert (await bench.event("rescue.lift_homed"))["rescue"] == number


async def test_the_whole_way_to_a_slot(bench: TowerBench) -> None:
    customer = await stuck(bench)
    slot = free_slot(bench)
    number = await begun(bench, customer)
    before = bench.executed()
    [movement] = [c for c in await bench.open_cases() if c["kind"] == "movement"]
    refused = await bench.settle(movement, "continue")
    assert "rescue" in refused["reason"], "two people would say where the car is"
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    done, why = await step(bench, number, "bring", slot=slot)
    assert (done, "see no car" in why) == (False, True), why
    cranked(bench, slot)
    await stepped(bench, number, "bring", slot=slot)
    book = bench.tower.book
    assert book.ledger.where(customer.vin) == Slot(slot)
    assert not book.cases[movement["case_id"]].is_open
    await stepped(bench, number, "clear")
    assert bench.executed() == before, "the lift has moved while people were in the shaft"
    await power_back(bench, number)
    await homed(bench, number)
    await bench.depart(customer)
    said = await the_rescue(bench)
    assert [each["step"] for each in said["confirmations"]] == list(STEPS)
    assert {each["by"] for each in said["confirmations"]} == {STAFF}


@pytest.mark.parametrize("after", STEPS[:-1])
async def test_the_controller_restarts_after_a_step(after: str, bench: TowerBench) -> None:
    customer = await stuck(bench)
    slot = free_slot(bench)
    number = await begun(bench, customer)
    for name in STEPS[:-1]:
        if name == "bring":
            cranked(bench, slot)
        await stepped(bench, number, name, **({"slot": slot} if name == "bring" else {}))
        if name == after:
            await bench.restart()
            await bench.until(bench.status, "the controller does not answer")
            following = STEPS[STEPS.index(name) + 1]
            assert (await the_rescue(bench))["next"] == following
            await bench.until(
                lambda: (
                    (m := bench.tower.machine()) is not None and "no_permit" in m.lifts[1].inhibits
                ),
                "the lift got its permit back",
            )
    await power_back(bench, number)
    await homed(bench, number)
    assert bench.tower.book.ledger.where(customer.vin) == Slot(slot)
    await bench.depart(customer)


async def test_a_dead_machine_needs_two_people(bench: TowerBench) -> None:
    customer = await stuck(bench, dead=True)
    open_job = bench.tower.book.open_job(1)
    assert open_job is not None
    slot = free_slot(bench)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    cranked(bench, slot)
    for witness in ("", STAFF.upper()):
        done, why = await step(bench, number, "bring", slot=slot, witness=witness)
        assert (done, "a second person" in why) == (False, True), why
    await stepped(bench, number, "bring", slot=slot, witness=SECOND)
    assert bench.tower.book.jobs[open_job.job_id].state is JobState.UNKNOWN
    await stepped(bench, number, "clear")
    done, why = await step(bench, number, "power")
    assert (done, "does not answer" in why) == (False, True), why
    await power_back(bench, number)
    await homed(bench, number)
    assert (await the_rescue(bench))["confirmations"][2]["witness"] == SECOND
    await bench.depart(customer)


async def test_sensors_that_contradict_two_people(bench: TowerBench) -> None:
    """They said one slot, and with the power back it is another."""
    customer = await stuck(bench, dead=True)
    said = free_slot(bench)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    cranked(bench, said)
    free = free_slot(bench)
    await stepped(bench, number, "bring", slot=free, witness=SECOND)
    await stepped(bench, number, "clear")
    await bench.world.tower.server.start()
    bench.world.tower.release_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and not m.safety_faults)
    done, why = await step(bench, number, "power")
    assert (done, f"slot {free}" in why) == (False, True), why
    await stepped(bench, number, "bring", slot=said)
    await stepped(bench, number, "clear")
    await stepped(bench, number, "power")
    await homed(bench, number)
    assert bench.tower.book.ledger.where(customer.vin) == Slot(said)
    await bench.depart(customer)


async def test_a_slot_that_shows_a_car_while_the_lift_does_too(bench: TowerBench) -> None:
    """One of the two sensors is wrong, so that one person's word and the slot's are not enough."""
    customer = await stuck(bench)
    slot = free_slot(bench)
    tower, name = bench.world.tower, f"slot{slot}.occupied"
    tower.act(lambda: tower.sensors.override(name, 1))
    number = await begun(bench, customer)
    for each in ("isolate", "secure"):
        await stepped(bench, number, each)
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.lifts[1].standstill)
    done, why = await step(bench, number, "bring", slot=slot)
    assert (done, "a second person" in why) == (False, True), why
    assert bench.tower.book.ledger.where(customer.vin) != Slot(slot)
    tower.act(lambda: tower.sensors.heal(name))
    cranked(bench, slot)
    await stepped(bench, number, "bring", slot=slot)
    await stepped(bench, number, "clear")
    await power_back(bench, number)
    await homed(bench, number)
    await bench.depart(customer)


async def test_out_of_the_tower(bench: TowerBench) -> None:
    customer = await stuck(bench)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    done, why = await step(bench, number, "bring", outside=True)
    assert (done, "see a car on lift 1" in why) == (False, True), why
    cranked(bench, None)
    await stepped(bench, number, "bring", outside=True)
    book = bench.tower.book
    assert book.ledger.where(customer.vin) == Outside()
    assert book.carriage(customer.vin).state is CarriageState.GONE
    assert bench.visit_state(customer) is VisitState.REFERRED_TO_STAFF
    await stepped(bench, number, "clear")
    await power_back(bench, number)
    await homed(bench, number)
    await bench.settled("hand_over", "close_visit")
    await bench.in_service()
    await bench.collect(await bench.book(0))
    assert book.ledger.car_at(OnLift(1)) is None


async def test_what_is_refused(bench: TowerBench) -> None:
    customer = await stuck(bench)
    other = bench.car(3)
    for body, why in (
        ({"car": "NOBODY"}, "found 0 in the ledger"),
        ({"lift": 7}, "not in the site file"),
        ({"reason": " "}, "a reason"),
    ):
        asked = {"car": customer.vin, "lift": 1, "reason": "burnt", "by": STAFF, **body}
        said = await bench.control("/api/rescues", asked)
        assert (said["done"], why in said["reason"]) == (False, True), said
    number = await begun(bench, customer)
    asked = {"car": other.vin, "lift": 1, "reason": "as well", "by": STAFF}
    assert "is not over" in (await bench.control("/api/rescues", asked))["reason"]
    for name in ("secure", "bring", "power", "home", "done"):
        done, why = await step(bench, number, name)
        assert (done, "the next one is isolate" in why) == (False, True), why
    assert "does not exist" in (await step(bench, 999, "isolate"))[1]
    case = await bench.case("rescue")
    assert "rescue next" in (await bench.settle(case, "continue"))["reason"]


async def test_not_needed_after_all(bench: TowerBench) -> None:
    customer = await stuck(bench)
    number = await begun(bench, customer)
    await stepped(bench, number, "isolate")
    said = await bench.control(
        f"/api/rescues/{number}/cancel", {"reason": "it runs again", "by": STAFF}
    )
    assert said["done"], said
    bench.world.tower.release_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and not m.safety_faults)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
