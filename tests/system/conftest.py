"""The flows and the scenarios run on the sealed loop; everything else here on the machine's."""

import asyncio
from pathlib import Path

import pytest

from tests.bench.loops import LoopFactory, loops_of, sealed

HERE = Path(__file__).parent
SEALED = {"flows", "test_scenarios.py"}
PATIENCE_S = 300
"""Time is computed there, so that the wall clock tells only how busy the machine is."""

__all__ = ["sealed"]


def _is_sealed(item: pytest.Item) -> bool:
    return item.path.relative_to(HERE).parts[0] in SEALED


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, LoopFactory]:
    """See `tests.bench.loops`."""
    return loops_of(config, item) if _is_sealed(item) else {"real": asyncio.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave a busy machine its time."""
    for item in items:
        if HERE in item.path.parents and _is_sealed(item):
            item.add_marker(pytest.mark.timeout(PATIENCE_S))
