"""The daemon's life: construct, run until asked to stop, leave when nothing moves."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vendtower import __version__
from vendtower.daemon.sd_notify import ServiceNotifier
from vendtower.daemon.site_file import LoadedSite
from vendtower.daemon.supervisor import keep_running
from vendtower.daemon.watchdog import feed_watchdog
from vendtower.daemon.wiring import Running, open_tower

log = logging.getLogger("vendtower")

LEAVE_S_MAX = 120.0
"""How long a stop waits for running movements to end."""


async def run_daemon(
    loaded: LoadedSite, control_socket: Path | None, notifier: ServiceNotifier
) -> None:
    """Run one tower until SIGTERM or SIGINT; a second one does not wait for movements.

    Raises:
        LocalFault: something on this machine cannot be used; nothing has moved.
    """
    stops = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stops.release)
    async with open_tower(loaded, control_socket) as running:
        tasks = _start_flows(running, notifier)
        log.info(
            "vendtower %s serves tower %s; screens at http://%s:%d/",
            __version__,
            loaded.site.tower.id,
            loaded.site.web.host,
            running.servers.port,
        )
        notifier.send("READY=1", f"STATUS=serving tower {loaded.site.tower.id}")
        await stops.acquire()
        notifier.send("STOPPING=1", "STATUS=waiting for movements to end")
        await _leave(running, stops)
        await _end(tasks)
    log.info("vendtower has stopped")


def _start_flows(running: Running, notifier: ServiceNotifier) -> list[asyncio.Task[None]]:
    tower = running.tower
    tasks = [
        asyncio.create_task(
            keep_running(name, flow, tower.faults, stopped=tower.bell.ring), name=name
        )
        for name, flow in running.flows.items()
    ]
    watchdog = feed_watchdog(notifier, lambda: running.plc.turned_s, tower.clock.monotonic_s)
    return [
        *tasks,
        asyncio.create_task(watchdog, name="watchdog"),
        asyncio.create_task(running.lag.measure(), name="loop lag"),
    ]


async def _leave(running: Running, stops: asyncio.Semaphore) -> None:
    """Ask for nothing new, and wait for what moves: a car left in the shaft helps nobody."""
    tower = running.tower
    tower.faults["stop"] = "the daemon was asked to stop"
    tower.bell.ring()
    at_rest = asyncio.create_task(
        tower.until(lambda: None if running.moves() else True, LEAVE_S_MAX)
    )
    again = asyncio.create_task(stops.acquire())
    await asyncio.wait({at_rest, again}, return_when=asyncio.FIRST_COMPLETED)
    if running.moves():
        log.warning("stopping while a movement runs: the PLC will stop it")
    await _end([at_rest, again])


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
