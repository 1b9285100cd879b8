"""The reference cloud without HTTP, for a tower in the same process: its line, and its faults.

What is asked and answered is what would stand in request and response; the answers are made by
the same functions (`hardware_sim.cloud.answers`) from the same state.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardware_sim.cloud import answers
from hardware_sim.cloud.failing import AFTER, HUGE_BYTES
from hardware_sim.cloud.faults import Fault, FaultKind, Operation
from hardware_sim.cloud.problems import Problem
from hardware_sim.virtual.weather import FAIR, Weather

if TYPE_CHECKING:
    from hardware_sim.cloud.reference import ReferenceCloud

PIECES = 4
"""An HTTP exchange on an open connection: request and answer, each with its confirmation."""
JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Asked:
    """A request, as it arrives."""

    operation: str
    """Last part of the path."""
    tower: str
    token: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""

    @property
    def media_type(self) -> str:
        """Without parameters."""
        return self.content_type.split(";", maxsplit=1)[0].strip()


@dataclass(frozen=True)
class Answered:
    """A response, as it arrives."""

    status: int
    body: bytes
    content_type: str = JSON
    retry_after: str | None = None
    bytes_in_all: int = 0
    """Of an answer that is too large to be carried here."""


class DirectCloudLine:
    """Between one tower and the cloud; create it in the process to which the cloud belongs."""

    def __init__(self, cloud: ReferenceCloud, chance: random.Random) -> None:
        self._cloud = cloud
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._world = copy_context()
        self._cut = False
        self._mended = asyncio.Event()
        self._held_back: list[Asked] = []
        self.weather: Weather = FAIR

    @property
    def url(self) -> str:
        """The cloud's name in messages."""
        return self._cloud.url

    # --- faults

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self._cut, self._mended = True, asyncio.Event()

    def mend(self) -> None:
        """Everything arrives again; what was under way arrives first, late."""
        self._cut = False
        self._mended.set()
        late, self._held_back = self._held_back, []
        for asked in late:
            self._loop.call_soon(self._arrive_late, asked, context=self._world)

    def _arrive_late(self, asked: Asked) -> None:
        if self._cloud.is_up:
            self._answer(asked)

    # --- asking

    async def ask(self, asked: Asked) -> Answered:
        """Carry the request there and the answer back; whoever asks sets the time limit.

        Raises:
            ConnectionError: the cloud refuses the connection, or it breaks.
        """
        if self._cut:
            self._held_back.append(asked)
            await self._never()
        await self._travel()
        if not self._cloud.is_up:
            raise ConnectionRefusedError("cannot connect: the cloud refuses")
        answer = await self._serve(asked)
        await self._travel()
        if self._cut:
            await self._never()
        return answer

    async def _travel(self) -> None:
        weather, chance = self.weather, self._chance
        took_s = chance.uniform(*weather.latency_s) * PIECES / 2
        again_s = weather.again_s
        while weather.loss_rate and chance.random() < weather.loss_rate * PIECES / 2:
            took_s += again_s
            again_s *= 2.0
        await asyncio.sleep(took_s)

    async def _never(self) -> None:
        await self._loop.create_future()

    async def _serve(self, asked: Asked) -> Answered:
        fault = self._cloud.state.faults.take(_operation(asked))
        if fault is None:
            return self._answer(asked)
        if fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.delay_s)
            return self._answer(asked)
        if fault.kind in AFTER:
            self._answer(asked)
        else:
            self._count(asked)
        if fault.kind in {FaultKind.HANG, FaultKind.HANG_AFTER}:
            await self._cloud.going_down()
        return _WRONG[fault.kind](fault)

    def _answer(self, asked: Asked) -> Answered:
        self._count(asked)
        try:
            value = _worked(self._cloud, asked)
        except Problem as problem:
            return Answered(problem.status, json.dumps(problem.document).encode(), PROBLEM)
        return Answered(200, json.dumps(value).encode())

    def _count(self, asked: Asked) -> None:
        self._cloud.state.requests[_operation(asked).value] += 1


def _operation(asked: Asked) -> Operation:
    return Operation(asked.operation.split("/", maxsplit=1)[0])


def _worked(cloud: ReferenceCloud, asked: Asked) -> object:
    state = cloud.state
    record = answers.authorised(state, asked.tower, "bearer", asked.token)
    match _operation(asked):
        case Operation.BOOT:
            return answers.boot(
                state, record, answers.json_body(asked.media_type, asked.body, JSON)
            )
        case Operation.RESERVATIONS:
            return answers.reservations(state, record, asked.query)
        case Operation.EVENTS:
            batch = answers.json_body(asked.media_type, asked.body, answers.BATCH_TYPE)
            return answers.events(state, asked.tower, batch)
        case Operation.EVIDENCE:
            answers.check_evidence_type(asked.media_type)
            sha256 = asked.operation.split("/", maxsplit=1)[1]
            return answers.evidence(record, sha256, asked.media_type, asked.body)


def _broken(_fault: Fault) -> Answered:
    raise ConnectionResetError("the connection broke")


def _status(fault: Fault) -> Answered:
    document = Problem(fault.status, "on-request", "A fault on request").document
    return Answered(fault.status, json.dumps(document).encode(), PROBLEM, fault.retry_after)


_WRONG: Mapping[FaultKind, Callable[[Fault], Answered]] = {
    FaultKind.STATUS: _status,
    FaultKind.STATUS_AFTER: _status,
    FaultKind.HANG: _broken,
    FaultKind.HANG_AFTER: _broken,
    FaultKind.DROP: _broken,
    FaultKind.DROP_AFTER: _broken,
    FaultKind.TRUNCATED_AFTER: _broken,
    FaultKind.HUGE_AFTER: lambda _fault: Answered(200, b"", bytes_in_all=HUGE_BYTES),
    FaultKind.MALFORMED_AFTER: lambda _fault: Answered(200, b'{"accepted": ['),
    FaultKind.WRONG_TYPE_AFTER: lambda _fault: Answered(
        200, b"<title>Please log in</title>", "text/html"
    ),
    FaultKind.WRONG_SHAPE_AFTER: lambda _fault: Answered(
        200, b'{"accepted": "yes", "changes": {}, "cursor": 7}'
    ),
    FaultKind.REDIRECT: lambda _fault: Answered(307, b""),
}
