"""A car on its way in is carried to another bay, which a second lift serves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench, tower_bench
from tests.system.flows.test_rescue import begun, homed, power_back, step, stepped
from tests.two_lifts_site import TWO_LIFTS
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay

pytestmark = pytest.mark.slow

ELSEWHERE = 3
"""Reached by lift 2 alone; the car came in at bay 1."""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[TowerBench]:
    async with tower_bench(tmp_path, site=TWO_LIFTS) as found:
        yield found


async def stuck_on_its_way_in(bench: TowerBench, returns: Returns) -> Customer:
    """A returned car hangs on lift 1 after an emergency stop."""
    customer = await returns.car_is_out()
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.press_estop()
    await bench.case("movement")
    return customer


def carried(bench: TowerBench, bay: int) -> None:
    """By hand, from lift 1 into a bay."""
    tower = bench.world.tower

    def by_hand() -> None:
        lift = tower.plant.lifts[1]
        car, lift.car = lift.car, None
        tower.plant.bays[bay].car_stands(car)
        tower.plant.happened()

    tower.act(by_hand)


async def test_it_goes_on_there_and_its_return_is_told(bench: TowerBench) -> None:
    returns = Returns(bench)
    customer = await stuck_on_its_way_in(bench, returns)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    carried(bench, ELSEWHERE)
    await stepped(bench, number, "bring", bay=ELSEWHERE)
    assert returns.dropoff(customer.vin).bay == ELSEWHERE
    assert bench.tower.book.ledger.where(customer.vin) == Bay(ELSEWHERE)
    await bench.phase(1, "free")
    await stepped(bench, number, "clear")
    await power_back(bench, number)
    jobs = bench.tower.book.jobs.values()
    about = [each for each in jobs if each.mailbox == 2 and each.verb is not Verb.HOME]
    assert not about, "lift 2 came to the car while people were at work there"
    await homed(bench, number)
    await returns.confirm(ELSEWHERE)
    await returns.state(customer.vin, DropoffState.STORED)
    told = await bench.event("car.returned")
    assert told["vin"] == customer.vin


async def test_a_bay_that_is_kept_for_another_car_is_not_taken(bench: TowerBench) -> None:
    returns = Returns(bench)
    other = await returns.car_is_out(1)
    assert (await returns.admit(other.vin, ELSEWHERE))["done"]
    customer = await stuck_on_its_way_in(bench, returns)
    number = await begun(bench, customer)
    for name in ("isolate", "secure"):
        await stepped(bench, number, name)
    done, why = await step(bench, number, "bring", bay=ELSEWHERE)
    assert (done, f"kept for car {other.vin}" in why) == (False, True), why
