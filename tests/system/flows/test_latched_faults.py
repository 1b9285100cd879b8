"""A lift whose fault comes back after the answer: nobody is left waiting beside it in silence."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hardware_sim.faults.catalogue import begin
from tests.bench.controller_life import Json
from tests.bench.tower_bench import Customer, TowerBench, tower_bench
from tests.two_lifts_site import TWO_LIFTS
from vendtower.domain.alarm import AlarmKey
from vendtower.domain.delivery import CarriageState
from vendtower.domain.latched_faults import DRIVE_FAULT

pytestmark = pytest.mark.slow

SPEED = 30.0
"""Slow enough that the drive gets hot while the lift is under way."""
HIGH_LEVEL = 8
"""Of the two lifts one alone reaches it."""


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[TowerBench]:
    async with tower_bench(tmp_path, speed=SPEED, site=TWO_LIFTS) as bench:
        yield bench


async def carried(bench: TowerBench, number: int, *, lift: int, kiosk: int) -> Customer:
    """A verified customer whose car stands on the moving lift."""
    customer = await bench.book(number)
    await bench.identify(customer, kiosk)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[lift].car is not None)
    return customer


def gets_hot(bench: TowerBench, lift: int) -> Callable[[], None]:
    """From now on the hoist's drive is too hot; what is returned cools it down."""
    core = bench.world.tower.core
    mends = []
    bench.world.tower.act(lambda: mends.append(begin(core, "drive-hot", f"lift:{lift}")))
    return lambda: bench.world.tower.act(mends[0])


async def answered_too_early(bench: TowerBench, customer: Customer) -> None:
    """Staff let the failed movement go on although the drive is still hot; then they are asked
    again, about the lift.
    """
    first = await bench.case("movement")
    await bench.settled("movement", "continue")
    await bench.carriage(customer, CarriageState.ON_LIFT)
    found: list[Json] = []

    async def asked() -> bool:
        cases = await bench.open_cases()
        found[:] = [case for case in cases if case["case_id"] != first["case_id"]]
        return bool(found)

    await bench.until(asked, "nobody is asked about a lift that takes no job")
    [again] = found
    assert (again["vin"], again["choices"]) == (None, ["continue"])
    assert f"car {customer.vin} on it" in again["question"]
    assert DRIVE_FAULT in again["question"]


async def not_in_service(bench: TowerBench) -> dict[int, str]:
    status = await bench.status() or {}
    return {each["lift"]: each["reason"] for each in status["lifts_not_in_service"]}


async def test_a_fault_that_comes_back_asks_a_person_again(bench: TowerBench) -> None:
    customer = await carried(bench, 25, lift=1, kiosk=1)
    cool = gets_hot(bench, 1)
    await answered_too_early(bench, customer)
    executed = bench.executed()
    await bench.phase(1, "referred")
    assert "latched fault" in (await not_in_service(bench))[1]
    status = await bench.status()
    assert status is not None
    assert any(why.startswith("no lift takes a job") for why in status["out_of_service_why"])
    await bench.touch(2)
    await bench.phase(2, "refused", "out_of_service")
    await bench.until(lambda: AlarmKey("C42", "lift 1") in bench.tower.book.alarms)
    assert bench.executed() == executed, "a lift with a latched fault was asked to move"
    cool()
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert await not_in_service(bench) == {}
    await bench.in_service()


async def test_customers_are_sent_to_a_bay_of_the_other_lift(two: TowerBench) -> None:
    high = next(
        number
        for number, slot in enumerate(sorted(two.world.cars))
        if two.tower.site.slot(slot).level == HIGH_LEVEL
    )
    customer = await carried(two, high, lift=2, kiosk=4)
    cool = gets_hot(two, 2)
    await answered_too_early(two, customer)
    assert set(await not_in_service(two)) == {2}
    # Bay 3 is served by both lifts, bay 4 by the lift with the fault alone.
    await two.in_service()
    await two.phase(4, "referred")
    kiosk = await two.kiosk(4)
    assert kiosk["closed"] == "lift_out_of_service"
    low = next(
        number
        for number, slot in enumerate(sorted(two.world.cars))
        if two.tower.site.slot(slot).level == 3
    )
    await two.collect(await two.book(low), 2)
    cool()
    await two.settle_movements_until(lambda: two.door_open(4))
    await two.depart(customer, 4)
    assert await not_in_service(two) == {}
