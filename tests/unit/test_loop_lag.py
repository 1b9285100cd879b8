"""The daemon's own measurement of its event loop."""

import asyncio
import time
from itertools import pairwise

import pytest

from benchmarks.soak.samples import Lag
from vendtower.adapters.system_clock import SystemClock
from vendtower.domain.lag_histogram import BOUNDS_S, LagHistogram
from vendtower.flows.loop_lag import LoopLag
from vendtower.web.loop_routes import lag_view


def test_each_delay_falls_under_the_next_bound() -> None:
    histogram = LagHistogram()
    for delay_s in (-0.001, 0.0001, 0.00011, 0.0042, 60.0):
        histogram.add(delay_s)
    found = dict(zip([*BOUNDS_S, float("inf")], histogram.counts, strict=True))
    assert {bound: count for bound, count in found.items() if count} == {
        0.0001: 2,
        0.0002: 1,
        0.005: 1,
        float("inf"): 1,
    }
    assert (histogram.total, histogram.longest_s) == (5, 60.0)
    assert all(later > earlier for earlier, later in pairwise(BOUNDS_S))


async def test_a_loop_that_stands_still_is_seen() -> None:
    lag = LoopLag(SystemClock())
    measuring = asyncio.create_task(lag.measure())
    async with asyncio.timeout(20.0):
        while lag.histogram.longest_s < 0.1:
            time.sleep(0.2)  # noqa: ASYNC251 # this is the fault
            await asyncio.sleep(0.01)
    measuring.cancel()
    page = lag_view(lag)
    assert page["total"] == lag.histogram.total >= 1
    seen = Lag.of(page)
    assert seen.quantile_s(1.0) >= 0.1
    with pytest.raises(ValueError, match="nothing was measured"):
        seen.since(seen).quantile_s(0.5)
