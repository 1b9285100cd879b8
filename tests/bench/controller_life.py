"""The controller's life in a bench: started as the daemon starts it, ended as by a power cut.

Everything is the daemon's own (`open_tower`, `keep_running`, journal on disk, Modbus, HTTP, kiosk
boards); only the identity port may be scripted. It can be ended in the very moment in which a
chosen change has reached the disk, and started again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp

from hardware_sim.world import SimulatedWorld
from tests.bench.scripted_identity import People, ScriptedIdentity
from tests.bench.wires import Wires
from vendtower.daemon.site_file import LoadedSite, load_site
from vendtower.daemon.supervisor import keep_running
from vendtower.daemon.wiring import Running, open_tower
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

PATIENCE_S = 15.0

Json = Mapping[str, Any]


class PowerCut(JournalFault):
    """Raised to whoever was writing when the power went; nobody is left to hear it."""


class ControllerLife:
    """A controller in a world, and what anybody can see of it."""

    def __init__(self, world: SimulatedWorld, http: aiohttp.ClientSession, wires: Wires) -> None:
        self.world = world
        self.wires = wires
        self.people = People()
        self.identity = ScriptedIdentity(self.people)
        self.policies: dict[str, float] = {"bay_clear_timeout_s": 8.0}
        self.cloud: dict[str, object] = {"poll_interval_s": 0.05}
        """What differs from the site file's section of this name."""
        self.plc_port: int | None = None
        """Where the controller looks for the PLC, when that is not the simulated one."""
        self.real_identity = False
        self.expected_failures = False
        """Whether a flow may fail in this test without the bench complaining."""
        self.frozen = asyncio.Event()
        """Set when the change that `freeze_at` waits for is on the disk."""
        self._http = http
        self._life: AsyncExitStack | None = None
        self._running: Running | None = None
        self._spawned: set[asyncio.Task[Any]] = set()
        self._thaw: asyncio.Future[None] | None = None

    # --- the controller's life

    @property
    def tower(self) -> Tower:
        assert self._running is not None, "the controller does not run"
        return self._running.tower

    @property
    def running(self) -> Running:
        assert self._running is not None, "the controller does not run"
        return self._running

    def load(self) -> LoadedSite:
        loaded = load_site(self.world.site_file)
        plc = {} if self.plc_port is None else {"port": self.plc_port}
        site = loaded.site.model_copy(
            update={
                "plc": loaded.site.plc.model_copy(update=plc),
                "policies": loaded.site.policies.model_copy(update=self.policies),
                "cloud": loaded.site.cloud.model_copy(update=self.cloud),
            }
        )
        return replace(loaded, site=site)

    async def start(self) -> None:
        """Start the controller as the daemon does; it may not be ready yet."""
        self.identity = ScriptedIdentity(self.people)
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(
                open_tower(
                    self.load(),
                    self.world.control_socket,
                    self.wires.around(None if self.real_identity else self.identity),
                )
            )
            tasks = [
                asyncio.create_task(
                    keep_running(name, flow, running.tower.faults, stopped=running.tower.bell.ring)
                )
                for name, flow in running.flows.items()
            ]
            stack.push_async_callback(_end, tasks)
            self.wires.opened(running)
            self._running = running
            self._life = stack.pop_all()

    async def crash(self) -> None:
        """The controller is gone from one moment to the next; nothing more is journaled."""
        if self._life is None:
            return
        life, self._life, self._running = self._life, None, None
        thaw, self._thaw = self._thaw, None
        await life.aclose()
        if thaw is not None and not thaw.done():
            thaw.set_exception(PowerCut("the power went"))
            await asyncio.sleep(0)
        self.frozen.clear()

    async def restart(self, away_s: float = 0.0) -> None:
        """Crash, stay away, and start anew."""
        await self.crash()
        await asyncio.sleep(away_s)
        await self.start()

    def freeze_at(self, chosen: Callable[[Change], bool]) -> None:
        """Let the controller stand still as soon as a chosen change has reached the disk."""
        journal = self.tower.book.journal
        commit = journal.commit
        thaw: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        thaw.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._thaw = thaw

        async def freezing(change: Change) -> None:
            await commit(change)
            if chosen(change):
                self.frozen.set()
                await asyncio.shield(thaw)

        journal.commit = freezing  # type: ignore[method-assign]  # the wire to the disk is tapped for this test

    # --- what anybody sees

    def utc(self) -> datetime:
        """Wall time of tower and cloud."""
        return self.wires.ground.utc()

    async def status(self) -> Json | None:
        return await self.read("/api/status")

    async def read(self, path: str) -> Json | None:
        """A page's JSON; None while nobody answers."""
        try:
            async with self._http.get(f"{self.world.web_url}{path}") as answer:
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def kiosk(self, number: int) -> Json:
        status = await self.status()
        found: Json = (
            next((k for k in status["kiosks"] if k["number"] == number), {}) if status else {}
        )
        return dict(found)

    async def phase(self, number: int, wanted: str, reason: str | None = None) -> Json:
        """Wait until a kiosk's screen says this."""
        seen: list[Json] = []

        async def so() -> bool:
            kiosk = await self.kiosk(number)
            if not seen or seen[-1] != kiosk:
                seen.append(kiosk)
            return kiosk.get("phase") == wanted and reason in {None, kiosk.get("reason")}

        await self.until(so, lambda: f"kiosk {number} is not {wanted} {reason}: {seen[-6:]}")
        return seen[-1]

    def events(self, name: str) -> list[Json]:
        """What the cloud has heard of this kind, for instance ``visit.car_departed``."""
        kind = f"com.vendtower.{name}.v1"
        return [e.data for e in self.world.cloud.events_received if e.event_type == kind]

    async def event(self, name: str, count: int = 1) -> Json:
        """Wait until the cloud has heard of it; the newest one."""
        await self.until(
            lambda: len(self.events(name)) >= count,
            lambda: f"no {name}; came: {[e.event_type for e in self.world.cloud.events_received]}",
        )
        return self.events(name)[-1]

    async def until(
        self,
        condition: Callable[[], Any],
        why: str | Callable[[], str] = "it did not come true",
        timeout_s: float = PATIENCE_S,
    ) -> None:
        """Look again and again; ``condition`` may be a coroutine function."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        while True:
            so = condition()
            if asyncio.iscoroutine(so):
                so = await so
            if so:
                return
            if loop.time() > deadline_s:
                raise AssertionError(why if isinstance(why, str) else why())
            await asyncio.sleep(self.wires.look_s)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
