"""The daemon by itself: cold start, what it costs when nobody comes, what it holds in memory.

``python -m benchmarks.daemon_figures [--json FILE]``. The simulated world is in this process; what
is counted is the daemon's control process alone, the identity process apart.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import closing
from pathlib import Path

import aiohttp
import psutil

from benchmarks.figure import Figure, below, percentile, run, told
from benchmarks.world_process import EXAMPLE
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.notify_socket import NotifySocket
from hardware_sim.fleet import stock_list
from hardware_sim.world import SimulatedWorld, open_world

STARTS = 7
COLD_START_S_MAX = 2.0
IDLE_S = 30.0
SETTLE_S = 5.0
"""Until the identity process is up and the first rounds with the cloud are over."""
IDLE_PERCENT_MAX = 3.0
MEMORY_MB_MAX = 120.0


async def daemon_figures() -> list[Figure]:
    """All of them."""
    with tempfile.TemporaryDirectory(prefix="vendtower-figures-") as directory:
        async with open_world(EXAMPLE, Path(directory)) as world:
            return [*await _cold_starts(world), *await _idle(world)]


async def _cold_starts(world: SimulatedWorld) -> list[Figure]:
    taken_s = [await _cold_start(world, number) for number in range(STARTS)]
    median_s, worst_s = percentile(taken_s, 0.5), max(taken_s)
    return [
        below(
            f"cold start to READY=1, median of {STARTS}",
            median_s,
            COLD_START_S_MAX,
            "s",
            digits=2,
        ),
        told("cold start, longest", f"{worst_s:.2f} s"),
    ]


async def _cold_start(world: SimulatedWorld, number: int) -> float:
    with closing(NotifySocket(world.directory / f"notify-{number}")) as notify:
        daemon = DaemonProcess(world, notify.environment)
        began_s = asyncio.get_running_loop().time()
        await daemon.start()
        try:
            return await notify.wait_for("READY=1") - began_s
        finally:
            await daemon.stop()


async def _idle(world: SimulatedWorld) -> list[Figure]:
    daemon = DaemonProcess(world)
    await daemon.start()
    try:
        await _open_for_business(world, daemon)
        await asyncio.sleep(SETTLE_S)
        process = psutil.Process(daemon.pid)
        share = await _cpu_share(process, IDLE_S)
        memory = process.memory_full_info()
    finally:
        await daemon.stop()
    return [
        below(
            f"idle CPU of the control process over {IDLE_S:.0f} s, PLC polled, of one core",
            100 * share,
            IDLE_PERCENT_MAX,
            "%",
            digits=2,
        ),
        below("memory of the control process, RSS", memory.rss / 1e6, MEMORY_MB_MAX, "MB"),
        below("memory of the control process, PSS", memory.pss / 1e6, MEMORY_MB_MAX, "MB"),
    ]


async def _open_for_business(world: SimulatedWorld, daemon: DaemonProcess) -> None:
    """Cars in the ledger and faces available: a tower that waits for customers."""
    stock = world.directory / "stock.csv"
    await asyncio.to_thread(stock.write_text, stock_list(world.cars), encoding="utf-8")
    async with aiohttp.ClientSession() as http, asyncio.timeout(60.0):
        screens = Screens(world.web_url, http)
        for wanted in ("machine_fresh", "face_available"):
            while not ((await screens.read("/api/status")) or {}).get(wanted):  # noqa: ASYNC110 # the page tells when asked
                await asyncio.sleep(0.1)
    await daemon.command("cars", "load", str(stock), "--by", "operator")


async def _cpu_share(process: psutil.Process, seconds: float) -> float:
    before, began_s = process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after, taken_s = process.cpu_times(), time.monotonic() - began_s
    return (after.user - before.user + after.system - before.system) / taken_s


if __name__ == "__main__":
    run(__doc__, [daemon_figures])
