"""The daemon as systemd sees it: ready, alive, stopping, its exit status, and the units."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import aiohttp
import pytest

from hardware_sim.demo.bookings import book
from hardware_sim.demo.daemon_process import DaemonProcess, Screens
from hardware_sim.demo.notify_socket import NotifySocket
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import GRACE_HOPPER
from hardware_sim.world import SimulatedWorld, open_world
from tests.bench.tower_bench import TowerBench, tower_bench
from tests.fast_site import EXAMPLE
from vendtower.daemon import watchdog
from vendtower.daemon.sd_notify import ServiceNotifier
from vendtower.daemon.watchdog import feed_watchdog

pytestmark = pytest.mark.timeout(180)

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))
PATIENCE_S = 45.0
"""A busy machine starts a daemon and its faces slowly."""
EXPOSURE_MAX = 20
"""Tenths, as systemd-analyze takes it: below 2.0."""


@asynccontextmanager
async def served(folder: Path, watchdog_s: float | None = None) -> AsyncIterator["Served"]:
    """A simulated world and its daemon under a service manager; the daemon says it is ready."""
    async with open_world(EXAMPLE, folder, speed=6.0, cars=6) as world:
        with closing(NotifySocket(folder / "notify", watchdog_s)) as notify:
            daemon = DaemonProcess(world, notify.environment)
            await daemon.start()
            try:
                await notify.wait_for("READY=1")
                yield Served(world, daemon, notify)
            finally:
                await daemon.kill()


class Served:
    """A daemon, its world, and what it said to its service manager."""

    def __init__(self, world: SimulatedWorld, daemon: DaemonProcess, notify: NotifySocket) -> None:
        self.world = world
        self.daemon = daemon
        self.notify = notify

    async def begin_movement(self) -> None:
        """Let a customer show their code, and wait until the lift has gripped the car."""
        world = self.world
        async with aiohttp.ClientSession() as http:
            screens = Screens(world.web_url, http)
            await until_read(screens, "machine_fresh")
            stock = world.directory / "stock.csv"
            stock.write_text(stock_list(world.cars), encoding="utf-8")
            await self.daemon.command("cars", "load", str(stock), "--by", "operator")
            car = world.cars[sorted(world.cars)[-1]]
            visitor = book(world, GRACE_HOPPER, car, kiosk=1)
            await until_read(screens, "face_available")
            world.cameras.scene(1).phone(visitor.code)
            async with asyncio.timeout(PATIENCE_S):
                while not world.tower.events("job taken", "lift 1"):
                    await screens.touch(1)
                    await asyncio.sleep(0.2)
        await world.tower.until(lambda: bool(world.tower.events("gripped")), PATIENCE_S)


async def until_read(screens: Screens, name: str) -> None:
    """Wait until the status page says so."""
    async with asyncio.timeout(PATIENCE_S):
        # Nothing to wait on: the page tells when asked.
        while not ((await screens.read("/api/status")) or {}).get(name):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_it_says_ready_alive_and_stopping_and_leaves_in_peace(tmp_path: Path) -> None:
    async with served(tmp_path, watchdog_s=0.6) as it:
        await it.notify.wait_for("WATCHDOG=1", 5.0, count=3)
        assert not it.notify.times_s("STOPPING=1")
        it.daemon.ask_to_stop()
        assert await it.daemon.ended(10.0) == 0
        await it.notify.wait_for("STOPPING=1", 1.0)
        assert it.notify.heard[0][1] == "READY=1"


@pytest.mark.slow
async def test_sigterm_waits_for_a_running_movement(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        await it.begin_movement()
        it.daemon.ask_to_stop()
        await it.notify.wait_for("STOPPING=1", 5.0)
        assert not it.world.tower.events("placed"), "the movement was over too soon for this test"
        assert await it.daemon.ended(30.0) == 0
        assert it.world.tower.jobs_completed() == 1
        assert it.world.tower.events("placed")
        # SQLite removes its log when the last connection is closed in order.
        assert not (tmp_path / "journal.sqlite-wal").exists(), "the journal was left open"


@pytest.mark.slow
async def test_a_second_sigterm_does_not_wait(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        await it.begin_movement()
        it.daemon.ask_to_stop()
        await it.notify.wait_for("STOPPING=1", 5.0)
        it.daemon.ask_to_stop()
        assert await it.daemon.ended(10.0) == 0
        assert it.world.tower.jobs_completed() == 0, "it waited"
        # The PLC notices that the heartbeat is gone, and stops by itself.
        tower = it.world.tower
        await tower.until(tower.plc.machine.standing, 10.0)
        assert not tower.violations


@pytest.mark.slow
async def test_what_a_person_has_to_mend_has_an_exit_status_of_its_own(tmp_path: Path) -> None:
    async with open_world(EXAMPLE, tmp_path, cars=1) as world:
        (tmp_path / "tower-key").chmod(0o644)
        daemon = DaemonProcess(world)
        await daemon.start()
        assert await daemon.ended(20.0) == 78
        assert "tower-key: mode 0644" in daemon.log_file.read_text(encoding="utf-8")


# The watchdog, in this process


@contextmanager
def quick_watchdog(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[NotifySocket]:
    """A watchdog of 90 ms, whose limits are as short."""
    monkeypatch.setattr(watchdog, "LOOP_LAG_S_MAX", 0.1)
    monkeypatch.setattr(watchdog, "PLC_TURN_S_MAX", 0.4)
    with closing(NotifySocket(folder / "notify", 0.09)) as notify:
        yield notify


def notifier_for(notify: NotifySocket) -> ServiceNotifier:
    heard = notify.environment
    return ServiceNotifier(heard["NOTIFY_SOCKET"], heard["WATCHDOG_USEC"])


async def test_a_stalled_loop_starves_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_watchdog(monkeypatch, tmp_path) as notify:
        feeding = asyncio.create_task(
            feed_watchdog(notifier_for(notify), time.monotonic, time.monotonic)
        )
        await notify.wait_for("WATCHDOG=1", 5.0, count=2)
        fed = len(notify.heard)
        loop = asyncio.get_running_loop()
        for _ in range(4):
            # Longer than the limit and the watchdog's period, again and again.
            loop.call_later(0.0, time.sleep, 0.2)
            await asyncio.sleep(0.01)
        assert len(notify.heard) <= fed + 1
        await notify.wait_for("WATCHDOG=1", 5.0, count=fed + 3)
        feeding.cancel()


async def test_a_dead_owner_of_the_plc_link_starves_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tower_bench(tmp_path / "world") as bench:
        with quick_watchdog(monkeypatch, tmp_path) as notify:
            feeding = feed(bench, notify)
            await notify.wait_for("WATCHDOG=1", 5.0, count=3)
            await bench.running.plc.stop()
            await asyncio.sleep(watchdog.PLC_TURN_S_MAX + 0.1)
            fed = len(notify.heard)
            await asyncio.sleep(0.3)
            assert len(notify.heard) == fed
            feeding.cancel()


async def test_a_dead_plc_does_not_starve_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tower_bench(tmp_path / "world") as bench:
        monkeypatch.setattr(watchdog, "PLC_TURN_S_MAX", 3.0)
        with closing(NotifySocket(tmp_path / "notify", 0.3)) as notify:
            feeding = feed(bench, notify)
            await bench.world.tower.cut_plc_link()
            fed = len(notify.heard)
            await notify.wait_for("WATCHDOG=1", 10.0, count=fed + 15)
            assert bench.tower.machine() is None
            feeding.cancel()


def feed(bench: TowerBench, notify: NotifySocket) -> asyncio.Task[None]:
    """The daemon's own watchdog over this bench's controller."""
    return asyncio.create_task(
        feed_watchdog(
            notifier_for(notify),
            lambda: bench.running.plc.turned_s,
            bench.tower.clock.monotonic_s,
        )
    )


# The units


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed here")
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, analyze: str, tmp_path: Path) -> None:
    # The programs it names are not installed where this runs.
    text = "\n".join(
        f"{line.split('=')[0]}=/bin/true" if line.startswith("Exec") else line
        for line in unit.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    )
    copy = tmp_path / unit.name
    copy.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--recursive-errors=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_daemon_is_locked_in(analyze: str) -> None:
    unit = next(unit for unit in UNITS if unit.name == "vendtower.service")
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={EXPOSURE_MAX - 1}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_unit_and_the_daemon_agree() -> None:
    text = next(unit for unit in UNITS if unit.name == "vendtower.service").read_text("utf-8")
    lines = dict(
        line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] not in "#["
    )
    assert lines["Type"] == "notify"
    assert lines["RestartPreventExitStatus"] == "78"
    assert float(lines["TimeoutStopSec"]) > 120.0, "a stop waits that long for a movement"
    assert float(lines["WatchdogSec"]) / 3 > watchdog.LOOP_LAG_S_MAX
    assert lines["KillMode"] == "mixed", "the identity process is ended by the daemon"
