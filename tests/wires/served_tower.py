"""The real daemon as a process, with its customers, on a simulated tower's real wires."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.staff import Staff
from hardware_sim.demo.visitor import Ending, Visitor, VisitorScript, VisitRecord
from hardware_sim.demo_site import write_site
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.plant.bay import Pace
from hardware_sim.scenarios import waiting
from hardware_sim.world import TOKEN, SimulatedWorld
from tests.bench.tower_bench import STAFF

PATIENCE_S = 100.0
"""Much longer than anything takes, for a machine that is busy otherwise."""
FACES = (GRACE_HOPPER, EILEEN_COLLINS)
PACE = Pace(walk_s=0.1, drive_s=0.3)
SPEED = 6.0


@dataclass
class ServedTower:
    """A world and its daemon process."""

    world: SimulatedWorld
    daemon: DaemonProcess
    screens: Screens
    http: aiohttp.ClientSession

    async def until(
        self, so: Callable[[], bool | Awaitable[bool]], why: str, timeout_s: float = PATIENCE_S
    ) -> None:
        """Wait until something is true, or fail with the daemon's last words."""
        await waiting.until(so, lambda: f"{why}\n{self.log[-3000:]}", timeout_s)

    @property
    def log(self) -> str:
        """What the daemon has said."""
        return self.daemon.log_file.read_text(encoding="utf-8")

    async def status(self) -> Mapping[str, Any]:
        """The status page; fails when the daemon does not answer."""
        page = await self.screens.read("/api/status")
        assert page is not None, "the status page gives no answer"
        return page

    async def shows(self, **wanted: object) -> bool:
        """Whether the status page has these values."""
        page = await self.screens.read("/api/status")
        return page is not None and all(page[name] == value for name, value in wanted.items())

    async def kiosk_page(self, number: int) -> str:
        """What a kiosk's screen shows, as its own page hears it; empty without an answer."""
        url = f"{self.world.web_url}/kiosk/{number}/stream"
        try:
            async with self.http.get(url) as answer:
                async for line in answer.content:
                    if line.startswith(b"data: ") and b"phase" in line:
                        return str(json.loads(line.removeprefix(b"data: "))["phase"])
        except (aiohttp.ClientError, TimeoutError):
            pass
        return ""

    async def open(self) -> None:
        """Start the daemon and load the stock."""
        await self.daemon.start()
        stock = self.world.directory / "stock.csv"
        stock.write_text(stock_list(self.world.cars), encoding="utf-8")
        await self.until(lambda: self.shows(machine_fresh=True), "the PLC is not read")
        await self.daemon.command("cars", "load", str(stock), "--by", STAFF)
        await self.until(lambda: self.shows(in_service=True), "the tower does not serve")

    def booked(self, number: int, kiosk: int) -> Visitor:
        """Reserve the n-th car, and wait for nothing."""
        cars = [car for _, car in sorted(self.world.cars.items())]
        return book(self.world, FACES[number % 2], cars[number], kiosk)

    async def expected(self, visitor: Visitor) -> None:
        """Wait until the tower has accepted the reservation."""

        async def known() -> bool:
            page = await self.screens.read("/api/visits")
            return page is not None and any(v["vin"] == visitor.vin for v in page["visits"])

        await self.until(known, f"the reservation of {visitor.vin} does not arrive")

    async def play(self, visitor: Visitor, timeout_s: float = PATIENCE_S) -> VisitRecord:
        """A person who comes for the car."""
        script = VisitorScript(self.world, self.screens, visitor, _nobody_watches)
        return await script.play(timeout_s)

    async def drives_off(self, visitor: Visitor) -> None:
        """The person comes, is served, and the car is gone."""
        record = await self.play(visitor)
        assert record.ending is Ending.DROVE_OFF, f"{record}\n{self.log[-3000:]}"

    @asynccontextmanager
    async def staff(self) -> AsyncIterator[None]:
        """Somebody on duty answers the cases."""
        on_duty = Staff(self.world, self.daemon, self.screens, _nobody_watches, takes_to_look_s=0.1)
        watching = asyncio.create_task(on_duty.keep_watch())
        try:
            yield
        finally:
            watching.cancel()

    async def nothing_owed(self) -> None:
        """Wait until nothing is open and the cloud has every event once, in order."""

        async def rests() -> bool:
            page = await self.status()
            counts, outbox = page["counts"], page["outbox"]
            still = not (counts["jobs_open"] or counts["visits_open"] or counts["cases_open"])
            arrived = len(self.world.cloud.events_received)
            return bool(still and not outbox["waiting"] and outbox["owed"] == arrived)

        await self.until(rests, "something stays open or owed")
        store = self.world.cloud.store
        assert not store.out_of_order
        assert not store.gaps(self.world.site.tower_id)
        assert not [d for d in self.world.cloud.duplicates if d.content_differs]
        assert not self.world.tower.violations


def _nobody_watches(_where: str, _what: str) -> None:
    pass


@asynccontextmanager
async def daemon_of(
    world: SimulatedWorld, environment: Mapping[str, str] | None = None
) -> AsyncIterator[ServedTower]:
    """A daemon process for this world, not started yet; killed at the end.

    Its faces are matched without challenges: a machine that is busy otherwise misses movements.
    """
    world.tables["identity"]["liveness"] = False
    write_site(world.directory, world.tables, TOKEN)
    timeout = aiohttp.ClientTimeout(total=5.0)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        daemon = DaemonProcess(world, environment)
        try:
            yield ServedTower(world, daemon, Screens(world.web_url, http), http)
        finally:
            await daemon.kill()
