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
from vendtower.domain.errors import LocalFault

log = logging.getLogger("vendtower")

LEAVE_S_MAX = 120.0
"""How long a stop waits for running movements to end."""


class JournalLost(LocalFault):
    """The disk failed in mid-run: only a new start tells what it holds."""


async def run_daemon(
    loaded: LoadedSite, control_socket: Path | None, notifier: ServiceNotifier
) -> None:
    """Run one tower until SIGTERM or SIGINT; a second one does not wait for movements.

    Raises:
        JournalLost: the daemon has left by itself, so that its journal is read anew.
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
        lost = await _asked_or_lost(running, stops)
        notifier.send("STOPPING=1", "STATUS=waiting for movements to end")
        await _leave(running, stops, lost=lost)
        await _end(tasks)
        if lost:
            raise JournalLost(running.tower.book.fault)
    log.info("vendtower has stopped")


async def _asked_or_lost(running: Running, stops: asyncio.Semaphore) -> bool:
    """Wait for a signal, or for the journal to be lost; true for the latter."""
    asked = asyncio.create_task(stops.acquire())
    lost = asyncio.create_task(running.journal_lost())
    await asyncio.wait({asked, lost}, return_when=asyncio.FIRST_COMPLETED)
    is_lost = not asked.done()
    if is_lost:
        log.error("leaving, so that the journal is read anew: %s", running.tower.book.fault)
    await _end([asked, lost])
    return is_lost


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


async def _leave(running: Running, stops: asyncio.Semaphore, *, lost: bool) -> None:
    """Ask for nothing new, and wait for what moves: a car left in the shaft helps nobody.

    Without a journal no job can be concluded: then the machine's own standstill counts.
    """
    tower = running.tower
    tower.faults["stop"] = "the daemon was asked to stop" if not lost else "the journal is lost"
    tower.bell.ring()
    rests = running.stands if lost else lambda: not running.moves()
    at_rest = asyncio.create_task(tower.until(lambda: rests() or None, LEAVE_S_MAX))
    again = asyncio.create_task(stops.acquire())
    await asyncio.wait({at_rest, again}, return_when=asyncio.FIRST_COMPLETED)
    if not rests():
        log.warning("stopping while a movement runs: the PLC will stop it")
    await _end([at_rest, again])


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
