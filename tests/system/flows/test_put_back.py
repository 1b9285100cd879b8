"""Cars that stand in a bay and are not driven out: nobody may be inside when a lift takes them."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench, tower_bench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow


async def somebody_seems_inside(bench: TowerBench, *, inside: bool) -> None:
    """The person detector of bay 1 says so, and the controller has read it."""
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.person_inside", value=inside))
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.bays[1].person_inside is inside
    )


async def cancelled_in_the_bay(bench: TowerBench) -> Customer:
    """A car that was brought and then withdrawn; the person detector keeps lift and door still."""
    customer = await bench.book(0)
    journal = bench.tower.book.journal
    commit = journal.commit

    async def tapped(change: Change) -> None:
        await commit(change)
        if any(v.state is VisitState.PRESENTED and v.vin == customer.vin for v in change.visits):
            await somebody_seems_inside(bench, inside=True)

    journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
    await bench.identify(customer)
    await bench.state(customer, VisitState.PRESENTED)
    bench.world.cloud.withdraw(customer.reservation_id)
    await bench.state(customer, VisitState.CANCELLED)
    await bench.phase(1, "free")
    return customer


async def open_a_crack(bench: TowerBench, customer: Customer) -> None:
    """The street door's lock lets go for a moment, and the controller has seen it."""
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.outer_locked", value=False))
    await bench.until(lambda: bench.tower.book.carriage(customer.vin).exposed)
    tower.act(lambda: tower.sensors.override("bay1.outer_locked", value=True))


async def put_back_by_name(bench: TowerBench, customer: Customer) -> None:
    """A named person confirms at the kiosk, without which nothing moves."""
    returns = Returns(bench)
    asked = await bench.phase(1, "confirm_clear")
    before = bench.executed()
    said = await returns.press("confirm", question=asked["question"])
    assert not said["done"], "an unnamed person's word was taken"
    assert bench.executed() == before
    await returns.confirm()
    await bench.home(customer)
    stored = returns.dropoff(customer.vin)
    assert stored.put_back
    assert any(line.startswith(STAFF) for line in stored.evidence), stored.evidence


async def test_a_door_that_was_never_open_asks_nobody(bench: TowerBench) -> None:
    customer = await cancelled_in_the_bay(bench)
    await somebody_seems_inside(bench, inside=False)
    await bench.home(customer)
    assert bench.tower.book.dropoffs == {}


async def test_a_door_seen_open_without_a_hand_over(bench: TowerBench) -> None:
    customer = await cancelled_in_the_bay(bench)
    await open_a_crack(bench, customer)
    await somebody_seems_inside(bench, inside=False)
    await put_back_by_name(bench, customer)


async def test_a_restart_while_the_car_stands_in_the_bay(bench: TowerBench) -> None:
    """Nobody watched the door meanwhile."""
    customer = await bench.book(0)
    bench.freeze_at(
        lambda change: any(visit.state is VisitState.PRESENTED for visit in change.visits)
    )
    await bench.check_in(customer)
    bench.people.match(1)
    await bench.until(bench.frozen.is_set)
    await bench.crash()
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
    bench.world.cloud.withdraw(customer.reservation_id)
    await bench.start()
    await bench.state(customer, VisitState.CANCELLED)
    tower.act(tower.sensors.heal)
    await put_back_by_name(bench, customer)


async def test_whoever_waits_at_that_bay_is_told(bench: TowerBench) -> None:
    """A way back that waits for a person must not let another customer wait for ever."""
    customer = await cancelled_in_the_bay(bench)
    other = await bench.book(4)
    await bench.identify(other)
    await bench.phase(1, "bringing_car")
    await open_a_crack(bench, customer)
    await bench.state(other, VisitState.EXPECTED)
    await bench.phase(1, "refused", "bay_not_free")
    await somebody_seems_inside(bench, inside=False)
    await bench.collect(other, 2)
    await put_back_by_name(bench, customer)


async def test_whoever_lost_the_bay_is_not_said_to_have_stayed_away(tmp_path: Path) -> None:
    """No case has kept it, and the window is over before they have tried another one."""
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1) as bench:
        customer = await cancelled_in_the_bay(bench)
        starts = bench.utc()
        ends = starts + timedelta(seconds=12.0)
        other = await bench.book(4, starts_at=starts, ends_at=ends)
        await bench.identify(other)
        await open_a_crack(bench, customer)
        await bench.phase(1, "refused", "bay_not_free")
        failed = await bench.event("visit.failed", 2)
        assert failed["reservation_id"] == other.reservation_id
        assert failed["cause"] == "not_served"


async def test_the_customer_drives_out_after_all(tmp_path: Path) -> None:
    """Staff had given up on it; the car is still the customer's and comes back by its code."""
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        tower = bench.world.tower
        tower.person_enters(1)
        await tower.until(lambda: tower.plant.bays[1].curtain_clear)
        assert (await bench.settle(await bench.case("hand_over"), "re_store"))["done"]
        await bench.phase(1, "leave_bay")
        tower.car_drives_out(1)
        returns = Returns(bench)
        await returns.state(customer.vin, DropoffState.TURNED_AWAY)
        assert (await bench.event("car.left_after_all"))["reservation_id"]
        assert str(bench.tower.book.ledger.where(customer.vin)) == "outside"
        await bench.phase(1, "free")
        await returns.announce(customer)
        await returns.park(customer.vin)
        await returns.confirm()
        await returns.state(customer.vin, DropoffState.STORED)


async def test_nothing_is_put_back_from_a_bay_that_is_empty(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        case = await bench.case("hand_over")
        assert [each["settlement"] for each in case["answers"]] == [
            "car_outside",
            "re_store",
            "car_broken",
        ]
        assert not (await bench.settle(case, "close_visit"))["done"], "it would go back unwatched"
        await bench.drive_out(customer)
        await bench.settled("hand_over", "car_outside")
        await bench.state(customer, VisitState.DEPARTED)


async def test_who_does_not_drive_out_is_reminded_twice_before_staff_come(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=2.0) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        seen: set[tuple[int, bool]] = set()

        async def referred() -> bool:
            kiosk = bench.tower.kiosks[1]
            seen.add((kiosk.reminders, kiosk.sounding))
            return bench.visit_state(customer) is VisitState.REFERRED_TO_STAFF

        await bench.until(referred)
        assert {(1, True), (2, True)} <= seen
        assert (await bench.case("hand_over"))["bay"] == 1
