"""Worker processes of a campaign, and what becomes of a seed in them, whatever happens to them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.swarm.plan import Options, Plan, options_tables, plan_tables

COMMAND = (sys.executable, "-m", "benchmarks.swarm.worker")
ANSWER_BYTES_MAX = 64 * 1024 * 1024
SEEDS_OF_A_PROCESS = 40
"""Then a new one begins: what one run leaves behind must not carry far."""
LAST_WORDS_S = 10.0
KEPT_LINES = 80


@dataclass(frozen=True)
class Task:
    """One run to be played."""

    options: Options
    plan: Plan | None = None
    """None: the one that the options draw."""
    bug: str | None = None
    """A planted bug (`mutants.py`) to play it with."""
    shrink_s: float = 0.0
    kept_as: str = ""
    """A name for people and files; the seed where empty."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.kept_as or f"seed-{self.options.seed}"

    def line(self) -> bytes:
        """For a worker."""
        tables = {
            "options": options_tables(self.options),
            "plan": None if self.plan is None else plan_tables(self.plan),
            "bug": self.bug,
            "shrink_s": self.shrink_s,
        }
        return json.dumps(tables).encode() + b"\n"


@dataclass(frozen=True)
class Outcome:
    """What came of one task."""

    task: Task
    problems: tuple[str, ...]
    """What did not hold, or why nothing is known of the run; empty: everything held."""
    played: Mapping[str, Any] = field(default_factory=dict)
    """The worker's words on the whole run; empty when it gave none."""
    small: Mapping[str, Any] = field(default_factory=dict)
    """The same of the smallest plan that fails likewise; empty when there is none."""
    last_words: tuple[str, ...] = ()
    """Of a worker that died or was ended."""

    @property
    def held(self) -> bool:
        """Everything that must hold did."""
        return not self.problems

    @property
    def trace(self) -> str:
        """The hash of all that happened; empty when the run did not end."""
        return str(self.played.get("trace", ""))


class _Lost(Exception):
    """No answer: the worker is gone, or was ended for taking too long."""


class Hand:
    """One place for a worker; its process is replaced when it dies, hangs or has played many."""

    def __init__(self, *, hash_seed: int, limit_s: float, command: Sequence[str] = COMMAND) -> None:
        self._environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
        self._limit_s = limit_s
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._played = 0
        self._last_words: deque[str] = deque(maxlen=KEPT_LINES)
        self._listening: asyncio.Task[None] | None = None

    async def play(self, task: Task) -> Outcome:
        """Let it be played; a worker that is lost is an outcome too."""
        try:
            await self._ask(task)
            played = await self._answer(self._limit_s)
        except _Lost as lost:
            await self.end()
            return Outcome(task, (str(lost),), last_words=tuple(self._last_words))
        problems = tuple(played["problems"])
        if played["answer"] == "broken":
            return Outcome(task, problems, last_words=tuple(self._last_words))
        if not problems or task.shrink_s <= 0:
            return Outcome(task, problems, played)
        try:
            small = await self._answer(task.shrink_s + 2 * self._limit_s)
        except _Lost:
            await self.end()
            return Outcome(task, problems, played, last_words=tuple(self._last_words))
        return Outcome(task, problems, played, small if small["answer"] == "small" else {})

    async def end(self) -> None:
        """End its process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if self._listening is not None:
            await self._listening

    async def _ask(self, task: Task) -> None:
        if self._played >= SEEDS_OF_A_PROCESS:
            await self.end()
        if self._process is None:
            self._played = 0
            self._process = await self._begin()
        self._played += 1
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(task.line())
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise _Lost(await self._how_it_ended(self._process)) from None

    async def _begin(self) -> asyncio.subprocess.Process:
        self._last_words.clear()
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            limit=ANSWER_BYTES_MAX,
            start_new_session=True,  # Ctrl-C is for the campaign, which ends its workers itself
        )
        assert process.stderr is not None
        self._listening = asyncio.create_task(self._listen(process.stderr))
        return process

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self._last_words.append(line.decode(errors="replace").rstrip())

    async def _answer(self, within_s: float) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                line = await process.stdout.readline()
        except TimeoutError:
            await self._abort(process)
            raise _Lost(f"no answer within {within_s:.0f} s; the worker was ended") from None
        if not line.endswith(b"\n"):
            raise _Lost(await self._how_it_ended(process))
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _how_it_ended(self, process: asyncio.subprocess.Process) -> str:
        status = await process.wait()
        if status < 0:
            return f"the worker was killed by {signal.Signals(-status).name}"
        return f"the worker ended with status {status}"

    async def _abort(self, process: asyncio.subprocess.Process) -> None:
        """By SIGABRT, at which it says where it was."""
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGABRT)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await process.wait()
