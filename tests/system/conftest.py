"""The flows and the scenarios run on the sealed loop; everything else here on the machine's."""

import asyncio

import pytest

from tests.bench.loops import LoopFactory, loops_of, may_be_sealed, sealed

PATIENCE_S = 300
"""Time is computed there, so that the wall clock tells only how busy the machine is."""

__all__ = ["sealed"]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, LoopFactory]:
    """See `tests.bench.loops`."""
    return loops_of(config, item) if may_be_sealed(item) else {"real": asyncio.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave a busy machine its time."""
    for item in items:
        if may_be_sealed(item):
            item.add_marker(pytest.mark.timeout(PATIENCE_S))
