"""A customer brings one car back and takes another one, in one visit."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench, tower_bench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.flows import due, swap

pytestmark = pytest.mark.slow


async def out_and_booked(bench: TowerBench, number: int = 4) -> tuple[Customer, Customer]:
    """A car that is out, and the reservation that is to be exchanged for it."""
    first = await Returns(bench).car_is_out(0)
    second = await bench.book(number, swap_for=first.vin)
    return first, second


async def brought_back(bench: TowerBench, first: Customer) -> None:
    returns = Returns(bench)
    await returns.park(first.vin)
    await returns.confirm()
    await returns.state(first.vin, DropoffState.STORED)


@pytest.mark.parametrize("which", [0, 1], ids=["code of the first", "code of the second"])
async def test_the_second_car_comes_without_another_check_in(bench: TowerBench, which: int) -> None:
    first, second = both = await out_and_booked(bench)
    await bench.check_in(both[which])
    await brought_back(bench, first)
    bench.people.match(1)
    await bench.depart(second)
    assert (await bench.event("visit.car_departed", 2))["vin"] == second.vin
    assert str(bench.tower.book.ledger.where(second.vin)) == "outside"


async def test_who_it_is_is_verified_all_the_same(bench: TowerBench) -> None:
    first, second = await out_and_booked(bench)
    await bench.check_in(first)
    await brought_back(bench, first)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    assert bench.visit_state(second) is VisitState.EXPECTED
    assert bench.doors_opened(1) == 2, "out with the first car, and in again"


async def test_the_second_code_brings_no_car_before_the_first_is_back(bench: TowerBench) -> None:
    first, second = await out_and_booked(bench)
    before = bench.executed()
    await bench.check_in(second)
    await bench.phase(1, "drive_in")
    assert Returns(bench).dropoff(first.vin).state is DropoffState.ADMITTED
    assert bench.visit_state(second) is VisitState.EXPECTED
    assert bench.executed() == before


async def test_after_too_long_the_customer_checks_in_anew(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "SWAP_S_MAX", 0.0)
    first, second = await out_and_booked(bench)
    await bench.check_in(first)
    await brought_back(bench, first)
    await bench.phase(1, "free")
    assert bench.visit_state(second) is VisitState.EXPECTED
    await bench.collect(second)


async def test_a_window_that_closes_while_the_first_car_comes_in(tmp_path: Path) -> None:
    """The customer was there in time."""
    async with tower_bench(tmp_path, late_s=0.1) as bench:
        first = await Returns(bench).car_is_out(0)
        ends = bench.utc() + timedelta(seconds=20.0)
        second = await bench.book(4, swap_for=first.vin, ends_at=ends)
        await bench.check_in(second)
        await Returns(bench).park(first.vin)
        await bench.phase(1, "confirm_clear")
        over = ends + timedelta(seconds=1.0)
        await bench.until(lambda: bench.utc() > over, timeout_s=40.0)
        await Returns(bench).confirm()
        bench.people.match(1)
        await bench.depart(second)


async def test_a_window_that_closes_while_the_first_car_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case about the first car took longer than the time for being led on."""
    for module in (due, swap):
        monkeypatch.setattr(module, "SWAP_S_MAX", 20.0)
    async with tower_bench(tmp_path, late_s=0.1) as bench:
        returns = Returns(bench)
        first = await returns.car_is_out(0)
        ends = bench.utc() + timedelta(seconds=20.0)
        second = await bench.book(4, swap_for=first.vin, ends_at=ends)
        await bench.check_in(second)
        await returns.park(first.vin)
        await bench.phase(1, "confirm_clear")
        parked_utc = returns.dropoff(first.vin).parked_utc
        assert parked_utc is not None
        late = max(ends, parked_utc) + timedelta(seconds=21.0)
        await bench.until(lambda: bench.utc() > late, timeout_s=90.0)
        await returns.confirm()
        await returns.state(first.vin, DropoffState.STORED)
        await bench.phase(1, "free")
        assert bench.visit_state(second) is VisitState.EXPECTED
        await bench.collect(second)


async def test_the_second_car_does_not_come(bench: TowerBench) -> None:
    """The first is stored all the same, and the case says so."""
    first, second = await out_and_booked(bench, 25)
    await bench.check_in(first)
    await brought_back(bench, first)
    bench.people.match(1)
    tower = bench.world.tower
    await tower.until(lambda: (car := tower.plant.lifts[1].car) and car.vin == second.vin)  # type: ignore[arg-type,return-value]  # any truth will do
    tower.press_estop()
    await bench.case("movement")
    tower.release_estop()
    tower.act(lambda: tower.sensors.override("lift1.loaded", value=False))
    tower.act(lambda: tower.sensors.override("lift1.load_kg", value=0))
    await bench.settled("movement", "car_outside")
    case = await bench.case("hand_over")
    assert first.vin in case["question"]
    failed = await bench.event("visit.failed")
    assert failed["cause"] == "swap_car_not_delivered"
    assert str(bench.tower.book.ledger.where(first.vin)).startswith("slot")
