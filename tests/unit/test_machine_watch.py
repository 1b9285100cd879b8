"""The machine watch rings for what the PLC says, and not because time passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.unit.alarms.watched_tower import HandPlc, watched
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.flows.machine_watch import watch_machine
from vendtower.flows.tower import Tower


@dataclass
class NewsPlc(HandPlc):
    """A PLC whose news the test gives one by one."""

    given: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    looks: int = 0

    async def wait_news(self) -> None:
        self.looks += 1
        await self.given.acquire()

    async def tell(self) -> None:
        """News, a moment later than the last; returns once they have been looked at."""
        looks = self.looks
        self.clock.now_s += 0.2
        self.given.release()
        async with asyncio.timeout(5.0):
            while self.looks == looks:  # noqa: ASYNC110 - two parties
                await asyncio.sleep(0)


@asynccontextmanager
async def watching(path: Path) -> AsyncIterator[tuple[Tower, NewsPlc]]:
    async with watched(path / "journal.sqlite") as bench:
        plc = NewsPlc(bench.clock)
        bench.tower.plc = plc
        flow = asyncio.create_task(watch_machine(bench.tower))
        while not plc.looks:  # noqa: ASYNC110 - two parties
            await asyncio.sleep(0)
        await plc.tell()
        yield bench.tower, plc
        flow.cancel()


async def test_a_snapshot_that_is_only_younger_rings_no_bell(tmp_path: Path) -> None:
    async with watching(tmp_path) as (tower, plc):
        rings = tower.bell.rings
        for _ in range(5):
            await plc.tell()
        assert tower.bell.rings == rings


async def test_whatever_else_is_different_rings_at_the_first_news(tmp_path: Path) -> None:
    async with watching(tmp_path) as (tower, plc):
        rings = tower.bell.rings
        plc.shown = replace(plc.shown, occupied_slots=frozenset({3}))
        await plc.tell()
        assert tower.bell.rings == rings + 1
        plc.link = PlcLink(LinkState.DOWN, "silent")
        await plc.tell()
        assert tower.bell.rings == rings + 2


async def test_while_somebody_is_at_a_kiosk_every_snapshot_rings(tmp_path: Path) -> None:
    async with watching(tmp_path) as (tower, plc):
        tower.kiosks[1].visit_id = "v-1"
        rings = tower.bell.rings
        for _ in range(3):
            await plc.tell()
        assert tower.bell.rings == rings + 3
        assert plc.fast
