"""``vendtower run`` with something wrong on this machine: what it says, and its exit status."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware_sim.demo.daemon_process import executable
from hardware_sim.demo_site import addressed, write_site
from hardware_sim.list_signing import ListSigner
from tests.bench.tower_bench import TowerBench, bare_bench
from tests.fast_site import fast_tables
from vendtower.daemon.entry import CANNOT_START

pytestmark = pytest.mark.slow


@dataclass
class Machine:
    """A tower's industrial PC with nobody at the other ends of its lines."""

    directory: Path
    site_file: Path
    web_port: int

    @property
    def journal(self) -> Path:
        return self.directory / "journal.sqlite"

    @property
    def control_socket(self) -> Path:
        return self.directory / "control.sock"

    def edit(self, old: str, new: str) -> None:
        text = self.site_file.read_text(encoding="utf-8")
        assert old in text
        self.site_file.write_text(text.replace(old, new), encoding="utf-8")

    async def launch(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            executable(),
            "run",
            "--site",
            str(self.site_file),
            "--socket",
            str(self.control_socket),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def refusal(self) -> str:
        """What it says when it does not start."""
        process = await self.launch()
        try:
            async with asyncio.timeout(20):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = said.decode()
        assert process.returncode == CANNOT_START, text
        assert "Traceback" not in text
        return text

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A daemon that has started; killed at the end."""
        process = await self.launch()
        assert process.stdout is not None
        try:
            async with asyncio.timeout(20):
                while b"serves tower" not in await process.stdout.readline():
                    assert process.returncode is None
            yield
        finally:
            process.kill()
            await process.communicate()


def free_port() -> int:
    """A TCP port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    web_port = free_port()
    tables = addressed(
        fast_tables(1.0),
        tmp_path,
        plc={"host": "127.0.0.1", "port": free_port()},
        camera_url=lambda kiosk: f"http://127.0.0.1:9/camera/{kiosk}",
        board_device=lambda kiosk: tmp_path / f"board-{kiosk}",
        cloud_url=f"http://127.0.0.1:{free_port()}",
        list_keys=ListSigner().public_keys,
        web_port=web_port,
    )
    return Machine(tmp_path, write_site(tmp_path, tables, "token"), web_port)


def no_site(machine: Machine) -> list[str]:
    machine.site_file.unlink()
    return [str(machine.site_file), "No such file"]


def wrong_value(machine: Machine) -> list[str]:
    machine.edit("site_id = 4401", "site_id = 0")
    return ["site.toml:", "tower.site_id", "found 0, expected"]


def no_toml(machine: Machine) -> list[str]:
    machine.site_file.write_text("this is = = no site", encoding="utf-8")
    return [str(machine.site_file)]


def no_key(machine: Machine) -> list[str]:
    (machine.directory / "tower-key").unlink()
    return ["tower-key"]


def open_key(machine: Machine) -> list[str]:
    (machine.directory / "tower-key").chmod(0o644)
    return ["tower-key", "0644"]


def no_storage(machine: Machine) -> list[str]:
    machine.edit(f'directory = "{machine.directory}"', f'directory = "{machine.directory}/gone"')
    return ["gone/journal.sqlite"]


def damaged_journal(machine: Machine) -> list[str]:
    machine.journal.write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    return ["journal.sqlite: damaged", "A copy is kept as journal.damaged-", "restore a backup"]


def socket_path_taken(machine: Machine) -> list[str]:
    machine.control_socket.write_text("a file")
    return ["control.sock", "not a socket"]


@pytest.mark.parametrize(
    "spoil",
    [
        no_site,
        wrong_value,
        no_toml,
        no_key,
        open_key,
        no_storage,
        damaged_journal,
        socket_path_taken,
    ],
)
async def test_it_does_not_start_and_says_why(
    spoil: Callable[[Machine], list[str]], machine: Machine
) -> None:
    expected = spoil(machine)
    said = await machine.refusal()
    for words in expected:
        assert words in said, said


async def test_a_damaged_journal_is_kept_twice_and_not_replaced(machine: Machine) -> None:
    damaged_journal(machine)
    before = machine.journal.read_bytes()
    for _ in range(2):
        await machine.refusal()
    assert machine.journal.read_bytes() == before
    [copy] = machine.directory.glob("journal.damaged-*")
    assert copy.read_bytes() == before


async def test_the_port_of_the_screens_is_taken(machine: Machine) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", machine.web_port))
        other.listen()
        said = await machine.refusal()
    assert f"port {machine.web_port}: " in said


async def test_a_second_daemon_for_the_same_tower(machine: Machine) -> None:
    async with machine.running():
        said = await machine.refusal()
    assert "journal.sqlite" in said


@pytest.mark.parametrize("spoil", ["gone", "open"])
async def test_a_token_that_cannot_be_used_stops_no_tower(tmp_path: Path, spoil: str) -> None:
    """The cloud is dispensable: it is told on the screens, and mended without a restart."""
    async with bare_bench(tmp_path) as bench:
        token = tmp_path / "cloud-token"
        content = token.read_text()
        if spoil == "gone":
            token.unlink()
        else:
            token.chmod(0o644)
        await bench.start()
        await bench.until(lambda: told(bench, str(token)), "the screens do not name the token")
        token.write_text(content)
        token.chmod(0o600)


async def told(bench: TowerBench, words: str) -> bool:
    status = await bench.status()
    return bool(status and words in status["cloud"]["note"])
