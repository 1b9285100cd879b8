"""On which loop a test runs; the hooks of the folders whose tests can do with the sealed one."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware_sim.virtual.libraries import sealed_libraries
from hardware_sim.virtual.loop import VirtualLoop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

SYSTEM = Path(__file__).parents[1] / "system"
SEALED = {"flows", "test_scenarios.py"}
"""What of the system tests runs on the sealed loop unless it is marked otherwise."""


def may_be_sealed(item: pytest.Item) -> bool:
    """Whether the test stands where the sealed loop is the rule."""
    return SYSTEM in item.path.parents and item.path.relative_to(SYSTEM).parts[0] in SEALED


def runs_sealed(config: pytest.Config, item: pytest.Item) -> bool:
    """Whether this very run of the test is on the sealed loop."""
    loops = loops_of(config, item)
    return may_be_sealed(item) and "sealed" in loops and not _named_real(item, loops)


def _named_real(item: pytest.Item, loops: dict[str, LoopFactory]) -> bool:
    """Of a test on both loops, the one on the machine's."""
    return len(loops) > 1 and "real" in item.name.partition("[")[2].rstrip("]").split("-")


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
