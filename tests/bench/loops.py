"""On which loop a test runs; the hooks of the folders whose tests can do with the sealed one."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from hardware_sim.virtual.libraries import sealed_libraries
from hardware_sim.virtual.loop import VirtualLoop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def loops_of(config: pytest.Config, item: pytest.Item) -> dict[str, LoopFactory]:
    """The sealed loop, the machine's, or both, as the test's marks and the command line say."""
    sealed: dict[str, LoopFactory] = {"sealed": lambda: VirtualLoop(seed=item.nodeid)}
    real: dict[str, LoopFactory] = {"real": asyncio.new_event_loop}
    if config.getoption("--real-wires") or item.get_closest_marker("real_wires"):
        return real
    return sealed | real if item.get_closest_marker("both_wires") else sealed


@pytest.fixture(scope="session", autouse=True)
def sealed() -> Iterator[None]:
    """HTTP goes over the sealed loop's network where a test runs on one."""
    with sealed_libraries():
        yield
