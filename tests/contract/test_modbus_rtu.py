"""The same link on a serial line: pymodbus on one end of a PTY pair, libmodbus on the other."""

import asyncio
import os
import pty
import select
import time
import tty
from collections.abc import AsyncIterator, Callable
from functools import partial
from threading import Thread

import pytest

from firmware_bridge.handshake import Handshake, Phase
from firmware_bridge.job_mailbox import JobRequest, bay, slot, unpack_job
from firmware_bridge.link_types import LinkConfig, LinkState
from firmware_bridge.meanings import Verb
from firmware_bridge.modbus_link import PlcLink
from firmware_bridge.modbus_wire import SerialEndpoint, screen_rtu
from firmware_bridge.register_map import BLOCKS, CONTROL, LIFTS, MAILBOXES
from firmware_bridge.words import crc16_modbus
from tests.contract import libmodbus
from tests.contract.hostile_plc import HostilePlc

LIBRARY = libmodbus.load()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libmodbus5 is not installed")


class Line:
    """Two pseudo-terminals and a thread that carries bytes between them."""

    def __init__(self) -> None:
        self._masters: list[int] = []
        self.ends: list[str] = []
        self._slaves: list[int] = []
        for _ in range(2):
            master, slave = pty.openpty()
            tty.setraw(slave)
            self._masters.append(master)
            self._slaves.append(slave)  # kept open, so that an end may come and go
            self.ends.append(os.ttyname(slave))
        self._stop_read, self._stop_write = os.pipe()
        self._thread = Thread(target=self._carry, name="serial line")
        self._thread.start()

    def _carry(self) -> None:
        first, second = self._masters
        while True:
            ready, _, _ = select.select([first, second, self._stop_read], [], [])
            if self._stop_read in ready:
                return
            for end in ready:
                os.write(second if end == first else first, os.read(end, 4096))

    def close(self) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        for handle in [*self._masters, *self._slaves, self._stop_read, self._stop_write]:
            os.close(handle)


@pytest.fixture
async def device() -> AsyncIterator[tuple[libmodbus.RtuServer, str]]:
    assert LIBRARY is not None
    line = Line()
    server = libmodbus.RtuServer(LIBRARY, line.ends[1], HostilePlc().memory)
    server.start()
    yield server, line.ends[0]
    await asyncio.to_thread(server.stop)
    line.close()


def make_link(port: str) -> PlcLink:
    config = LinkConfig(
        endpoint=SerialEndpoint(port, parity="N", quiet_s=0.2),  # a PTY has no parity
        request_timeout_s=0.2,
        heartbeat_s=0.05,
        idle_poll_s=0.1,
        slots_poll_s=0.1,
        silence_s=1.0,
    )
    return PlcLink(config, clock=time.monotonic, utc_s=time.time, session=5)


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - no event to await
        await asyncio.sleep(0.01)
    assert condition()


async def test_link_over_rtu(device: tuple[libmodbus.RtuServer, str]) -> None:
    server, port = device
    link = make_link(port)
    link.start()
    await until(lambda: link.status.state is LinkState.UP)
    await until(lambda: server.words(CONTROL.address, 1)[0] >= 3)
    assert link.image is not None
    assert link.image.identity.plc_name == "HOSTILE"
    job = JobRequest(
        seq=1, job_id=9, session=5, verb=Verb.FETCH, source=slot(1), destination=bay(1)
    )
    answer = await link.ask(1, job, timeout_s=0.4)
    assert isinstance(answer, Handshake)
    assert answer.phase is Phase.WRITTEN
    assert unpack_job(server.words(MAILBOXES[1].address, 24)) == job
    frames = [frame for frame in server.requests if frame[1] == 16]
    assert sum(frame[2:4] == MAILBOXES[1].address.to_bytes(2, "big") for frame in frames) == 1
    assert all(crc16_modbus(frame[:-2]).to_bytes(2, "little") == frame[-2:] for frame in frames)
    await link.stop()


async def test_late_answer_is_never_taken_for_the_next(
    device: tuple[libmodbus.RtuServer, str],
) -> None:
    """After a timeout the line is closed, left alone until the late answer is gone, reopened."""
    server, port = device
    link = make_link(port)
    link.start()
    await until(lambda: link.status.state is LinkState.UP)
    for _ in range(3):
        seen = link.counters.connections
        server.delay_next_s = 0.3
        await until(partial(_more_connections_than, link, seen))
        await link.wait_news()
    assert link.counters.no_answers >= 3
    assert link.counters.wrong_answers == 0
    assert link.counters.torn_or_damaged_blocks == 0
    assert link.counters.losses == 0
    await link.stop()


def _more_connections_than(link: PlcLink, seen: int) -> bool:
    return link.counters.connections > seen


async def test_vanished_line_is_down_and_stop_still_ends() -> None:
    link = make_link("/dev/does-not-exist")
    link.start()
    await until(lambda: link.status.state is LinkState.DOWN)
    assert "the device file does not exist" in link.status.reason
    await link.stop()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ""),
        (b"\x01\x03\x02", ""),
        (b"\x01\x83\x02", ""),
        (b"\x02\x03", "device id 2, expected 1"),
        (b"\x01\x08\x00", "function code 8, expected 3 or 16"),
    ],
)
def test_screening(data: bytes, problem: str) -> None:
    assert screen_rtu(data, 1) == problem


def test_blocks_have_unequal_lengths_so_that_a_wrong_answer_shows() -> None:
    """Lifts are alike, and are told apart by their block_id."""
    sizes = [block.size for block in BLOCKS.values() if block.block_id and block not in LIFTS]
    assert len(set(sizes)) == len(sizes)
