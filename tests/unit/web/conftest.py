"""The running application and clients for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, UnixConnector

from tests.unit.web.tower_sample import RunningWeb, running_web


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[RunningWeb]:
    async with running_web(tmp_path) as running:
        yield running


@pytest.fixture
async def browser(served: RunningWeb) -> AsyncIterator[ClientSession]:
    async with ClientSession(base_url=served.url) as session:
        yield session


@pytest.fixture
async def terminal(served: RunningWeb) -> AsyncIterator[ClientSession]:
    connector = UnixConnector(path=str(served.control_socket))
    async with ClientSession(base_url="http://tower", connector=connector) as session:
        yield session
