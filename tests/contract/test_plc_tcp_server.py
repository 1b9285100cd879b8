"""The simulated PLC's Modbus TCP, byte by byte: frames that are split, joined, foreign or wrong."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hardware_sim.plc.modbus_server import PlcModbusServer
from hardware_sim.plc.server import Cut

pytestmark = pytest.mark.slow

READ_TWO = bytes.fromhex("0001 0000 0006 01 03 0064 0002")
TWO = bytes.fromhex("0001 0000 0007 01 03 04 0064 0065")


class _Bank:
    """Every word holds its own address; some may be written."""

    def __init__(self) -> None:
        self.written: list[tuple[int, list[int]]] = []

    def read(self, address: int, count: int) -> list[int]:
        return list(range(address, address + count))

    def write(self, address: int, values: list[int]) -> bool:
        self.written.append((address, values))
        return address >= 880


@pytest.fixture
async def server() -> AsyncIterator[PlcModbusServer]:
    made = PlcModbusServer(_Bank())
    await made.start()
    yield made
    await made.stop()


async def asked(server: PlcModbusServer, *parts: bytes) -> bytes:
    """What comes back until the server is silent or closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10.0)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("0001 0000 0006 01 03 0064 0002", "0001 0000 0007 01 03 04 0064 0065"),
        ("0002 0000 0006 01 06 0370 0007", "0002 0000 0006 01 06 0370 0007"),
        ("0003 0000 0009 01 10 0370 0001 02 0007", "0003 0000 0006 01 10 0370 0001"),
        ("0004 0000 0006 01 06 0020 0007", "0004 0000 0003 01 86 02"),
        ("0005 0000 0006 01 04 0064 0002", "0005 0000 0003 01 84 01"),
        ("0006 0000 0006 01 03 03ff 0002", "0006 0000 0003 01 83 02"),
        ("0007 0000 0006 01 03 0064 0079", "0007 0000 0003 01 83 03"),
        ("0008 0000 0006 02 03 0064 0002", "0008 0000 0003 02 83 0b"),
        ("0009 0000 0003 01 03 00", "0009 0000 0003 01 83 03"),
        ("000a 0000 0006 01 03 0064 0002" * 2, "000a 0000 0007 01 03 04 0064 0065" * 2),
    ],
    ids=lambda text: text[:40],
)
async def test_requests_and_answers(
    server: PlcModbusServer, request_hex: str, answer_hex: str
) -> None:
    assert await asked(server, bytes.fromhex(request_hex)) == bytes.fromhex(answer_hex)


async def test_a_request_may_come_in_pieces(server: PlcModbusServer) -> None:
    assert await asked(server, *[READ_TWO[at : at + 1] for at in range(len(READ_TWO))]) == TWO


@pytest.mark.parametrize("header_hex", ["0001 0001 0006 01", "0001 0000 0001 01", "0001 0000 00ff"])
async def test_who_speaks_otherwise_is_cut_off(server: PlcModbusServer, header_hex: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(bytes.fromhex(header_hex) + bytes(8))
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10.0) == b""
    writer.close()
    assert await asked(server, READ_TWO) == TWO


async def test_what_a_black_hole_swallows_arrives_when_it_is_mended(
    server: PlcModbusServer,
) -> None:
    await server.cut(Cut.BLACK_HOLE)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(READ_TWO)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    assert server.requests == 0
    await server.restore()
    assert await asyncio.wait_for(reader.readexactly(len(TWO)), 10.0) == TWO
    writer.close()
