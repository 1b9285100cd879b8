"""The flows' own patience is cut short for tests; what they do is not changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bench.tower_bench import TowerBench, bare_bench, tower_bench
from vendtower.daemon import supervisor
from vendtower.flows import dispatch, doors, front_desk, hand_over, machine_watch, pickup_flow


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_desk, "NOTICE_S", 0.4)
    monkeypatch.setattr(hand_over, "EMPTY_FOR_S", 0.1)
    monkeypatch.setattr(hand_over, "PAUSE_S", 0.1)
    monkeypatch.setattr(doors, "PAUSE_S", 0.1)
    monkeypatch.setattr(dispatch, "REFUSED_PAUSE_S", 0.2)
    monkeypatch.setattr(machine_watch, "COMMAND_PAUSE_S", 0.3)
    monkeypatch.setattr(pickup_flow, "TEMPLATE_WAIT_S", 2.0)
    monkeypatch.setattr(supervisor, "RESTART_S_MIN", 0.2)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[TowerBench]:
    """A tower in service."""
    async with tower_bench(tmp_path) as bench:
        yield bench


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[TowerBench]:
    """A world whose controller the test starts itself."""
    async with bare_bench(tmp_path) as bench:
        yield bench
