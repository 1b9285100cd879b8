"""A minimal controller for contract tests: raw Modbus requests, a heartbeat, nothing clever.

It speaks through pyModbusTCP, a second Modbus program, so that no mistake of pymodbus can agree
with itself on both ends.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import pytest
from pyModbusTCP.client import ModbusClient

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import (
    CRC_WORDS,
    NOWHERE,
    JobRequest,
    Place,
    next_seq,
    pack_job,
    slot,
)
from firmware_bridge.meanings import (
    BayState,
    ControlCommand,
    DoneResult,
    MachineState,
    PlaceKind,
    Result,
    Verb,
)
from firmware_bridge.words import crc16_of_words, decode_block, encode_block, group, integer
from hardware_sim.plant.car import Car
from hardware_sim.runner import SimulatedTower

BEAT_S = 0.1
POLL_S = 0.02
LOW_MM = 4000
READY = frozenset({MachineState.IDLE, MachineState.EXECUTE})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a PLC is, and at which address its map begins."""

    host: str
    port: int
    base: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `host:port:base`."""
        host, port, base = text.rsplit(":", 2)
        return cls(host, int(port), int(base))


PARTS = (slice(0, 8), slice(8, 16), slice(16, 24))


async def far_park(bench: PlcBench, **more: int) -> list[int]:
    """A job that takes a while and hurts nobody: the empty lift to the far end of the tower.

    Slots are taken to be numbered from 1 at the bottom to the last at the top.
    """
    slots = (await bench.block(rm.IDENTITY))["n_slots"]
    is_low = (await bench.lift())["hoist_pos"] < LOW_MM
    return await bench.job(Verb.PARK, NOWHERE, slot(slots if is_low else 1), **more)


def with_words(words: list[int], **changed: int) -> list[int]:
    """The job with some fields changed and a checksum that fits."""
    words = list(words)
    for name, value in changed.items():
        words[rm.MAILBOXES[1].field(name).offset] = value
    words[CRC_WORDS] = crc16_of_words(words[:CRC_WORDS])
    return words


class Refused(AssertionError):
    """The PLC answered with a Modbus exception."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(f"{what}: Modbus exception {code}")
        self.code = code


class PlcBench:
    """Reads blocks, writes jobs, and beats until told not to."""

    def __init__(self, endpoint: Endpoint, tower: SimulatedTower | None = None) -> None:
        self.endpoint = endpoint
        self._tower = tower
        self.session = random.getrandbits(31) | 1
        self.permit = 0x1F
        self.heart_beats = True
        self._beat = 0
        self._command = (0, 0)
        self._lock = asyncio.Lock()
        self._heart: asyncio.Task[None] | None = None
        self._client = self._new_client()

    def _new_client(self) -> ModbusClient:
        return ModbusClient(
            host=self.endpoint.host, port=self.endpoint.port, unit_id=1, timeout=2.0
        )

    @property
    def tower(self) -> SimulatedTower:
        """The simulator behind the endpoint; a foreign PLC skips the test."""
        if self._tower is None:
            pytest.skip("wants powers over the machine that only the simulator gives")
        return self._tower

    # --- life

    async def open(self) -> None:
        """Beat, permit, and bring the machine to IDLE as an operator would."""
        self._command = (0, integer(await self.block(rm.CONTROL), "cntrl_seq"))
        self._heart = asyncio.create_task(self._keep_beating())
        await self.until_system(lambda s: s["session_echo"] == self.session)
        await self.make_ready()

    async def make_ready(self) -> None:
        """Clear and reset until the machine takes jobs."""
        if (await self.system())["state_current"] == MachineState.ABORTED:
            await self.command(ControlCommand.CLEAR)
            await self.until_system(lambda s: s["state_current"] == MachineState.STOPPED)
        if (await self.system())["state_current"] == MachineState.STOPPED:
            await self.command(ControlCommand.RESET)
        await self.until_system(lambda s: s["state_current"] in READY)

    async def close(self) -> None:
        """Stop beating and hang up."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
        async with self._lock:
            await asyncio.to_thread(self._client.close)

    async def reconnect(self) -> None:
        """A new connection, after the PLC has broken the old one."""
        async with self._lock:
            self._client.close()
            self._client = self._new_client()

    # --- requests

    async def read(self, address: int, count: int) -> list[int]:
        """Function code 3; raises `Refused`."""
        async with self._lock:
            words = await asyncio.to_thread(
                self._client.read_holding_registers, self.endpoint.base + address, count
            )
            code = self._client.last_except
        if words is None:
            raise Refused(code, f"read {count} words from {address}")
        assert len(words) == count
        return list(words)

    async def write(self, address: int, words: list[int]) -> None:
        """Function code 16; raises `Refused`."""
        async with self._lock:
            done = await asyncio.to_thread(
                self._client.write_multiple_registers, self.endpoint.base + address, words
            )
            code = self._client.last_except
        if not done:
            raise Refused(code, f"write {len(words)} words to {address}")

    async def write_one(self, address: int, word: int) -> None:
        """Function code 6; raises `Refused`."""
        async with self._lock:
            done = await asyncio.to_thread(
                self._client.write_single_register, self.endpoint.base + address, word
            )
            code = self._client.last_except
        if not done:
            raise Refused(code, f"write one word to {address}")

    async def raw(self, pdu: bytes) -> bytes:
        """Any request as it is; the answer as it came."""
        async with self._lock:
            answer = await asyncio.to_thread(self._client.custom_request, pdu)
            code = self._client.last_except
        return bytes(answer) if answer is not None else bytes([pdu[0] | 0x80, code])

    # --- blocks

    async def block(self, block: rm.Block) -> dict[str, int]:
        """A block's integers."""
        decoded = decode_block(block, await self.read(block.address, block.size))
        return {name: value for name, value in decoded.items() if isinstance(value, int)}

    async def system(self) -> dict[str, int]:
        """The system block."""
        return await self.block(rm.SYSTEM)

    async def lift(self) -> dict[str, int]:
        """Lift 1."""
        return await self.block(rm.LIFTS[0])

    async def bay(self, number: int) -> dict[str, int]:
        """One bay."""
        return group(await self.block(rm.BAYS), f"bay{number}_")

    async def _until(
        self, block: rm.Block, predicate: Callable[[dict[str, int]], bool], timeout_s: float
    ) -> dict[str, int]:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        while True:
            values = await self.block(block)
            if predicate(values):
                return values
            assert loop.time() < deadline_s, f"not so within {timeout_s} s, last seen: {values}"
            await asyncio.sleep(POLL_S)

    async def until_system(
        self, predicate: Callable[[dict[str, int]], bool], timeout_s: float = 5.0
    ) -> dict[str, int]:
        """Poll the system block until something is so."""
        return await self._until(rm.SYSTEM, predicate, timeout_s)

    async def until_lift(
        self, predicate: Callable[[dict[str, int]], bool], timeout_s: float = 10.0
    ) -> dict[str, int]:
        """Poll lift 1 until something is so."""
        return await self._until(rm.LIFTS[0], predicate, timeout_s)

    async def until_bay(
        self, number: int, predicate: Callable[[dict[str, int]], bool], timeout_s: float = 5.0
    ) -> dict[str, int]:
        """Poll a bay until something is so."""
        prefix = f"bay{number}_"
        values = await self._until(rm.BAYS, lambda v: predicate(group(v, prefix)), timeout_s)
        return group(values, prefix)

    # --- what a controller does

    async def _keep_beating(self) -> None:
        while True:
            if self.heart_beats:
                await self.beat()
            await asyncio.sleep(BEAT_S)

    async def beat(self) -> None:
        """Write the control block once, with the next heartbeat."""
        self._beat = (self._beat + 1) & 0xFFFF
        values = {
            "hb_pc": self._beat,
            "session": self.session,
            "permit": self.permit,
            "cntrl_cmd": self._command[0],
            "cntrl_seq": self._command[1],
        }
        words = encode_block(rm.CONTROL, values)
        try:
            await self.write(rm.CONTROL.address, words)
        except Refused:
            # The PLC is restarting under us; the test that does that reconnects.
            return

    async def command(self, command: ControlCommand) -> None:
        """A PackML command, counted by its sequence."""
        self._command = (int(command), (self._command[1] + 1) & 0xFFFF)
        if self.heart_beats:
            await self.beat()
        else:
            await self.write(rm.CONTROL.address + 5, list(self._command))

    async def next_seq(self, box: int = 1) -> int:
        """The sequence number after the one that the mailbox holds."""
        return next_seq((await self.read(rm.MAILBOXES[box].address, 1))[0])

    async def job(
        self,
        verb: Verb,
        source: Place = NOWHERE,
        destination: Place = NOWHERE,
        /,
        *,
        box: int = 1,
        **more: int,
    ) -> list[int]:
        """The words of a new job, not written yet."""
        seq = more.pop("seq", 0) or await self.next_seq(box)
        request = JobRequest(
            seq=seq,
            job_id=more.pop("job_id", 1000 + seq),
            session=more.pop("session", self.session),
            verb=verb,
            source=source,
            destination=destination,
            **more,  # type: ignore[arg-type]  # numbers of the request by name
        )
        return pack_job(request)

    async def send(self, words: list[int], box: int = 1) -> Result:
        """Write a job in one request and return the PLC's answer to it."""
        await self.write(rm.MAILBOXES[box].address, words)
        return await self.answer(words[0], box)

    async def answer(self, seq: int, box: int = 1) -> Result:
        """Wait for the acknowledge of a sequence number."""
        if box == 0:
            system = await self.until_system(lambda s: s["aux_ack_seq"] == seq)
            return Result(system["aux_ack_result"])
        lift = await self.until_lift(lambda v: v["ack_seq"] == seq)
        return Result(lift["ack_result"])

    async def ended(self, seq: int) -> dict[str, int]:
        """Wait until lift 1's done words name a sequence number."""
        return await self.until_lift(lambda v: v["done_seq"] == seq)

    async def run(
        self, verb: Verb, source: Place = NOWHERE, destination: Place = NOWHERE, /, **more: int
    ) -> dict[str, int]:
        """A lift job from its writing to its end; it must be accepted."""
        words = await self.job(verb, source, destination, **more)
        result = await self.send(words)
        assert result is Result.ACCEPTED, result
        return await self.ended(words[0])

    async def door(self, verb: Verb, bay: Place) -> int:
        """A door job from its writing to its end; returns how it ended."""
        words = await self.job(verb, NOWHERE, bay, box=0)
        result = await self.send(words, box=0)
        assert result is Result.ACCEPTED, result
        system = await self.until_system(lambda s: s["aux_done_seq"] == words[0])
        return system["aux_done_result"]

    async def car_in_bay(self, number: int, car: Car) -> None:
        """A customer drives in, walks out, the door is closed, the car is measured."""
        place = Place(PlaceKind.BAY, number)
        assert await self.door(Verb.OPEN_OUTER_DOOR, place) == DoneResult.DONE
        self.tower.car_drives_in(number, car)
        await self.tower.until(lambda: bool(self.tower.events("car entered")))
        self.tower.person_leaves(number)
        await self.tower.until(lambda: bool(self.tower.events("person left")))
        assert await self.door(Verb.CLOSE_OUTER_DOOR, place) == DoneResult.DONE
        await self.until_bay(number, lambda b: b["state"] == BayState.READY)

    def place_of(self, vin: str) -> tuple[str, int]:
        """Where a car really is."""
        place = self.tower.where_is(vin)
        assert place is not None
        return place.kind.value, place.number
