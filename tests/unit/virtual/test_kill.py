"""A process that is killed does nothing more, whatever it was about to do."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Callable

import pytest

from hardware_sim.virtual.executor import VirtualExecutor
from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.process import Death, Process, owner


def test_no_finally_runs_and_no_timer_fires() -> None:
    loop = VirtualLoop()
    told: list[str] = []

    async def worker(gate: asyncio.Event) -> None:
        loop.call_later(5.0, told.append, "timer")
        asyncio.create_task(asyncio.sleep(5.0)).add_done_callback(lambda _: told.append("task"))
        try:
            await gate.wait()
            told.append("went on")
        finally:
            told.append("finally")

    async def main() -> None:
        controller, gate = Process("controller"), asyncio.Event()
        loop.spawn(controller, worker(gate))
        await asyncio.sleep(1.0)
        loop.kill(controller)
        gate.set()
        await asyncio.sleep(10.0)
        gc.collect()
        assert not controller.alive

    loop.run(main())
    gc.collect()
    assert told == []
    assert loop.unhandled == []


def test_an_open_generator_of_the_dead_is_not_closed_at_the_end() -> None:
    loop = VirtualLoop()
    told: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(9.0)
        finally:
            await asyncio.sleep(1.0)
            told.append("closed")

    async def reader() -> None:
        async for _ in numbers():
            continue

    async def main() -> None:
        process = Process("p")
        loop.spawn(process, reader())
        await asyncio.sleep(1.0)
        loop.kill(process)

    loop.run(main())
    assert told == []


def test_what_a_process_begins_is_its_own_however_deep() -> None:
    loop = VirtualLoop()
    owners: list[Process | None] = []

    async def inner() -> None:
        await asyncio.to_thread(lambda: owners.append(owner()))
        loop.call_soon(lambda: owners.append(owner()))
        await asyncio.sleep(0.1)

    async def outer() -> None:
        await asyncio.create_task(inner())

    async def main() -> None:
        mine = Process("mine")
        await loop.spawn(mine, outer())
        assert owners == [mine, mine]
        assert owner() is None

    loop.run(main())


def test_nobody_ends_itself() -> None:
    loop = VirtualLoop()
    process = Process("p")

    async def suicidal() -> None:
        loop.kill(process)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="cannot end itself"):
            await loop.spawn(process, suicidal())

    loop.run(main())


class Far(asyncio.Protocol):
    def __init__(self, told: list[str], now: Callable[[], float]) -> None:
        self._told = told
        self._now = now
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._told.append(f"{type(exc).__name__} at {self._now():.0f} s")


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Death.CRASH, ["ConnectionResetError at 1 s"]),
        (Death.POWER, ["ConnectionResetError at 20 s"]),
    ],
)
def test_peers_hear_of_a_crash_at_once_and_of_a_power_cut_when_it_is_over(
    how: Death, expected: list[str]
) -> None:
    loop = VirtualLoop()
    told: list[str] = []

    async def client(port: int) -> None:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await loop.create_future()
        writer.close()

    async def main() -> None:
        far: list[Far] = []

        def made() -> Far:
            far.append(Far(told, loop.time))
            return far[-1]

        server = await loop.create_server(made, "127.0.0.1", 0)
        controller = Process("controller")
        loop.spawn(controller, client(server.sockets[0].getsockname()[1]))
        await asyncio.sleep(1.0)
        loop.kill(controller, how)
        await asyncio.sleep(9.0)
        if not told:
            assert far[0].transport is not None
            far[0].transport.write(b"are you there?")
        await asyncio.sleep(10.0)
        loop.network.power_on("controller")
        await asyncio.sleep(10.0)

    loop.run(main())
    assert told == expected


@pytest.mark.parametrize(("how", "answers_after_s"), [(Death.CRASH, 1), (Death.POWER, 31)])
def test_a_dead_server_refuses_or_is_not_there_at_all(how: Death, answers_after_s: int) -> None:
    loop = VirtualLoop()

    async def serve() -> None:
        await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 77)

    async def main() -> None:
        plc = Process("plc")
        await loop.spawn(plc, serve())
        await asyncio.sleep(1.0)
        loop.kill(plc, how)
        loop.call_later(30.0, loop.network.power_on, "plc")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", 77)
        assert int(loop.time()) in {answers_after_s, answers_after_s + 1}

    loop.run(main())


def test_work_in_a_thread_is_done_or_not_when_its_process_is_killed() -> None:
    """Killed at any moment: the work is whole or was never begun; its answer may be lost."""
    found: set[tuple[int, int]] = set()
    for step in range(30):
        loop = VirtualLoop()
        done: list[str] = []
        heard: list[str] = []
        executor = VirtualExecutor(random.Random(1), before_s=(1.0, 1.0), after_s=(1.0, 1.0))

        async def worker(
            executor: VirtualExecutor = executor,
            done: list[str] = done,
            heard: list[str] = heard,
        ) -> None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(executor, done.append, "done")
            heard.append("heard")

        async def main(loop: VirtualLoop = loop, step: int = step, work: object = worker) -> None:
            process = Process("p")
            assert callable(work)
            loop.spawn(process, work())
            await asyncio.sleep(0.1 * step + 0.05)
            loop.kill(process)
            await asyncio.sleep(10.0)

        loop.run(main())
        found.add((len(done), len(heard)))
    assert found == {(0, 0), (1, 0), (1, 1)}


def test_work_of_one_executor_is_done_in_order() -> None:
    loop = VirtualLoop()
    done: list[int] = []

    async def main() -> None:
        executor = VirtualExecutor(random.Random(4), before_s=(0.0, 1.0), after_s=(0.0, 1.0))
        work = [loop.run_in_executor(executor, done.append, n) for n in range(10)]
        await asyncio.gather(*work)
        failing = loop.run_in_executor(executor, lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await failing

    loop.run(main())
    assert done == list(range(10))
