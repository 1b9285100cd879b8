"""Flows that fail are started again; what failed is told, and told once where it is the journal."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from vendtower.daemon import supervisor
from vendtower.daemon.supervisor import keep_running
from vendtower.domain.errors import InvariantBroken
from vendtower.ports.journal import JournalFault


async def failing(flow: Callable[[], Awaitable[None]], times: int) -> dict[str, str]:
    """Run the flow until it has been told to have failed so often; the faults then."""
    faults: dict[str, str] = {}
    told = asyncio.Semaphore(0)
    task = asyncio.create_task(keep_running("flow", flow, faults, stopped=told.release))
    async with asyncio.timeout(20.0):
        for _ in range(times):
            await told.acquire()
    task.cancel()
    return faults


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_S_MIN", 0.001)


async def _full() -> None:
    raise ExceptionGroup("a group", [JournalFault("journal: the disk is full")])


async def _mistake() -> None:
    raise ExceptionGroup("a group", [JournalFault("journal"), ZeroDivisionError("by zero")])


async def test_a_full_disk_is_told_once_and_without_a_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    faults = await failing(_full, 12)
    assert faults == {"flow": "JournalFault: journal: the disk is full"}
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    assert "the disk is full" in record.getMessage()


async def test_a_full_disk_does_not_lengthen_the_pause() -> None:
    """Else the tower would stay out of service for half a minute after space is back."""
    began_s = asyncio.get_running_loop().time()
    await failing(_full, 20)
    # Doubled each time the pauses alone were a thousand seconds, or 20 times the longest.
    assert asyncio.get_running_loop().time() - began_s < 10.0


async def test_a_mistake_beside_it_is_told_with_its_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await failing(_mistake, 3)
    assert len(caplog.records) == 3
    assert all(record.exc_info for record in caplog.records)


async def test_a_broken_invariant_stays_noted() -> None:
    runs = 0

    async def once_broken() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise InvariantBroken("two cars in one place")
        raise JournalFault("journal")

    faults = await failing(once_broken, 2)
    assert faults["invariant (flow)"] == "InvariantBroken: two cars in one place"


async def test_a_group_that_fails_while_it_is_cancelled_ends_all_the_same() -> None:
    begun = asyncio.Event()

    async def movement() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise JournalFault("the disk failed")

    async def flow() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(movement())
            await asyncio.Event().wait()

    task = asyncio.create_task(keep_running("flow", flow, {}, stopped=lambda: None))
    await begun.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.5)
    assert done, "the flow goes on"
    assert task.cancelled()
