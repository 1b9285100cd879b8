"""The machine watch rings for what the PLC says, and not because time passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.unit.alarms.watched_tower import HandPlc, watched
from vendtower.domain.machine import LinkState, PlcLink
from vendtower.flows.machine_watch import watch_machine
from vendtower.flows.tower import LOOK_AGAIN_S, Tower


@dataclass
class NewsPlc(HandPlc):
    """A PLC whose news the test gives one by one."""

    given: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    looks: int = 0
    old: asyncio.Event = field(default_factory=asyncio.Event)
    older_than_s: float = 0.0
    """What somebody waits for."""
    shown_age_s: float = 0.0

    @property
    def read_at_s(self) -> float:
        return self.clock.now_s - self.shown_age_s

    async def wait_older_than(self, age_s: float) -> None:
        self.older_than_s = age_s
        await self.old.wait()

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


async def test_while_somebody_is_at_a_kiosk_the_polling_is_fast_and_the_bell_is_silent(
    tmp_path: Path,
) -> None:
    async with watching(tmp_path) as (tower, plc):
        tower.kiosks[1].visit_id = "v-1"
        rings = tower.bell.rings
        for _ in range(3):
            await plc.tell()
        assert tower.bell.rings == rings
        assert plc.fast


async def test_whoever_waits_for_a_look_hears_of_one_that_tells_nothing_new(
    tmp_path: Path,
) -> None:
    """Everything has to be read after a moment: an unchanged snapshot can prove that too."""
    async with watching(tmp_path) as (tower, plc):
        since_s = plc.clock.now_s + 0.3

        def read_since() -> bool | None:
            return True if plc.read_at_s >= since_s else None

        waits = asyncio.ensure_future(tower.until(read_since, bell=tower.looks))
        await plc.tell()
        assert not waits.done()
        await plc.tell()
        async with asyncio.timeout(LOOK_AGAIN_S / 2):
            assert await waits


async def test_silence_rings_and_so_does_its_end(tmp_path: Path) -> None:
    async with watching(tmp_path) as (tower, plc):
        rings = tower.bell.rings
        assert plc.older_than_s == tower.site.policies.snapshot_age_s_max
        plc.shown_age_s = plc.older_than_s + 0.1
        plc.old.set()
        async with asyncio.timeout(5.0):
            while tower.bell.rings == rings:  # noqa: ASYNC110 - two parties
                await asyncio.sleep(0)
        assert tower.machine() is None
        plc.old.clear()
        plc.shown_age_s = 0.0
        await plc.tell()
        assert tower.bell.rings == rings + 2
