"""The same scripts on a real loop with real sockets and on the virtual one: the same stories."""

import asyncio
import os
import socket
import struct
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from firmware_bridge.errors import NoAnswer
from firmware_bridge.modbus_wire import TcpEndpoint, Wire
from hardware_sim.plc.modbus_server import PlcModbusServer
from hardware_sim.plc.server import Cut
from hardware_sim.virtual import loop as virtual
from hardware_sim.virtual.libraries import sealed_libraries

Tell = Callable[[str], None]
Script = Callable[[Tell], Awaitable[None]]

BIG = bytes(range(256)) * 8192


async def _serve(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def echo(tell: Tell) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        tell("server saw the end")
        writer.close()

    server, port = await _serve(talk)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for word in (b"one\n", b"two\n", b"three\n"):
        writer.write(word)
        tell((await reader.readline()).decode())
    writer.write_eof()
    tell(f"rest {await reader.read()!r}")
    writer.close()
    await writer.wait_closed()
    server.close()


async def nobody_listens(tell: Tell) -> None:
    server, port = await _serve(_silent)
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        tell("refused")


async def port_taken(tell: Tell) -> None:
    server, port = await _serve(_silent)
    try:
        await asyncio.start_server(_silent, "127.0.0.1", port)
    except OSError as error:
        tell(f"taken {error.errno}")
    server.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def a_lot_of_bytes(tell: Tell) -> None:
    """More than any buffer holds: writers wait for readers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        got = 0
        while part := await reader.read(10_000):
            got += len(part)
        tell(f"server got {got}")
        writer.write(BIG)
        await writer.drain()
        writer.close()

    server, port = await _serve(talk)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(4):
        writer.write(BIG)
        await writer.drain()
    writer.write_eof()
    back = await reader.read()
    tell(f"back {len(back)} {back == BIG}")
    writer.close()
    server.close()


async def server_hangs_up(tell: Tell) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.transport.abort()

    server, port = await _serve(talk)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    tell(f"{await reader.read()!r} {reader.at_eof()}")
    await asyncio.sleep(0.05)
    tell(f"closing {writer.transport.is_closing()}")
    writer.close()
    server.close()


async def unix_sockets(tell: Tell) -> None:
    """Named by a path; a second server finds it taken, a caller after the end is refused."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends: socket.socket = writer.get_extra_info("socket")
        tell(f"served {ends.family.name}, caller {writer.get_extra_info('peername')!r}")
        raw = ends.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        tell(f"by {struct.unpack('iII', raw) == (os.getpid(), os.getuid(), os.getgid())}")
        writer.write((await reader.readline()).upper())
        writer.close()

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "control")
        server = await asyncio.start_unix_server(talk, path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"good day\n")
        tell(f"{await reader.read()!r}")
        tell(f"{writer.get_extra_info('peername') == path}")
        writer.close()
        server.close()
        await server.wait_closed()
        try:
            await asyncio.open_unix_connection(path)
        except OSError as error:
            tell(f"nobody there: {type(error).__name__}")


async def http_at_a_bound_unix_socket(tell: Tell) -> None:
    """As the daemon serves its control socket."""

    async def hello(request: web.Request) -> web.Response:
        return web.json_response({"got": (await request.read()).decode()})

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "control")
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        bound.bind(path)
        app = web.Application()
        app.router.add_post("/hello", hello)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, bound).start()
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as session,
            session.post("http://tower/hello", data=b"body") as answer,
        ):
            tell(f"{answer.status} {await answer.text()}")
        await runner.cleanup()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(path)
            except ConnectionRefusedError:
                tell("left behind, and nobody listens")


class Teller(asyncio.Protocol):
    """Tells what asyncio tells it."""

    def __init__(self, tell: Tell, name: str) -> None:
        self._tell = tell
        self._name = name
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def tell(self, what: str) -> None:
        self._tell(f"{self._name} {what}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.tell("made")

    def data_received(self, data: bytes) -> None:
        self.tell(f"data {data!r}")
        if data == b"fail":
            raise ValueError("on request")

    def eof_received(self) -> bool:
        self.tell("eof")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.tell(f"lost {type(exc).__name__}")
        self.lost.set()


async def a_protocol_s_life(tell: Tell) -> None:
    """Each end's calls in order; the two ends' stories are told apart."""
    stories: dict[str, list[str]] = {"server": [], "client": []}

    def note(what: str) -> None:
        stories[what.split(maxsplit=1)[0]].append(what)

    servers: list[Teller] = []

    def made() -> Teller:
        servers.append(Teller(note, "server"))
        return servers[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(made, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, client = await loop.create_connection(
        lambda: Teller(note, "client"), "127.0.0.1", port
    )
    transport.write(b"hello")
    await asyncio.sleep(0.05)
    assert servers[0].transport is not None
    servers[0].transport.write(b"good day")
    servers[0].transport.pause_reading()
    transport.writelines([b"a", b"b"])
    await asyncio.sleep(0.05)
    note("server resumes")
    servers[0].transport.resume_reading()
    await asyncio.sleep(0.05)
    transport.close()
    transport.write(b"too late")
    await client.lost.wait()
    await servers[0].lost.wait()
    tell(str(stories))
    server.close()


async def a_protocol_that_fails(tell: Tell) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: tell(f"reported {context['exception']!r}"))
    server = await loop.create_server(lambda: Teller(tell, "server"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, client = await loop.create_connection(
        lambda: Teller(lambda _what: None, "client"), "127.0.0.1", port
    )
    transport.write(b"fail")
    await client.lost.wait()
    server.close()


async def deadlines_and_groups(tell: Tell) -> None:
    try:
        async with asyncio.timeout(0.02):
            await asyncio.sleep(5.0)
    except TimeoutError:
        tell("timeout")

    async def failing() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("one of them")

    async def waiting(name: str) -> None:
        try:
            await asyncio.sleep(5.0)
        finally:
            tell(f"{name} ends")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(waiting("a"))
            group.create_task(failing())
    except ExceptionGroup as errors:
        tell(repr(errors.exceptions))
    tell(str(await asyncio.to_thread(lambda: 6 * 7)))
    tell(str(await asyncio.gather(asyncio.sleep(0.02, "x"), asyncio.sleep(0.01, "y"))))


class _Bank:
    def __init__(self) -> None:
        self.words = dict.fromkeys(range(3000), 0)

    def read(self, address: int, count: int) -> list[int]:
        return [self.words[address + n] for n in range(count)]

    def write(self, address: int, values: list[int]) -> bool:
        if address < 10:
            return False
        self.words |= {address + n: value for n, value in enumerate(values)}
        return True


async def modbus(tell: Tell) -> None:
    bank = _Bank()
    server = PlcModbusServer(bank)
    await server.start()
    wire = Wire(TcpEndpoint("127.0.0.1", server.port), 1, 0.3)
    await wire.open()
    await wire.write(100, [1, 2, 3])
    tell(str(await wire.read(99, 5)))
    for what in (lambda: wire.write(0, [1]), lambda: wire.read(60_000, 2)):
        try:
            await what()
        except Exception as error:
            tell(_without_port(str(error), server.port))
    await server.cut(Cut.BLACK_HOLE)
    try:
        await wire.read(100, 1)
    except NoAnswer as error:
        tell(_without_port(str(error), server.port))
    await server.restore()
    await wire.open()
    tell(str(await wire.read(100, 1)))
    await server.stop()
    await asyncio.sleep(0.05)
    tell(f"connected {wire.connected}")
    try:
        await wire.open()
    except NoAnswer as error:
        tell(_without_port(str(error), server.port))
    await wire.close()


def _without_port(text: str, port: int) -> str:
    return text.replace(str(port), "PORT")


async def http(tell: Tell) -> None:
    async def hello(request: web.Request) -> web.StreamResponse:
        match request.query.get("want"):
            case "slow":
                await asyncio.sleep(1.0)
            case "drop" if request.transport is not None:
                request.transport.abort()
            case "stream":
                answer = web.StreamResponse()
                await answer.prepare(request)
                for part in (b"a" * 70_000, b"b", b"c" * 70_000):
                    await answer.write(part)
                return answer
        return web.json_response(
            {"got": (await request.read()).decode(), "q": request.query_string}
        )

    app = web.Application()
    app.router.add_route("*", "/hello", hello)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hello"
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for want in ("plain", "slow", "drop", "stream"):
            try:
                async with session.post(url, params={"want": want}, data=b"body") as answer:
                    body = await answer.read()
                    tell(f"{answer.status} {len(body)} {body[:40]!r}")
            except (TimeoutError, aiohttp.ClientError) as error:
                tell(type(error).__name__)
        await runner.cleanup()
        try:
            await session.get(url)
        except aiohttp.ClientError as error:
            tell(type(error).__name__)


SCRIPTS: tuple[Script, ...] = (
    echo,
    nobody_listens,
    port_taken,
    a_lot_of_bytes,
    server_hangs_up,
    unix_sockets,
    http_at_a_bound_unix_socket,
    a_protocol_s_life,
    a_protocol_that_fails,
    deadlines_and_groups,
    modbus,
    http,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_both_loops_tell_the_same_story(script: Script) -> None:
    async def on_real() -> list[str]:
        told: list[str] = []
        await script(told.append)
        return told

    real = asyncio.run(on_real())
    with sealed_libraries():
        loop = virtual.VirtualLoop(seed=1)
        told = loop.run(on_real())
    assert told == real
    assert real
