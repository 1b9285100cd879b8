"""A headless Chromium and the application in a thread of its own."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.unit.web.tower_sample import RecordingControls, RunningWeb, running_web
from vendtower.ports.screens import TowerPicture

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@dataclass
class WebInThread:
    """The application beside the test, which is not async because the driver is not."""

    loop: asyncio.AbstractEventLoop
    running: RunningWeb
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def controls(self) -> RecordingControls:
        return self.running.controls

    def show(self, picture: TowerPicture) -> None:
        self.loop.call_soon_threadsafe(self.running.board.show, picture)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium or chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(DRIVER))
    chrome.set_page_load_timeout(20)
    yield chrome
    chrome.quit()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebInThread]:
    started: list[WebInThread] = []
    ready, end = threading.Event(), threading.Event()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def stop_soon() -> None:
            loop.call_soon_threadsafe(stop.set)

        async with running_web(tmp_path) as running:
            started.append(WebInThread(loop, running, stop_soon))
            ready.set()
            await stop.wait()
        end.set()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield started[0]
    if not end.is_set():
        started[0].stop()
    thread.join(10)
