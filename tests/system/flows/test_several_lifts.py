"""Two lifts and four bays at work at once, in shafts of their own and in one."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import tomli_w

from hardware_sim.plant.car import PlaceKind
from tests.bench.controller_life import PATIENCE_S
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench, tower_bench
from tests.two_lifts_site import TWO_LIFTS, two_lift_tables
from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import OnLift, Slot
from vendtower.flows.leasing import leases
from vendtower.flows.service import untouchable

pytestmark = pytest.mark.slow

SPEED = 30.0
"""Slow enough for two lifts to be under way together, whatever the machine does besides."""


class MovingLifts:
    """Counts, at everything that happens in the plant, how many lifts move at that moment."""

    def __init__(self, bench: TowerBench) -> None:
        self._plant = bench.world.tower.plant
        self.most = 0
        self._plant.after_event.append(self._look)

    def _look(self) -> None:
        now_s = self._plant.now_s
        self.most = max(self.most, sum(lift.moving(now_s) for lift in self._plant.lifts.values()))

    def reset(self) -> None:
        self.most = 0


def one_shaft(directory: Path) -> Path:
    """The site file of the same tower with both lifts in shaft A."""
    path = directory / "one-shaft.toml"
    path.write_text(tomli_w.dumps(two_lift_tables(one_shaft=True)), encoding="utf-8")
    return path


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[TowerBench]:
    async with tower_bench(tmp_path, speed=SPEED, site=TWO_LIFTS) as bench:
        yield bench


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[TowerBench]:
    site = one_shaft(tmp_path)
    async with tower_bench(tmp_path / "world", speed=SPEED, site=site) as bench:
        yield bench


def numbers_on(bench: TowerBench, *levels: int) -> list[int]:
    """Cars (by their number in the stock) that stand on these levels."""
    return [
        number
        for number, slot in enumerate(sorted(bench.world.cars))
        if bench.tower.site.slot(slot).level in levels
    ]


async def at_kiosk(bench: TowerBench, kiosk: int, *levels: int, nth: int = 0) -> Customer:
    """Book a car from one of these levels and identify its customer at a kiosk."""
    customer = await bench.book(numbers_on(bench, *levels)[nth])
    await bench.identify(customer, kiosk)
    return customer


async def operated(bench: TowerBench, path: str, **body: object) -> str:
    """An operator's order that the tower takes."""
    said = await bench.control(path, {"by": STAFF, **body})
    assert said["done"], said
    return str(said["message"])


async def refused(bench: TowerBench, path: str, **body: object) -> str:
    said = await bench.control(path, {"by": STAFF, **body})
    assert not said["done"], said
    return str(said["reason"])


def loaded(bench: TowerBench, lift: int) -> Callable[[], bool]:
    """The lift carries a car."""
    return lambda: bench.world.tower.plant.lifts[lift].car is not None


def jobs_by_lift(bench: TowerBench) -> Counter[int]:
    tower = bench.world.tower
    return Counter({number: tower.jobs_started(number) for number in bench.world.site.lifts})


async def test_four_customers_at_four_bays_with_a_return_in_between(two: TowerBench) -> None:
    """Levels 2 and 7 to 8 belong to one lift each, so that both have to work."""
    moving, returns = MovingLifts(two), Returns(two)
    away = await two.book(numbers_on(two, 2)[0])
    await two.collect(away, 1)
    await two.phase(1, "free")
    first = await at_kiosk(two, 2, 2, nth=1)
    second = await at_kiosk(two, 3, 7)
    third = await at_kiosk(two, 4, 8)
    await returns.announce(away, 1)
    await returns.park(away.vin, 1)
    await returns.confirm(1)
    for customer, bay in ((first, 2), (second, 3), (third, 4)):
        await two.depart(customer, bay)
    await returns.state(away.vin, DropoffState.STORED)
    fourth = await two.book(numbers_on(two, 3)[0])
    await two.collect(fourth, 1)
    assert moving.most == 2
    started = jobs_by_lift(two)
    # One fetch for each customer and one store: nobody's car was fetched twice.
    assert started.total() == 6
    assert started[1] >= 3
    assert started[2] >= 2


async def test_lifts_of_one_shaft_move_one_at_a_time(shared: TowerBench) -> None:
    """The simulator's monitor would report two; the PLC would refuse the second."""
    moving = MovingLifts(shared)
    first = await at_kiosk(shared, 1, 2)
    second = await at_kiosk(shared, 4, 8)
    await shared.depart(first, 1)
    await shared.depart(second, 4)
    started = jobs_by_lift(shared)
    assert (started[1], started[2]) == (1, 1)
    assert moving.most == 1
    refused = [j for j in shared.tower.book.jobs.values() if j.state.value == "refused"]
    assert not refused, "the dispatcher asked for what the PLC has to refuse"


async def test_a_lift_taken_out_during_a_move_ends_it_and_begins_nothing(two: TowerBench) -> None:
    customer = await at_kiosk(two, 4, 8)
    await two.world.tower.until(loaded(two, 2), PATIENCE_S)
    said = await operated(two, "/api/out-of-service", place="lift 2", reason="noise")
    assert "ends there first" in said
    await two.depart(customer, 4)
    # Bay 4 is lift 2's alone: its screen sends people to the others, and nobody checks in.
    await two.phase(4, "free")
    kiosk = await two.kiosk(4)
    assert (kiosk["closed"], kiosk["elsewhere"]) == ("lift_out_of_service", [1, 2, 3])
    await two.touch(4)
    await two.phase(4, "refused", "lift_out_of_service")
    # Level 8 is lift 2's alone: the customer is told so before anything moves.
    unreachable = await two.book(numbers_on(two, 8)[1])
    await two.check_in(unreachable, 2)
    await two.phase(2, "refused", "car_not_reachable")
    # What lift 1 reaches is served as ever.
    await two.phase(2, "free")
    served = await two.book(numbers_on(two, 3)[0])
    await two.collect(served, 2)
    assert jobs_by_lift(two)[2] == 1
    await operated(two, "/api/return-to-service", place="lift 2")
    await two.collect(unreachable, 4)
    assert jobs_by_lift(two)[2] == 2


async def test_a_customer_who_waits_is_sent_to_a_bay_that_works(two: TowerBench) -> None:
    """The bay goes out of service before the car is on its way: nothing moves, nobody waits."""
    lift_1_busy = await at_kiosk(two, 1, 6)
    waiting = await two.book(numbers_on(two, 2)[0])
    await two.check_in(waiting, 2)
    await two.phase(2, "verifying")
    await operated(two, "/api/out-of-service", place="bay 2", reason="oil on the floor")
    await two.phase(2, "refused", "bay_out_of_service")
    assert (await two.kiosk(2))["elsewhere"] == [1, 3]
    await two.state(waiting, VisitState.EXPECTED)
    await two.depart(lift_1_busy, 1)
    await two.home(waiting)
    await two.collect(waiting, 3)
    assert not two.world.tower.events("inner door opening", "bay 2")


async def test_a_slot_out_of_service_keeps_its_car_across_a_restart(two: TowerBench) -> None:
    number = numbers_on(two, 3)[0]
    slot = sorted(two.world.cars)[number]
    customer = await two.book(number)
    await operated(two, "/api/out-of-service", place=f"slot {slot}", reason="bent rail")
    assert "out of service already" in await refused(
        two, "/api/out-of-service", place=f"slot {slot}", reason="again"
    )
    assert "not in the site file" in await refused(
        two, "/api/out-of-service", place="slot 400", reason="x"
    )
    assert "is not out of service" in await refused(two, "/api/return-to-service", place="bay 1")
    await two.crash()
    await two.start()
    await two.in_service()
    [note] = (await two.read("/api/out-of-service") or {})["out_of_service"]
    assert (note["place"], note["reason"], note["by"]) == (f"slot {slot}", "bent rail", STAFF)
    assert note["in_effect"]
    await two.check_in(customer, 2)
    await two.phase(2, "refused", "car_not_reachable")
    alarms = (await two.read("/api/alarms") or {})["alarms"]
    assert ("C47", f"slot {slot}") in {(each["code"], each["source"]) for each in alarms}
    assert two.executed() == 0
    await two.phase(2, "free")
    await operated(two, "/api/return-to-service", place=f"slot {slot}")
    await two.collect(customer, 2)
    told = [await two.event("service.taken_out"), await two.event("service.returned")]
    assert [each["place"] for each in told] == [f"slot {slot}"] * 2


async def test_reduced_power_moves_one_lift_at_a_time(two: TowerBench) -> None:
    moving = MovingLifts(two)
    await operated(two, "/api/power", profile="reduced")
    assert "already" in await refused(two, "/api/power", profile="reduced")
    first, second = await at_kiosk(two, 1, 2), await at_kiosk(two, 4, 8)
    await two.depart(first, 1)
    await two.depart(second, 4)
    assert moving.most == 1
    # The PLC's word cannot be talked away by an order.
    tower = two.world.tower
    tower.act(lambda: tower.plant.run_on(2))
    await two.until(lambda: "battery" in str(two.tower.machine()), "the PLC's word does not come")
    assert "stays reduced" in await operated(two, "/api/power", profile="normal")
    for kiosk in (1, 4):
        await two.phase(kiosk, "free")
    first, second = await at_kiosk(two, 1, 2, nth=1), await at_kiosk(two, 4, 8, nth=1)
    await two.depart(first, 1)
    await two.depart(second, 4)
    assert moving.most == 1
    tower.act(lambda: tower.plant.run_on(1))
    status = await two.status()
    assert status is not None
    assert status["power"]["profile"] in {"reduced", "normal"}


async def test_a_lift_that_fails_waits_for_a_person_while_the_other_serves(
    two: TowerBench,
) -> None:
    tower = two.world.tower
    stuck = await at_kiosk(two, 4, 8)
    await tower.until(loaded(two, 2), PATIENCE_S)
    hoist = tower.plant.lifts[2].hoist
    tower.act(lambda: hoist.jam(tower.plant.now_s))
    case = await two.case("movement")
    assert case["lift"] == 2
    await two.carriage(stuck, CarriageState.HALTED)
    served = await two.book(numbers_on(two, 2)[0])
    await two.collect(served, 1)
    # Nobody new is sent to wait at a bay whose only lift stands still.
    visitor = await two.book(numbers_on(two, 2)[1])
    assert two.visit_state(visitor) is VisitState.EXPECTED
    tower.act(hoist.free)
    await two.settled("movement", "continue")
    await two.depart(stuck, 4)


async def test_a_lift_out_of_service_brings_away_the_car_that_a_stop_left_on_it(
    two: TowerBench,
) -> None:
    tower, hoist = two.world.tower, two.world.tower.plant.lifts[2].hoist
    customer = await at_kiosk(two, 4, 8)
    await tower.until(loaded(two, 2), PATIENCE_S)
    tower.act(lambda: hoist.jam(tower.plant.now_s))
    await two.case("movement")
    tower.act(hoist.free)
    said = await operated(two, "/api/out-of-service", place="lift 2", reason="rope check")
    assert "case" in said
    started = jobs_by_lift(two)[2]
    await two.settled("movement", "continue")
    await two.depart(customer, 4)
    assert jobs_by_lift(two)[2] == started + 1
    [note] = (await two.read("/api/out-of-service") or {})["out_of_service"]
    assert note["in_effect"]
    await two.phase(4, "free")
    assert (await two.kiosk(4))["closed"] == "lift_out_of_service"


async def test_a_restart_with_both_lifts_loaded(two: TowerBench) -> None:
    tower = two.world.tower
    first, second = await at_kiosk(two, 1, 6), await at_kiosk(two, 4, 8)
    await tower.until(lambda: loaded(two, 1)() and loaded(two, 2)(), PATIENCE_S)
    await two.crash()
    await two.start()
    await two.settle_movements_until(
        lambda: all(
            two.visit_state(each) in {VisitState.VERIFIED, VisitState.HANDING_OVER}
            and two.tower.book.carriage(each.vin).state is CarriageState.IN_BAY
            for each in (first, second)
        )
    )
    await two.depart(first, 1)
    await two.depart(second, 4)
    assert all(two.tower.book.ledger.car_at(OnLift(number)) is None for number in (1, 2))


async def somebody_seems_inside(bench: TowerBench, bay: int) -> None:
    tower, sensor = bench.world.tower, f"bay{bay}.person_inside"
    tower.act(lambda: tower.sensors.override(sensor, value=True))

    def seen() -> bool:
        machine = bench.tower.machine()
        return machine is not None and machine.bays[bay].person_inside

    await bench.until(seen)


async def test_two_cars_in_each_others_bay_come_apart(two: TowerBench) -> None:
    """Each customer waits for the car in the other's bay: both go by a slot, and nobody starves."""
    tower = two.world.tower
    customers = {
        2: await two.book(numbers_on(two, 3)[0]),
        3: await two.book(numbers_on(two, 4)[0]),
    }
    for bay, customer in customers.items():
        await two.check_in(customer, bay)
        await two.carriage(customer, CarriageState.IN_BAY)
    # The lifts stay away from both bays until the customers have changed places.
    for bay in customers:
        await somebody_seems_inside(two, bay)
        two.people.differ(bay)
        await two.phase(bay, "refused")
    for bay, customer in ((3, customers[2]), (2, customers[3])):
        await two.identify(customer, bay)
    tower.act(tower.sensors.heal)
    await two.depart(customers[2], 3)
    await two.depart(customers[3], 2)
    places = [tower.where_is(each.vin) for each in customers.values()]
    assert [place.kind for place in places if place] == [PlaceKind.OUTSIDE] * 2
    await two.until(lambda: not leases(two.tower), lambda: f"left over: {leases(two.tower)}")


async def test_a_car_on_a_lift_that_does_not_come_to_its_customers_bay(two: TowerBench) -> None:
    """The customer went to another kiosk meanwhile: the car goes by a slot of both lifts."""
    tower, hoist = two.world.tower, two.world.tower.plant.lifts[2].hoist
    customer = await two.book(8)
    await two.check_in(customer, 4)
    await tower.until(loaded(two, 2), PATIENCE_S)
    tower.act(lambda: hoist.jam(tower.plant.now_s))
    await two.case("movement")
    two.people.differ(4)
    await two.phase(4, "refused")
    await two.identify(customer, 1)
    tower.act(hoist.free)
    await two.settled("movement", "continue")
    await two.depart(customer, 1)


async def test_no_other_lift_comes_to_where_a_shuttle_was_left_out(two: TowerBench) -> None:
    """Lifts in shafts of their own reach into the same slots."""
    customer = await two.book(0)
    await two.identify(customer)
    tower = two.world.tower
    lift, slot = tower.plant.lifts[1], Slot(sorted(two.world.cars)[0])

    def out_and_empty() -> bool:
        return lift.car is None and not lift.shuttle_in(tower.plant.now_s)

    await tower.until(out_and_empty, PATIENCE_S)
    tower.press_estop()
    await two.case("movement")

    def why() -> str:
        return untouchable(two.tower).get(slot, "")

    await two.until(lambda: "the shuttle of lift 1 is out" in why(), why)
    tower.release_estop()
    await two.settle_movements_until(lambda: two.door_open(1))
    assert tower.violations == []
    await two.depart(customer)
    await two.until(lambda: not why(), why)
