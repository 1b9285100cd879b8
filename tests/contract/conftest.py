"""Which PLC the contract tests talk to: the simulator's, or any that is named.

`pytest tests/contract/test_plc_contract.py --plc-endpoint 192.0.2.7:502:0` runs them against a
real one: host, port, and the address at which the map begins there. They MOVE LIFT 1: only with
an empty lift, nobody in the tower, and somebody at the emergency stop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hardware_sim.plant.car import Car
from hardware_sim.runner import SimulatedTower
from tests.cloud_bench import Contract
from tests.contract.plc_bench import Endpoint, PlcBench
from tests.fast_site import QUICK, fast_site

CARS = {7: Car("VIN-A"), 20: Car("VIN-B", weight_kg=1900)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when tests/contract is named on the command line."""
    parser.addoption(
        "--plc-endpoint",
        default=None,
        metavar="HOST:PORT:BASE",
        help="PLC to run the contract tests against; without it the simulator's",
    )


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The cloud's contract as it is written down."""
    return Contract()


@pytest.fixture
def speed_factor() -> float:
    """How much faster than the example tower the simulator's drives are."""
    return 15.0


@pytest.fixture
async def bench(request: pytest.FixtureRequest, speed_factor: float) -> AsyncIterator[PlcBench]:
    """A PLC with a controller that beats and permits, idle and ready."""
    named = request.config.getoption("plc_endpoint", default=None)
    if named is not None:
        bench = PlcBench(Endpoint.parse(named))
        await bench.open()
        yield bench
        await bench.close()
        return
    async with SimulatedTower(fast_site(speed_factor), cars=CARS, pace=QUICK) as tower:
        bench = PlcBench(Endpoint("127.0.0.1", tower.port, 0), tower)
        await bench.open()
        yield bench
        await bench.close()
