"""The bell wakes everybody once: by a ring, or when their own time is over."""

import asyncio

from hardware_sim.virtual.loop import VirtualLoop, run
from vendtower.flows.news import Bell


def test_each_waits_as_long_as_it_said_and_a_ring_wakes_all() -> None:
    async def world() -> list[tuple[str, bool, float]]:
        loop, bell, told = asyncio.get_running_loop(), Bell(), []

        async def wait(name: str, timeout_s: float | None, heard: int = 0) -> None:
            told.append((name, await bell.wait_beyond(heard, timeout_s), loop.time()))

        waits = [
            asyncio.create_task(wait("long", 5.0)),
            asyncio.create_task(wait("short", 1.0)),
            asyncio.create_task(wait("as short", 1.0)),
            asyncio.create_task(wait("for ever", None)),
            asyncio.create_task(wait("middle", 2.0)),
            asyncio.create_task(wait("cancelled", 0.5)),
        ]
        await asyncio.sleep(0.25)
        waits.pop().cancel()
        await asyncio.sleep(2.75)
        bell.ring()
        await asyncio.gather(*waits)
        await wait("rung before", 9.0)
        await wait("again", 0.5, heard=bell.rings)
        return told

    assert run(world()) == [
        ("short", False, 1.0),
        ("as short", False, 1.0),
        ("middle", False, 2.0),
        ("long", True, 3.0),
        ("for ever", True, 3.0),
        ("rung before", True, 3.0),
        ("again", False, 3.5),
    ]


def test_whoever_comes_later_and_waits_shorter_is_woken_first() -> None:
    async def world() -> list[float]:
        bell, loop = Bell(), asyncio.get_running_loop()

        async def wait(timeout_s: float) -> float:
            await bell.wait_beyond(0, timeout_s)
            return loop.time()

        first = asyncio.create_task(wait(10.0))
        await asyncio.sleep(1.0)
        second = asyncio.create_task(wait(2.0))
        third = asyncio.create_task(wait(20.0))
        return [await second, await first, await third]

    assert run(world()) == [3.0, 10.0, 21.0]


def test_many_who_wait_equally_long_cost_one_timer() -> None:
    made = 0

    class Counting(VirtualLoop):
        def call_at(self, *args: object, **more: object) -> asyncio.TimerHandle:
            nonlocal made
            made += 1
            return super().call_at(*args, **more)  # type: ignore[arg-type] # passed on as they came

    async def world() -> None:
        bell = Bell()
        for _ in range(3):
            await asyncio.gather(*(bell.wait_beyond(0, 1.0) for _ in range(20)))

    Counting().run(world())
    assert made == 3
