"""The disk under the journal fails for the real daemon process, in the middle of a movement.

What cannot be written down is not begun, and what the machine did meanwhile is not forgotten.
"""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from hardware_sim.demo.notify_socket import NotifySocket
from hardware_sim.demo.visitor import Visitor
from hardware_sim.demo_site import write_site
from hardware_sim.world import TOKEN, SimulatedWorld, open_world
from tests.fast_site import EXAMPLE
from tests.wires.served_tower import PACE, PATIENCE_S, SPEED, ServedTower, daemon_of
from tests.wires.small_disk import small_disk
from vendtower.daemon.entry import JOURNAL_LOST

WRITTEN_BYTES_MAX = 64_000
"""What a process may write into any of its files; beyond, the kernel answers EFBIG."""


@asynccontextmanager
async def tower_with_journal_in(folder: Path, storage: Path) -> AsyncIterator[SimulatedWorld]:
    """A world whose site file puts the journal there."""
    async with open_world(EXAMPLE, folder, speed=SPEED, cars=6, pace=PACE) as world:
        world.tables["storage"] = {"directory": str(storage)}
        write_site(world.directory, world.tables, TOKEN)
        yield world


@asynccontextmanager
async def car_under_way(tower: ServedTower, visitor: Visitor) -> AsyncIterator[asyncio.Task[None]]:
    """The customer has checked in, and the lift has just gripped the car."""
    await tower.expected(visitor)
    async with tower.staff():
        coming = asyncio.create_task(tower.drives_off(visitor))
        await tower.world.tower.until(lambda: bool(tower.world.tower.events("gripped")), PATIENCE_S)
        yield coming
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def journal_alarm(tower: ServedTower) -> bool:
    page = await tower.screens.read("/api/alarms")
    alarms = [] if page is None else page["alarms"]
    return any(a["code"] == "C30" and a["active"] and a["severity"] == "fatal" for a in alarms)


async def says_so(tower: ServedTower) -> bool:
    """The kiosk at which nobody stands; the other one still tells its customer where the car is."""
    return await tower.kiosk_page(2) == "out_of_service"


@pytest.mark.timeout(500)
async def test_full_in_mid_move_and_freed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with (
            tower_with_journal_in(tmp_path / "world", disk.folder) as world,
            daemon_of(world) as tower,
        ):
            await tower.open()
            pid, machine = tower.daemon.pid, world.tower
            visitor = tower.booked(0, kiosk=1)
            async with car_under_way(tower, visitor) as coming:
                disk.fill()
                await tower.until(lambda: journal_alarm(tower), "no alarm about the journal")
                await tower.until(lambda: tower.shows(in_service=False), "it serves all the same")
                await tower.until(lambda: says_so(tower), "no kiosk says so")
                # The machine ends what it has been asked for; nothing more is asked.
                await machine.until(machine.plc.machine.standing, PATIENCE_S)
                for _ in range(4):
                    await tower.until(lambda: journal_alarm(tower), "the alarm went by itself")
                    await asyncio.sleep(0.5)
                assert machine.jobs_started() == 1
                assert not machine.events("outer door opening"), "a door opened unjournaled"
                assert not coming.done()
                disk.free()
                await coming
            await tower.until(lambda: tower.shows(in_service=True), "it does not serve again")
            await tower.nothing_owed()
            assert tower.daemon.pid == pid
            assert tower.daemon.starts == 1
            said = tower.log.splitlines()
            assert not [line for line in said if "Traceback" in line]
            assert sum("alarm C30 at tower raised" in line for line in said) == 1
            # It tells what it waits for, and not how often it has tried.
            assert len(said) < 100, "\n".join(said)


@pytest.mark.timeout(500)
async def test_failed_writes_end_in_a_new_start(tmp_path: Path) -> None:
    """After EFBIG, EIO and the like SQLite cannot know what has reached the disk: who can is a
    daemon that reads the file anew, so this one leaves, and its service manager starts it again.
    """
    async with tower_with_journal_in(tmp_path, tmp_path) as world:
        with closing(NotifySocket(tmp_path / "notify", None)) as notify:
            async with daemon_of(world, notify.environment) as tower:
                await tower.open()
                machine = world.tower
                visitor = tower.booked(0, kiosk=1)
                async with car_under_way(tower, visitor) as coming:
                    limit = (WRITTEN_BYTES_MAX, resource.RLIM_INFINITY)
                    resource.prlimit(tower.daemon.pid, resource.RLIMIT_FSIZE, limit)
                    # It does not leave the car in the shaft, though it can write nothing down.
                    assert await tower.daemon.ended(PATIENCE_S) == JOURNAL_LOST
                    await notify.wait_for("STOPPING=1", 1.0)
                    assert machine.plc.machine.standing()
                    assert not machine.events("outer door opening"), "a door opened unjournaled"
                    assert "so that the journal is read anew" in tower.log
                    assert machine.jobs_started() == 1
                    await tower.daemon.start()
                    await coming
                await tower.nothing_owed()
