"""Who waits where, told of a run that does not end."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.swarm import waiting


async def for_ever() -> None:
    await asyncio.Event().wait()


async def somebody() -> None:
    await for_ever()


async def test_each_task_is_told_with_the_lines_it_has_come_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "HERE", Path(__file__).parent)
    task = asyncio.create_task(somebody())
    await asyncio.sleep(0)  # it begins
    told = [each for each in waiting.who_waits() if "somebody" in each]
    task.cancel()
    assert len(told) == 1
    first, second = told[0].split(" > ")
    assert first.startswith("test_waiting:")
    assert first.endswith(" somebody")
    assert second.startswith("test_waiting:")
    assert second.endswith(" for_ever")


async def test_what_is_not_of_the_run_is_not_told() -> None:
    task = asyncio.create_task(somebody())
    await asyncio.sleep(0)  # it begins
    told = waiting.who_waits()
    task.cancel()
    assert told == []
