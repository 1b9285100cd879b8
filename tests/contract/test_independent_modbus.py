"""Our words and requests against Modbus programs that others wrote: each must mean the same."""

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from firmware_bridge.errors import WrongAnswer
from firmware_bridge.job_mailbox import JobRequest, bay, pack_job, slot, unpack_job
from firmware_bridge.meanings import Verb
from firmware_bridge.modbus_wire import TcpEndpoint, Wire
from firmware_bridge.register_map import BLOCKS, FIELDS, MAILBOXES, MAP_WORDS, Field
from firmware_bridge.words import decode_block, encode_field
from tests.contract import libmodbus

modbus_server = pytest.importorskip("pyModbusTCP.server", reason="pyModbusTCP is not installed")
modbus_client = pytest.importorskip("pyModbusTCP.client", reason="pyModbusTCP is not installed")

LIBRARY = libmodbus.load()
MBPOLL = shutil.which("mbpoll")
needs_libmodbus = pytest.mark.skipif(LIBRARY is None, reason="libmodbus5 is not installed")
needs_mbpoll = pytest.mark.skipif(MBPOLL is None, reason="mbpoll is not installed")

JOB = JobRequest(
    seq=12, job_id=70_000, session=1, verb=Verb.FETCH, source=slot(42), destination=bay(2)
)


def mark(field: Field) -> int:
    """A number that no other field holds; negative where the field has a sign."""
    value = 30_000 + field.address
    if field.type.endswith("32"):
        value += 0x0123_0000
    return -value if field.type.startswith("i") else value


NUMBERS = [field for field in FIELDS if "[" not in field.type]


def marked_memory() -> list[int]:
    memory = [0] * MAP_WORDS
    for field in NUMBERS:
        memory[field.address : field.address + field.words] = encode_field(field, mark(field))
    return memory


class Server:
    """A pyModbusTCP server on 127.0.0.1 with the marked memory."""

    def __init__(self) -> None:
        self.bank = modbus_server.DataBank(h_regs_size=MAP_WORDS)
        self._server = modbus_server.ModbusServer(
            host="127.0.0.1", port=0, no_block=True, data_bank=self.bank
        )
        self._server.start()
        self.port: int = self._server._service.server_address[1]

    def words(self, address: int, count: int) -> list[int]:
        return list(self.bank.get_holding_registers(address, count))

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """The one server (it takes half a second to stop) with its memory as at the start."""
    shared_server.bank.set_holding_registers(0, marked_memory())
    return shared_server


def mbpoll(server: Server, *arguments: str) -> str:
    assert MBPOLL is not None
    fixed = [MBPOLL, "-m", "tcp", "-p", str(server.port), "-0", "-1", "-a", "1"]
    done = subprocess.run(
        [*fixed, *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def poll_values(output: str) -> dict[int, int]:
    """What mbpoll prints as ``[address]: value``; it shows 16-bit numbers in both readings."""
    found = re.findall(r"^\[(\d+)\]:\s*(0x[0-9A-F]+|-?\d+)", output, flags=re.MULTILINE)
    return {int(address): int(value, 0) for address, value in found}


@needs_mbpoll
@pytest.mark.parametrize("name", ["H", "S", "L1", "C"])
def test_mbpoll_reads_the_words_that_our_codec_wrote(server: Server, name: str) -> None:
    block = BLOCKS[name]
    output = mbpoll(
        server, "-t", "4:hex", "-r", str(block.address), "-c", str(block.size), "127.0.0.1"
    )
    values = poll_values(output)
    words = [values[block.address + offset] for offset in range(block.size)]
    decoded = decode_block(block, words) if name != "H" else {}
    for field in block.fields:
        if field in NUMBERS and name != "H":
            assert decoded[field.name] == mark(field)
    assert words == server.words(block.address, block.size)


@needs_mbpoll
@pytest.mark.parametrize(
    "field",
    [f for f in NUMBERS if f.words == 2 and f.block in {"L1", "S", "M1"}][:8],
    ids=lambda field: f"{field.block}.{field.name}",
)
def test_mbpoll_reads_our_32_bit_numbers_with_the_high_word_first(
    server: Server, field: Field
) -> None:
    output = mbpoll(server, "-t", "4:int", "-B", "-r", str(field.address), "-c", "1", "127.0.0.1")
    assert poll_values(output)[field.address] == mark(field)


@needs_mbpoll
def test_mbpoll_writes_a_job_that_we_understand(server: Server) -> None:
    words = [str(word) for word in pack_job(JOB)]
    mbpoll(server, "-t", "4", "-r", str(MAILBOXES[2].address), "127.0.0.1", *words)
    assert unpack_job(server.words(MAILBOXES[2].address, 24)) == JOB


@needs_libmodbus
def test_libmodbus_reads_every_number_of_the_map(server: Server) -> None:
    assert LIBRARY is not None
    with libmodbus.TcpClient(LIBRARY, server.port) as client:
        for block in BLOCKS.values():
            if block.name == "H":
                continue  # its name field is text
            decoded = decode_block(block, client.read(block.address, block.size))
            for field in block.fields:
                if field in NUMBERS:
                    assert decoded[field.name] == mark(field)


@needs_libmodbus
def test_libmodbus_carries_a_job(server: Server) -> None:
    assert LIBRARY is not None
    with libmodbus.TcpClient(LIBRARY, server.port) as client:
        client.write(MAILBOXES[1].address, pack_job(JOB))
        assert unpack_job(client.read(MAILBOXES[1].address, 24)) == JOB


async def test_our_wire_reads_and_writes_a_foreign_server(server: Server) -> None:
    wire = Wire(TcpEndpoint("127.0.0.1", server.port), 1, 2.0)
    await wire.open()
    for block in BLOCKS.values():
        words = await wire.read(block.address, block.size)
        assert words == server.words(block.address, block.size)
    await wire.write(MAILBOXES[3].address, pack_job(JOB))
    assert unpack_job(server.words(MAILBOXES[3].address, 24)) == JOB
    with pytest.raises(WrongAnswer, match=r"exception 2 \(illegal data address\)"):
        await wire.read(MAP_WORDS, 1)
    await wire.close()


def test_foreign_client_and_server_agree_on_a_job(server: Server) -> None:
    client = modbus_client.ModbusClient(host="127.0.0.1", port=server.port, timeout=5.0)
    assert client.write_multiple_registers(MAILBOXES[4].address, pack_job(JOB))
    assert unpack_job(client.read_holding_registers(MAILBOXES[4].address, 24)) == JOB
    client.close()
