"""The commands of somebody who stands at a bay, against the real application."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.web.tower_sample import RunningWeb, kiosk, picture, running_web
from vendtower.cli.main import cli
from vendtower.ports.screens import KioskPhase, TowerPicture


class Daemon:
    """The daemon's web side in a thread of its own."""

    def __init__(self, running: RunningWeb, loop: asyncio.AbstractEventLoop) -> None:
        self.running = running
        self._loop = loop

    def show(self, newest: TowerPicture) -> None:
        async def there() -> None:
            self.running.board.show(newest)

        asyncio.run_coroutine_threadsafe(there(), self._loop).result(5)

    def call(self, *words: str, typed: str | None = None) -> Result:
        arguments = ["--socket", str(self.running.control_socket), *words]
        return CliRunner().invoke(cli, arguments, input=typed)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    started: list[Daemon] = []
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def serve() -> None:
        stop = asyncio.Event()
        async with running_web(tmp_path) as running:
            loop = asyncio.get_running_loop()
            stops.append((loop, stop))
            started.append(Daemon(running, loop))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield started[0]
    loop, stop = stops[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


def asking() -> TowerPicture:
    """Kiosk 2 asks its third question, of a car that is put back."""
    status = replace(kiosk(2, KioskPhase.CONFIRM_CLEAR), question=3, wants_name=True)
    return picture(kiosk(1), status)


def test_it_answers_the_question_on_the_screen_by_name(daemon: Daemon) -> None:
    daemon.show(asking())
    result = daemon.call("confirm-clear", "--bay", "2", "--by", "technician on duty", typed="y\n")
    assert result.exit_code == 0, result.output
    assert "A lift takes the car out of bay 2 at once." in result.stderr
    assert daemon.running.controls.asked == [("confirm", 2, 3, "technician on duty")]


def test_without_a_yes_nothing_is_confirmed(daemon: Daemon) -> None:
    daemon.show(asking())
    result = daemon.call("confirm-clear", "--bay", "2", "--by", "technician on duty", typed="\n")
    assert result.exit_code == 1
    assert "nothing was changed" in result.stderr
    assert daemon.running.controls.asked == []


def test_a_name_is_a_must(daemon: Daemon) -> None:
    daemon.show(asking())
    result = daemon.call("confirm-clear", "--bay", "2", "--yes")
    assert result.exit_code == 2
    assert "--by" in result.stderr


@pytest.mark.parametrize(
    ("bay", "why"), [("1", "does not ask for that now: it is free"), ("7", "no such bay")]
)
def test_a_bay_that_asks_nothing_is_told(daemon: Daemon, bay: str, why: str) -> None:
    daemon.show(asking())
    words = ["confirm-clear", "--bay", bay, "--by", "technician on duty", "--yes", "--json"]
    result = daemon.call(*words)
    assert result.exit_code == 1
    assert why in json.loads(result.stdout)["reason"]
    assert daemon.running.controls.asked == []
