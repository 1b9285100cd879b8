"""The flows' own patience is cut short for tests; what they do is not changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.link_types import LinkConfig
from tests.bench.tower_bench import TowerBench, bare_bench, tower_bench
from vendtower.adapters.plc_modbus import link_config
from vendtower.daemon import supervisor, wiring
from vendtower.domain.site import Site
from vendtower.flows import (
    check_in,
    clearing,
    dispatch,
    doors,
    drive_in,
    dropoff_flow,
    hand_over,
    machine_watch,
    notice,
    pickup_flow,
    picture,
)

POLL_S = 0.05


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "NOTICE_S", 0.4)
    monkeypatch.setattr(check_in, "BACK_OFF_FIRST_S", 0.0)
    monkeypatch.setattr(hand_over, "EMPTY_FOR_S", 0.1)
    monkeypatch.setattr(doors, "PAUSE_S", 0.1)
    monkeypatch.setattr(doors, "PAUSE_S_MAX", 0.4)
    monkeypatch.setattr(dispatch, "REFUSED_PAUSE_S", 0.2)
    monkeypatch.setattr(machine_watch, "COMMAND_PAUSE_S", 0.3)
    monkeypatch.setattr(pickup_flow, "TEMPLATE_WAIT_S", 2.0)
    monkeypatch.setattr(drive_in, "SETTLED_S", 0.1)
    monkeypatch.setattr(drive_in, "REOPENED_S", 2.0)
    monkeypatch.setattr(dropoff_flow, "EMPTY_FOR_S", 0.1)
    monkeypatch.setattr(dropoff_flow, "PREPARE_S", 4.0)
    monkeypatch.setattr(clearing, "STEADY_S", 0.1)
    monkeypatch.setattr(clearing, "DISAGREE_S", 0.5)
    monkeypatch.setattr(supervisor, "RESTART_S_MIN", 0.2)
    monkeypatch.setattr(picture, "REDRAW_S", 0.02)
    monkeypatch.setattr(wiring, "link_config", eager_link)


def eager_link(site: Site) -> LinkConfig:
    """The daemon's own line, asking more often: a test waits for the next poll all the time."""
    return replace(
        link_config(site),
        fast_poll_s=POLL_S,
        idle_poll_s=POLL_S,
        slots_poll_s=POLL_S,
        reconnect_delay_s_max=0.2,
    )


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
