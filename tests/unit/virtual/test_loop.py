"""Virtual time, and what it does when nothing can happen any more."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hardware_sim.virtual.clock import BEGINNING, SeededChance, VirtualClock
from hardware_sim.virtual.loop import Livelock, Sealed, Stalled, VirtualLoop, run

ROOT = Path(__file__).parents[3]


def test_a_day_passes_in_no_time() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400.0)
        return asyncio.get_running_loop().time()

    began_s = time.monotonic()
    assert run(main()) == 86_400.0
    assert time.monotonic() - began_s < 5.0


def test_what_is_due_at_one_moment_runs_in_the_order_of_asking() -> None:
    async def main() -> list[int]:
        loop, order = asyncio.get_running_loop(), list[int]()
        for number in range(50):
            loop.call_at(1.0, order.append, number)
        await asyncio.sleep(1.0)
        return order

    assert run(main()) == list(range(50))


def test_a_cancelled_timer_is_never_run() -> None:
    async def main() -> list[str]:
        loop, ran = asyncio.get_running_loop(), list[str]()
        loop.call_later(1.0, ran.append, "cancelled").cancel()
        loop.call_later(2.0, ran.append, "kept")
        await asyncio.sleep(3.0)
        return ran

    assert run(main()) == ["kept"]


def test_waiting_for_ever_is_told() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stalled, match="everybody waits for ever"):
        run(main())


def test_a_loop_that_never_waits_is_told() -> None:
    async def main() -> None:
        while True:  # noqa: ASYNC110 # this is the mistake
            await asyncio.sleep(0)

    with pytest.raises(Livelock, match="without end"):
        run(main())


def test_nothing_reaches_outside() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(Sealed):
            loop.add_reader(0, lambda: None)
        with pytest.raises(Sealed):
            loop.add_signal_handler(15, lambda: None)
        with pytest.raises(Sealed, match="TLS"):
            await asyncio.open_connection("127.0.0.1", 1, ssl=True)

    run(main())


def test_what_nobody_caught_is_written_down() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1.0)

    loop.run(main())
    assert [type(each.error) for each in loop.unhandled] == [ZeroDivisionError]


def test_clock_and_chance_repeat_themselves() -> None:
    async def main() -> tuple[object, ...]:
        clock = VirtualClock(asyncio.get_running_loop())
        await asyncio.sleep(60.0)
        right = clock.utc()
        clock.wrong_by_s = -3600.0
        assert clock.monotonic_s() == 60.0
        assert (right - clock.utc()).total_seconds() == 3600.0
        assert (right - BEGINNING).total_seconds() == 60.0
        chance = SeededChance("a")
        return right, chance.new_id(), chance.uniform(0.0, 1.0)

    assert run(main()) == run(main())
    assert SeededChance("b").new_id() != SeededChance("a").new_id()


SETS_OF_TASKS = """
import asyncio
from hardware_sim.virtual.loop import run
async def main():
    told = []
    async def work(name):
        try:
            await asyncio.sleep(9)
        finally:
            told.append(name)
    waste = [object() for _ in range(hash("x") % 1000)]
    try:
        async with asyncio.TaskGroup() as group:
            for n in range(20):
                group.create_task(work(n))
            await asyncio.sleep(1)
            raise ValueError
    except* ValueError:
        pass
    print(told)
run(main())
"""


def test_sets_of_tasks_have_the_same_order_in_every_interpreter() -> None:
    told = set()
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", SETS_OF_TASKS],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        told.add(done.stdout)
    assert len(told) == 1
