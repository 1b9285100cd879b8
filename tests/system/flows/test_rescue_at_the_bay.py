"""A car is brought out by hand whose visit or way in was with staff, or at the bay, before."""

from pathlib import Path

import pytest

from hardware_sim.keys import take_key_out
from tests.bench.bay_equipment import FIRST, equipped_bench, with_cabinets
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench, tower_bench
from tests.system.flows.test_hand_over_trouble import presented, stranded
from tests.system.flows.test_rescue import SECOND, begun, free_slot, stepped, stuck
from tests.system.flows.test_rescue_elsewhere import carried
from vendtower.domain.case import CaseKind
from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Slot

pytestmark = pytest.mark.slow


def cranked(bench: TowerBench, slot: int) -> None:
    """By hand, from bay 1 into a slot."""
    tower = bench.world.tower

    def by_hand() -> None:
        bay = tower.plant.bays[1]
        car = bay.car
        assert car is not None
        bay.car_stands(None)
        tower.plant.slots[slot] = car
        tower.plant.happened()

    tower.act(by_hand)


async def brought(bench: TowerBench, customer: Customer, **more: object) -> int:
    """Out of bay 1 into a free slot, and said so; the slot's number."""
    number = await begun(bench, customer)
    slot = free_slot(bench)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    cranked(bench, slot)
    await stepped(bench, number, "bring", slot=slot, **more)
    assert bench.tower.book.ledger.where(customer.vin) == Slot(slot)
    return slot


async def test_a_visit_with_staff_ends_once_its_car_was_carried_to_a_slot(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await stranded(bench)
        slot = await brought(bench, customer)
        case = await bench.case("hand_over")
        await bench.until(lambda: (m := bench.tower.machine()) and not m.bays[1].presence)
        said = await bench.settle(case, "car_outside")
        assert (said["done"], f"stands on slot {slot}" in said["reason"]) == (False, True), said
        await bench.settled("hand_over", "re_store")
        await bench.state(customer, VisitState.CLOSED_BY_STAFF)
        assert (await bench.event("visit.failed", 2))["final"]
        assert bench.tower.book.carriage(customer.vin).state is CarriageState.IN_SLOT
        assert not bench.tower.book.open_dropoffs()
        assert bench.tower.book.loans == {}


async def test_a_car_that_was_carried_to_a_slot_has_not_departed(tmp_path: Path) -> None:
    """The line to the PLC was away in the middle of the hand-over, and is back within minutes."""
    async with tower_bench(tmp_path) as bench:
        customer = await presented(bench)
        await bench.world.tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
        await brought(bench, customer, witness=SECOND)
        await bench.world.tower.server.start()
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        assert not any(name.startswith("kiosk") for name in bench.tower.faults), bench.tower.faults
        assert not bench.events("visit.car_departed")
        await bench.settled("hand_over", "re_store")
        await bench.state(customer, VisitState.CLOSED_BY_STAFF)


async def test_a_car_that_drives_out_while_it_is_being_rescued(bench: TowerBench) -> None:
    """The line to the PLC was away, and nobody had touched the car when it was back."""
    customer = await presented(bench)
    await bench.world.tower.server.stop()
    await bench.until(lambda: bench.tower.machine() is None)
    number = await begun(bench, customer)
    await bench.world.tower.server.start()
    await bench.drive_out(customer)
    case = await bench.case("hand_over")
    assert f"rescue {number} asks where car {customer.vin} is" in case["question"], case
    assert (await bench.event("visit.failed"))["cause"] == "bay_in_doubt"
    said = await bench.settle(case, "car_outside")
    assert not said["done"]
    for command in ("next", "cancel"):
        assert f"`vendtower rescue {command} {number}`" in said["reason"], said
    body = {"reason": "it has driven out", "by": STAFF}
    assert (await bench.control(f"/api/rescues/{number}/cancel", body))["done"]
    await bench.settled("ledger", "car_outside")
    await bench.settled("hand_over", "car_outside")
    await bench.state(customer, VisitState.DEPARTED)


async def test_a_customer_with_the_key_whose_car_was_carried_off_is_verified_anew(
    tmp_path: Path,
) -> None:
    """The line to the PLC was away before the street door opened: there is nothing behind it."""
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        await bench.identify(customer)
        await bench.phase(1, "key_take", str(FIRST))
        await bench.world.tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
        await brought(bench, customer, witness=SECOND)
        await bench.world.tower.server.start()
        await take_key_out(bench.world.boards[1], 0)
        await bench.event("visit.verification_lapsed")
        assert bench.doors_opened(1) == 0
        assert not any(name.startswith("kiosk") for name in bench.tower.faults), bench.tower.faults


async def test_nobody_comes_in_before_the_people_are_out_of_the_bay(bench: TowerBench) -> None:
    """The car is carried to the bay at which its customer waits, and drives off from there."""
    customer = await stuck(bench)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    carried(bench, 1)
    await stepped(bench, number, "bring", bay=1)
    bench.world.tower.release_estop()
    await bench.lead_on()
    await looked_at(bench)
    assert bench.visit_state(customer) is VisitState.VERIFIED
    assert bench.doors_opened(1) == 0, "people are at work in the bay"
    await stepped(bench, number, "clear")
    await bench.depart(customer)
    await stepped(bench, number, "power")


async def looked_at(bench: TowerBench) -> None:
    """The machine was read for a while, and whoever waits for it has seen it."""
    reads = bench.tower.plc.read_at_s
    await bench.until(lambda: bench.tower.plc.read_at_s > reads + 1.0)


def released(bench: TowerBench) -> bool:
    """Whether a board was asked for a key."""
    return any(key.transaction_id is not None for key in bench.tower.book.keys.values())


async def test_no_key_is_given_before_the_people_are_out_of_the_bay(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await stuck(bench, key_compartment=FIRST)
        number = await begun(bench, customer)
        for name in ("isolate", "secure"):
            await stepped(bench, number, name)
        carried(bench, 1)
        await stepped(bench, number, "bring", bay=1)
        bench.world.tower.release_estop()
        await bench.lead_on()
        await looked_at(bench)
        assert not released(bench), "people are at work in the bay"
        await stepped(bench, number, "clear")
        await bench.phase(1, "key_take", str(FIRST))
        await take_key_out(bench.world.boards[1], 0)
        await bench.depart(customer)


async def test_a_rescue_that_begins_before_the_customer_has_the_key_keeps_it_shut(
    tmp_path: Path,
) -> None:
    """The cabinet's line and the PLC's were away; both come back while people are at the car."""
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=6.0) as bench:
        board = bench.world.boards[1]
        customer = await bench.book(0, key_compartment=FIRST)
        board.unplug()
        await bench.identify(customer)
        await bench.phase(1, "key_take", str(FIRST))
        await bench.world.tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
        number = await begun(bench, customer)
        board.plug()
        for name in ("isolate", "secure"):
            await stepped(bench, number, name)
        await stepped(bench, number, "bring", bay=1, witness=SECOND)
        await bench.world.tower.server.start()
        await bench.until(bench.tower.machine)
        over_s = bench.tower.clock.monotonic_s() + 6.5
        await bench.until(lambda: bench.tower.plc.read_at_s > over_s)
        assert not released(bench), "people are at work in the bay"
        assert not [c for c in bench.tower.book.open_cases() if c.kind is CaseKind.KEY]
        await stepped(bench, number, "clear")
        await take_key_out(board, 0)
        await bench.depart(customer)


async def test_a_return_with_staff_is_told_once_its_car_was_carried_to_a_slot(
    bench: TowerBench,
) -> None:
    returns = Returns(bench)
    customer = await returns.car_is_out()
    await returns.announce(customer)
    await returns.park(customer.vin)
    await bench.phase(1, "confirm_clear")
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.presence", value=False))
    await bench.case("drop_off")
    tower.act(tower.sensors.heal)
    slot = await brought(bench, customer)
    await returns.state(customer.vin, DropoffState.STORED)
    told = await bench.event("car.returned")
    assert (told["vin"], told["slot"]) == (customer.vin, slot)
    assert not [c for c in bench.tower.book.open_cases() if c.kind is CaseKind.DROP_OFF], (
        bench.tower.book.cases
    )
    assert bench.tower.book.loans == {}


async def test_a_rescue_that_is_cancelled_asks_where_the_car_is_beside_another_question(
    tmp_path: Path,
) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await stranded(bench)
        number = await begun(bench, customer)
        body = {"reason": "it runs again", "by": STAFF}
        assert (await bench.control(f"/api/rescues/{number}/cancel", body))["done"]
        await bench.settled("ledger", "places_agree")
        assert bench.tower.book.carriage(customer.vin).state is CarriageState.IN_BAY
        await bench.settled("hand_over", "re_store")
        await Returns(bench).confirm()
        await bench.home(customer)


async def test_a_key_that_was_not_laid_back_is_asked_for(tmp_path: Path) -> None:
    """The line to the PLC goes away while the kiosk asks the driver for it."""
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        returns = Returns(bench)
        customer = await bench.book(0, key_compartment=FIRST)
        await bench.identify(customer)
        await take_key_out(bench.world.boards[1], 0)
        await bench.depart(customer)
        await bench.phase(1, "free")
        await returns.announce(customer)
        await returns.park(customer.vin)
        await bench.phase(1, "key_back", str(FIRST))
        await bench.world.tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
        await brought(bench, customer, witness=SECOND)
        await returns.state(customer.vin, DropoffState.STORED)
        (asked,) = [c for c in bench.tower.book.open_cases() if c.kind is CaseKind.KEY]
        assert asked.vin == customer.vin
        await bench.settled("key", "key_moved")
        await bench.world.tower.server.start()
        await bench.phase(1, "free")
