"""The whole daemon over Modbus RTU at the pace of 115,200 baud, with the daemon's own polling."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware_sim.plc.line_noise import LineNoise
from hardware_sim.plc.server import Cut
from hardware_sim.world import PlcLine
from tests.bench.returns import Returns
from tests.bench.tower_bench import TowerBench, bare_bench
from vendtower.adapters.plc_modbus import link_config
from vendtower.daemon import wiring
from vendtower.domain.machine import PcLink

pytestmark = pytest.mark.real_wires

NOISE = 1 / 25_000
"""The rate of docs/modbus_rtu.md: shares of all bytes that are flipped, lost or added."""


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TowerBench]:
    monkeypatch.setattr(wiring, "link_config", link_config)
    async with bare_bench(tmp_path, plc=PlcLine.RTU) as bench:
        await bench.start()
        await bench.opened()
        assert bench.world.tower.rtu is not None
        yield bench


def pc_link(bench: TowerBench) -> PcLink:
    machine = bench.tower.machine()
    assert machine is not None
    return machine.pc_link


async def test_a_car_is_collected_and_brought_back(bench: TowerBench) -> None:
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.drive_in(customer.vin)
    await returns.leave()
    await returns.confirm()
    await bench.phase(1, "returned")
    await bench.home(customer)
    assert bench.executed() == 2
    assert await bench.open_cases() == []
    assert pc_link(bench) is PcLink.OK


async def test_two_customers_on_a_noisy_line(bench: TowerBench) -> None:
    """Noise at the stated rate, and single answers that are lost all the way through."""
    server = bench.world.tower.rtu
    assert server is not None
    noise = LineNoise(4, flipped=NOISE / 2, lost=NOISE / 4, added=NOISE / 4)
    server.disturb(noise)
    first, second = await bench.book(0), await bench.book(1)
    await bench.identify(first, 1)
    server.answers_to_lose = 1
    await bench.identify(second, 2)
    server.answers_to_lose = 1
    await bench.depart(first, 1)
    server.answers_to_lose = 1
    await bench.depart(second, 2)
    assert server.answers_to_lose == 0
    assert bench.executed() == 2
    assert await bench.open_cases() == []


async def test_the_cable_is_pulled_while_a_car_moves(bench: TowerBench) -> None:
    """The PLC stops for the silence; a person looks; the customer still gets the car."""
    customer = await bench.book(0)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: bool(tower.core.plant.lifts[1].moving(tower.plant.now_s)))
    await tower.cut_plc_link(how=Cut.DROP)
    await bench.until(lambda: bench.tower.machine() is None, "the lost line is not noticed")
    await tower.restore_plc_link()
    await bench.until(lambda: bench.tower.machine() is not None, "the line is not found again")
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert tower.violations == []
