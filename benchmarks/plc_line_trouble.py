"""A broken line to the PLC: when it is noticed, and when the PLC is found again.

``python -m benchmarks.plc_line_trouble [--runs 5] [--away 60] [--json FILE]``. The link with a
tower's own settings against a peer that misbehaves. The peer that vanishes wants root; without it
that line is left out and says so.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.far_network import FarNetwork, NoFarNetwork, far_network
from benchmarks.figure import Figure, percentile, show, told, where_and_when, write
from firmware_bridge.handshake import Handshake
from firmware_bridge.job_mailbox import JobRequest, bay, slot
from firmware_bridge.link_types import LinkConfig, LinkState
from firmware_bridge.meanings import JobState, Result, Verb
from firmware_bridge.modbus_link import PlcLink
from firmware_bridge.modbus_wire import TcpEndpoint
from firmware_bridge.register_map import MAILBOXES
from tests.contract.hostile_plc import Fault, HostilePlc

LOOK_S = 0.002
PATIENCE_S = 30.0
SESSION = 0x5EED
FLIPS = 150
DETECTED_S_MAX = 1.5
FOUND_S_MAX = 1.5
"""The longest pause between two tries of ours is a second."""


class Rig:
    """One link and its peer."""

    def __init__(self, link: PlcLink, plc: HostilePlc) -> None:
        self.link = link
        self.plc = plc

    async def until(self, so: Callable[[], bool]) -> float:
        """Wait until something is true; how many seconds it took. Raises TimeoutError."""
        began_s = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            while not so():  # noqa: ASYNC110 # the link's counters announce nothing
                await asyncio.sleep(LOOK_S)
        return time.monotonic() - began_s

    async def up(self) -> float:
        """Wait for a line that is up and for an image newer than this moment."""
        now_s = time.monotonic()

        def fresh() -> bool:
            image = self.link.image
            is_up = self.link.status.state is LinkState.UP
            return is_up and image is not None and image.taken_at_s >= now_s

        return await self.until(fresh)

    async def down(self) -> float:
        """Wait until the line is called down."""
        return await self.until(lambda: self.link.status.state is not LinkState.UP)


@asynccontextmanager
async def rig(network: FarNetwork | None = None) -> AsyncIterator[Rig]:
    """A link with the settings that a tower has, up."""
    plc = HostilePlc()
    await plc.start(sock=None if network is None else network.listen())
    host = "127.0.0.1" if network is None else network.address
    config = LinkConfig(endpoint=TcpEndpoint(host, plc.port))
    link = PlcLink(config, clock=time.monotonic, utc_s=time.time, session=SESSION)
    link.start()
    made = Rig(link, plc)
    try:
        await made.up()
        yield made
    finally:
        await link.stop()
        await plc.stop()


Seen = tuple[float, float]
"""Seconds until the trouble was noticed, and from its end until there was a new image."""


async def reset(_away_s: float) -> Seen:
    """The connection is reset while a read is pending; the line stays up."""
    async with rig() as it:
        failed = it.link.counters.no_answers
        reads = len(it.plc.reads)
        it.plc.misbehave(Fault.RESET)
        await it.until(lambda: len(it.plc.reads) > reads)
        noticed_s = await it.until(lambda: it.link.counters.no_answers > failed)
        return noticed_s, await it.up()


async def stalled(away_s: float) -> Seen:
    """Connections are accepted, and nothing is answered."""
    async with rig() as it:
        it.plc.black_hole = True
        noticed_s = await it.down()
        await asyncio.sleep(max(0.0, away_s - noticed_s))
        it.plc.black_hole = False
        return noticed_s, await it.up()


async def gone(away_s: float) -> Seen:
    """Everything is reset and refused, as by a PLC that restarts."""
    async with rig() as it:
        port = it.plc.port
        await it.plc.stop()
        noticed_s = await it.down()
        await asyncio.sleep(max(0.0, away_s - noticed_s))
        await it.plc.start(port)
        return noticed_s, await it.up()


async def vanished(network: FarNetwork, away_s: float) -> Seen:
    """Nothing comes back, no refusal either: half-open connections, then a peer that restarted."""
    async with rig(network) as it:
        network.vanish()
        try:
            noticed_s = await it.down()
            # It forgets its connections, and nobody here hears of that.
            it.plc.reset_connections()
            await asyncio.sleep(max(0.0, away_s - noticed_s))
        finally:
            network.appear()
        return noticed_s, await it.up()


async def late_write() -> int:
    """A job's write is confirmed too late; how often the job was written."""
    async with rig() as it:
        at = MAILBOXES[1].address

        def acknowledge(address: int, _words: list[int]) -> None:
            if address == at:
                it.plc.acknowledge(1, 1, 77, int(Result.ACCEPTED), int(JobState.ACTIVE))

        it.plc.on_write = acknowledge
        it.plc.late_s = 2 * it.link.config.request_timeout_s
        it.plc.misbehave(Fault.LATE, at=at, writes=True)
        job = JobRequest(
            seq=1, job_id=77, session=SESSION, verb=Verb.FETCH, source=slot(5), destination=bay(1)
        )
        answer = await it.link.ask(1, job, timeout_s=5.0)
        if not isinstance(answer, Handshake):
            raise TypeError(f"the job did not leave: {answer}")
        await it.up()
        return len(it.plc.writes_to(MAILBOXES[1]))


async def flipped(chance: random.Random) -> tuple[int, int]:
    """Bits flipped in answers one after the other; how many, and how many were noticed."""
    noticed = 0
    async with rig() as it:
        counters = it.link.counters

        def complaints() -> int:
            return counters.no_answers + counters.wrong_answers + counters.torn_or_damaged_blocks

        for _ in range(FLIPS):
            before, reads = complaints(), len(it.plc.reads)
            it.plc.flip_bit = chance.randrange(8 * 240)
            it.plc.misbehave(Fault.FLIPPED)
            await it.until(lambda reads=reads: len(it.plc.reads) > reads + 1)  # type: ignore[misc]  # mypy cannot type the bound default
            noticed += complaints() > before
            await it.up()
    return FLIPS, noticed


def _pair(name: str, seen: Sequence[Seen]) -> list[Figure]:
    noticed = percentile([each[0] for each in seen], 0.5)
    found = percentile([each[1] for each in seen], 0.5)
    worst = max(each[1] for each in seen)
    return [
        Figure(
            f"{name}: noticed after, median of {len(seen)}",
            f"< {DETECTED_S_MAX:g} s",
            f"{noticed:.2f} s",
            noticed < DETECTED_S_MAX,
        ),
        Figure(
            f"{name}: read again after its end, median / longest",
            f"< {FOUND_S_MAX:g} s",
            f"{found:.2f} / {worst:.2f} s",
            found < FOUND_S_MAX,
        ),
    ]


async def _several(runs: int, once: Callable[[], Awaitable[Seen]]) -> list[Seen]:
    return [await once() for _ in range(runs)]


async def line_trouble(runs: int, away_s: float) -> list[Figure]:
    """All cases; each run is a link of its own."""
    figures = [
        *_pair("reset while a read is pending", await _several(runs, lambda: reset(away_s))),
        *_pair("accepts and never answers", await _several(runs, lambda: stalled(away_s))),
        *_pair(f"refuses for {away_s:g} s", await _several(runs, lambda: gone(away_s))),
    ]
    try:
        with far_network() as network:
            seen = await _several(runs, lambda: vanished(network, away_s))
        figures += _pair(f"vanishes for {away_s:g} s without a word", seen)
    except NoFarNetwork as why:
        figures.append(told("vanishes without a word", f"not tried here: {why}"))
    written = max([await late_write() for _ in range(runs)])
    figures.append(
        Figure("a job's write confirmed too late: written", "once", f"{written}", written == 1)
    )
    count, noticed = await flipped(random.Random(1))
    figures.append(
        told(
            "one bit flipped in a read's answer: noticed by the link",
            f"{noticed} of {count}",
        )
    )
    return figures


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plc_line_trouble")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--away", type=float, default=5.0, help="seconds that the peer is gone")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    for chatty in ("pymodbus", "firmware_bridge"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    where = where_and_when()
    figures = asyncio.run(line_trouble(options.runs, options.away))
    show(figures, where)
    if options.json is not None:
        write(options.json, figures, where)
    sys.exit(1 if any(figure.held is False for figure in figures) else 0)


if __name__ == "__main__":
    main()
