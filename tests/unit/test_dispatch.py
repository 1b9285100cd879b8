"""A dispatcher that fails lets go of what it has just begun."""

import asyncio
import gc
import warnings
from typing import cast

import pytest

from vendtower.flows.dispatch import Dispatcher
from vendtower.flows.tower import Tower


def test_a_movement_cancelled_before_its_first_step_leaves_nothing_behind() -> None:
    """A full disk, for instance, ends the flow in the moment in which it takes a job up."""

    async def movement() -> None:
        pytest.fail("it was cancelled before")

    async def script() -> None:
        dispatcher = Dispatcher(cast("Tower", None))
        with pytest.raises(ExceptionGroup):
            await begun_and_failed(dispatcher)
        dispatcher._running.clear()

    async def begun_and_failed(dispatcher: Dispatcher) -> None:
        async with asyncio.TaskGroup() as group:
            dispatcher._spawn(group, 1, movement())
            raise OSError("disk full")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(script())
        gc.collect()
