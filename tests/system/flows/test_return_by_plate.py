"""A return that is named by the plate, typed at the kiosk."""

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import TowerBench
from vendtower.domain.dropoff import DropoffState

pytestmark = pytest.mark.slow


async def test_a_plate_names_the_car_that_is_out(bench: TowerBench) -> None:
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    plate = bench.car(0).plate
    typed = plate.lower().replace("-", " ")
    said = await returns.press("return", plate=typed)
    assert said["done"], said
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    back = await bench.event("car.returned")
    assert back["reservation_id"] == customer.reservation_id


async def test_a_kiosk_that_somebody_has_woken_takes_a_plate(bench: TowerBench) -> None:
    """The proximity sensor wakes it before anybody can type."""
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    await bench.touch(1)
    await bench.phase(1, "checking_in")
    said = await returns.press("return", plate=bench.car(0).plate)
    assert said["done"], said
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)


async def test_a_plate_alone_does_not_bring_another_car_in(bench: TowerBench) -> None:
    """The bay opens; what stands in it is measured, and drives out again."""
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    await returns.press("return", plate=bench.car(0).plate)
    await returns.park(customer.vin, length_mm=5600)
    kiosk = await bench.phase(1, "drive_out")
    assert "other_car" in kiosk["reason"]
    assert bench.executed() == 1


@pytest.mark.parametrize("which", ["in the tower", "unknown", "too short"])
async def test_other_plates_open_nothing(bench: TowerBench, which: str) -> None:
    returns = Returns(bench)
    await returns.car_is_out(0)
    opened = bench.doors_opened(1)
    plate = {"in the tower": bench.car(3).plate, "unknown": "ZZ-98765", "too short": "1"}[which]
    said = await returns.press("return", plate=plate)
    assert not said["done"]
    assert bench.doors_opened(1) == opened
    assert bench.tower.book.dropoffs == {}
