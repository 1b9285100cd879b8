"""While faces are verified without a pause: the heartbeat as the PLC sees it, and the loop's lag.

``python -m benchmarks.heartbeat_figures [--json FILE]``. The daemon's own wiring runs in this
process with a probe beside it; world and identity process are processes of their own.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

from benchmarks.figure import Figure, below, percentile, run, told
from benchmarks.world_process import WorldProcess, world_process
from hardware_sim.demo.daemon_process import executable
from vendtower.daemon.site_file import load_site
from vendtower.daemon.supervisor import keep_running
from vendtower.daemon.wiring import Running, open_tower
from vendtower.domain.identity import CaptureHint

MEASURED_S = 30.0
PROBE_S = 0.005
INTERVAL_MS_MAX = 250.0
LAG_MS_MAX = 20.0


async def heartbeat_figures() -> list[Figure]:
    """Measure with verification under way."""
    async with world_process() as world, _controller(world) as running:
        await world.ask("book")
        async with asyncio.timeout(60.0):
            while not running.tower.enrolled:  # noqa: ASYNC110 # housekeeping does not announce it
                await asyncio.sleep(0.05)
        await world.ask("person")
        [reservation_id] = running.tower.enrolled
        verified: list[object] = []
        verifying = asyncio.create_task(_verify_for_ever(running, reservation_id, verified))
        await asyncio.sleep(2.0)
        verified.clear()
        await world.ask("heartbeats")
        lags_s = await _loop_lags(MEASURED_S)
        beats_s: Sequence[float] = await world.ask("heartbeats")
        verifying.cancel()
        await asyncio.gather(verifying, return_exceptions=True)
    intervals_ms = [1000 * (later - earlier) for earlier, later in pairwise(beats_s)]
    lags_ms = [1000 * lag_s for lag_s in lags_s]
    return [
        below(
            "heartbeat interval at the PLC while faces are verified, p99",
            percentile(intervals_ms, 0.99),
            INTERVAL_MS_MAX,
            "ms",
        ),
        told(
            "heartbeat interval, median / longest",
            f"{percentile(intervals_ms, 0.5):.1f} / {max(intervals_ms):.1f} ms",
        ),
        below(
            "event loop lag of the control process meanwhile, p99",
            percentile(lags_ms, 0.99),
            LAG_MS_MAX,
            "ms",
        ),
        told("event loop lag, longest", f"{max(lags_ms):.1f} ms"),
        told("faces verified meanwhile", f"{len(verified)} in {MEASURED_S:.0f} s"),
    ]


@asynccontextmanager
async def _controller(world: WorldProcess) -> AsyncIterator[Running]:
    """The daemon's wiring and flows, here."""
    async with open_tower(load_site(world.site_file), world.control_socket) as running:
        tower = running.tower
        tasks = [
            asyncio.create_task(keep_running(name, flow, tower.faults, stopped=tower.bell.ring))
            for name, flow in running.flows.items()
        ]
        try:
            await tower.until(tower.machine, 30.0)
            await _load_stock(world)
            yield running
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _load_stock(world: WorldProcess) -> None:
    process = await asyncio.create_subprocess_exec(
        *(executable(), "cars", "load", str(world.stock_file), "--by", "operator"),
        env={**os.environ, "VENDTOWER_SOCKET": str(world.control_socket)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise RuntimeError("the stock of cars was not loaded; see the message above")


def _ignore(_hint: CaptureHint) -> None:
    """Nobody reads the hints here."""


async def _verify_for_ever(running: Running, reservation_id: str, done: list[object]) -> None:
    while True:
        done.append(await running.tower.identity.verify(1, reservation_id, 20.0, _ignore))


async def _loop_lags(seconds: float) -> list[float]:
    """How much later than asked this loop wakes a task, again and again."""
    loop = asyncio.get_running_loop()
    lags_s: list[float] = []
    until_s = loop.time() + seconds
    while (asked_s := loop.time()) < until_s:
        await asyncio.sleep(PROBE_S)
        lags_s.append(max(0.0, loop.time() - asked_s - PROBE_S))
    return lags_s


if __name__ == "__main__":
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    run(__doc__, [heartbeat_figures])
