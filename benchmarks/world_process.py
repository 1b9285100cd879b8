"""A simulated world in a process of its own, so that it does not disturb what is measured.

The parent speaks JSON lines to it: `async with world_process() as world: await world.ask(...)`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from firmware_bridge.register_map import CONTROL
from firmware_bridge.words import decode_block, integer
from hardware_sim.demo.bookings import book
from hardware_sim.fleet import stock_list
from hardware_sim.people.portraits import GRACE_HOPPER
from hardware_sim.runner import SimulatedTower
from hardware_sim.world import SimulatedWorld, open_world

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "examples" / "guangzhou.toml"
LINE_BYTES_MAX = 1 << 20


class WorldProcess:
    """The parent's end."""

    def __init__(self, process: asyncio.subprocess.Process, about: dict[str, Any]) -> None:
        self._process = process
        self.site_file = Path(about["site_file"])
        self.control_socket = Path(about["control_socket"])
        self.web_url = str(about["web_url"])
        self.stock_file = Path(about["stock_file"])

    async def ask(self, what: str) -> Any:  # JSON of whatever was asked
        """Let the world do something; its answer."""
        if self._process.stdin is None:
            raise RuntimeError("the world was started without a line to it")
        self._process.stdin.write(what.encode() + b"\n")
        await self._process.stdin.drain()
        return await _line(self._process)


@asynccontextmanager
async def world_process(speed: float = 6.0) -> AsyncIterator[WorldProcess]:
    """Start it; it ends with the context."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.world_process",
        str(speed),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    try:
        yield WorldProcess(process, await _line(process))
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> Any:  # JSON
    if process.stdout is None:
        raise RuntimeError("the world was started without a line from it")
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the simulated world has ended; see its messages above")
    return json.loads(line)


class HeartbeatRecorder:
    """Stands before the PLC's registers and notes when a new heartbeat of the controller comes."""

    def __init__(self, tower: SimulatedTower) -> None:
        self._tower = tower
        self._last = -1
        self.times_s: list[float] = []

    def read(self, address: int, count: int) -> list[int]:
        """Pass on."""
        return self._tower.read(address, count)

    def write(self, address: int, values: list[int]) -> bool:
        """Note the heartbeat's change, and pass on."""
        if address == CONTROL.address and len(values) == CONTROL.size:
            heartbeat = integer(decode_block(CONTROL, values), "hb_pc")
            if heartbeat != self._last:
                self._last = heartbeat
                self.times_s.append(asyncio.get_running_loop().time())
        return self._tower.write(address, values)


def _answer(world: SimulatedWorld, recorder: HeartbeatRecorder, what: str) -> object:
    match what:
        case "book":
            visitor = book(world, GRACE_HOPPER, world.cars[sorted(world.cars)[0]], kiosk=1)
            return visitor.vin
        case "person":
            world.cameras.scene(1).person(GRACE_HOPPER)
            return True
        case "heartbeats":
            times_s, recorder.times_s = recorder.times_s, []
            return times_s
        case _:
            raise ValueError(f"world process: {what!r} is nothing it knows")


async def _serve(speed: float) -> None:
    with tempfile.TemporaryDirectory(prefix="vendtower-figures-") as directory:
        async with open_world(EXAMPLE, Path(directory), speed=speed) as world:
            recorder = HeartbeatRecorder(world.tower)
            world.tower.server.bank = recorder
            stock_file = Path(directory) / "stock.csv"
            stock_file.write_text(stock_list(world.cars), encoding="utf-8")
            about = {
                "site_file": str(world.site_file),
                "control_socket": str(world.control_socket),
                "web_url": world.web_url,
                "stock_file": str(stock_file),
            }
            print(json.dumps(about), flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                print(json.dumps(_answer(world, recorder, line.strip())), flush=True)


if __name__ == "__main__":
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    asyncio.run(_serve(float(sys.argv[1])))
