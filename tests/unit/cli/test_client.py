"""What the command line says of a daemon that takes its time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from vendtower.cli import client
from vendtower.cli.client import MAY_BE_DONE, DaemonUnreachable, TowerClient
from vendtower.flows import door_order


async def unanswered(path: Path, ask: Callable[[], Awaitable[object]]) -> str:
    """Why the question failed, at a daemon that hears it and says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(silent, path)
    try:
        with pytest.raises(DaemonUnreachable) as failed:
            await ask()
    finally:
        server.close()
        await server.wait_closed()
    return str(failed.value)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "REQUEST_TIMEOUT_S", 0.1)


@pytest.mark.usefixtures("impatient")
async def test_what_was_asked_of_a_daemon_that_is_late_may_be_done(tmp_path: Path) -> None:
    path = tmp_path / "control"
    tower = TowerClient(path)
    why = await unanswered(path, lambda: asyncio.to_thread(tower.post, "/api/x", {}))
    assert "has not answered within 0.1 s" in why
    assert MAY_BE_DONE in why


@pytest.mark.usefixtures("impatient")
async def test_a_question_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "control"
    tower = TowerClient(path)
    why = await unanswered(path, lambda: asyncio.to_thread(tower.get, "/api/x"))
    assert "has not answered within 0.1 s" in why
    assert MAY_BE_DONE not in why


def test_a_door_order_is_answered_while_somebody_waits_for_it() -> None:
    order_s = door_order.BEGINS_WITHIN_S + door_order.ENDS_WITHIN_S + door_order.SHOWS_S
    assert order_s < client.REQUEST_TIMEOUT_S
