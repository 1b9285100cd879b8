"""Lines that are slow, split, garble, lose, are cut, or break."""

import asyncio
import random

import pytest

from hardware_sim.virtual.loop import VirtualLoop
from hardware_sim.virtual.network import Line
from hardware_sim.virtual.weather import Weather, pieces


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


class Pair:
    """A client of an echo server, and the line between them."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter
        self.line: Line

    async def __aenter__(self) -> "Pair":
        server = await asyncio.start_server(_echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.line = self.loop.network.line(port)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.writer.close()

    async def ask(self, data: bytes) -> bytes:
        self.writer.write(data)
        return await self.reader.readexactly(len(data))


def test_latency_is_waited_for() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with Pair(loop) as pair:
            pair.line.weather = Weather(latency_s=(3.0, 3.0))
            began_s = loop.time()
            assert await pair.ask(b"hello") == b"hello"
            assert loop.time() - began_s == pytest.approx(6.0)

    loop.run(main())


def test_a_cut_line_brings_everything_late_and_in_order() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with Pair(loop) as pair:
            pair.line.cut()
            for part in (b"one ", b"two ", b"three"):
                pair.writer.write(part)
                await asyncio.sleep(1.0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(60.0):
                    await pair.reader.readexactly(1)
            pair.line.mend()
            assert await pair.reader.readexactly(13) == b"one two three"

    loop.run(main())


def test_nobody_connects_over_a_cut_line_until_it_is_whole() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with Pair(loop) as pair:
            pair.line.cut()
            port = pair.writer.get_extra_info("peername")[1]
            loop.call_later(20.0, pair.line.mend)
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            assert 20.0 <= loop.time() < 22.0
            pair.line.cut()
            with pytest.raises(TimeoutError):
                await asyncio.open_connection("127.0.0.1", port)

    loop.run(main())


def test_both_ends_hear_of_a_reset() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with Pair(loop) as pair:
            assert len(pair.line.ends) == 2
            pair.line.reset()
            with pytest.raises(ConnectionResetError):
                await pair.reader.read()
            assert pair.line.ends == []

    loop.run(main())


def test_a_slow_reader_makes_the_writer_wait() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with Pair(loop) as pair:
            pair.line.cut()
            pair.writer.write(bytes(200_000))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5.0):
                    await pair.writer.drain()
            pair.line.mend()
            await pair.writer.drain()

    loop.run(main())


def test_bytes_survive_splitting_and_loss_but_not_garbling() -> None:
    rough = Weather(split_rate=0.5, loss_rate=0.3)
    loop = VirtualLoop(seed=5)

    async def main() -> None:
        async with Pair(loop) as pair:
            pair.line.weather = rough
            for size in range(1, 80):
                data = random.Random(size).randbytes(size)
                assert await pair.ask(data) == data
            pair.line.weather = Weather(garble_rate=1.0)
            sent = bytes(200)
            # Two bits are turned over on the way there and back, now and then the same one.
            assert [await pair.ask(sent) for _ in range(3)].count(sent) < 3

    loop.run(main())
    assert loop.time() > 1.0, "nothing was ever repeated"


def test_a_garbled_piece_differs_in_one_bit() -> None:
    chance = random.Random(3)
    for _ in range(100):
        ((data, _late_s),) = pieces(bytes(30), Weather(garble_rate=1.0), chance)
        assert sum(byte.bit_count() for byte in data) == 1


def test_the_seed_decides() -> None:
    def story(seed: int) -> list[float]:
        loop, times = VirtualLoop(seed=seed), list[float]()

        async def main() -> None:
            async with Pair(loop) as pair:
                for _ in range(20):
                    await pair.ask(b"x")
                    times.append(loop.time())

        loop.run(main())
        return times

    assert story(1) == story(1)
    assert story(1) != story(2)
