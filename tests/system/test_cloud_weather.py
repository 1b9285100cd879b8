"""Any order of faults, cuts and restarts: nothing owed is lost, doubled or reordered."""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware_sim.cloud import Fault, FaultKind, Operation
from tests.cloud_bench import (
    Bench,
    Pauses,
    cloud_bench,
    new_event,
    open_journal,
    owe,
)
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.flows.event_delivery import deliver_events

EVENTS = 90

FAULTS = st.one_of(
    st.sampled_from([kind for kind in FaultKind if kind is not FaultKind.HUGE_AFTER]).map(
        lambda kind: Fault(kind, Operation.EVENTS)
    ),
    st.sampled_from([401, 403, 404, 409, 429, 503]).map(
        lambda status: Fault(FaultKind.STATUS, Operation.EVENTS, status, "1")
    ),
)
STEPS = st.lists(
    st.one_of(FAULTS, st.sampled_from(["more", "kill", "line down", "line up"])), max_size=14
)


class Luck:
    """Seeded chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def new_id(self) -> str:
        return f"{self._random.getrandbits(64):x}"

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)


class Run:
    """One tower, its restarts, and the events it owes."""

    def __init__(self, bench: Bench, journal: SqliteJournal, poison: frozenset[int]) -> None:
        self._bench = bench
        self._journal = journal
        self._poison = poison
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.owed = 0

    def boot(self, seed: int) -> None:
        self._task = asyncio.create_task(
            deliver_events(
                self._journal,
                self._bench.tower,
                self._bench.clock,
                Luck(seed),
                wake=self._wake,
                report=lambda up, note: None,
                pause=Pauses(),
            )
        )

    async def kill(self) -> None:
        assert self._task is not None
        assert not self._task.done(), self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def owe(self, count: int) -> None:
        made = [new_event(number) for number in range(self.owed, self.owed + count)]
        await owe(
            self._journal,
            *(
                replace(event, event_type="com.example.poison") if number in self._poison else event
                for number, event in enumerate(made, self.owed)
            ),
        )
        self.owed += count
        self._wake.set()

    async def step(self, step: Fault | str) -> None:
        match step:
            case Fault():
                self._bench.cloud.add_fault(step)
            case "more":
                await self.owe(min(15, EVENTS - self.owed))
            case "kill":
                await self.kill()
                self.boot(self.owed)
            case "line down":
                await self._bench.cloud.line_down()
            case _:
                await self._bench.cloud.line_up()
        for _ in range(3):
            await asyncio.sleep(0)


async def run_weather(
    directory: Path, steps: Sequence[Fault | str], poison: frozenset[int]
) -> None:
    async with (
        cloud_bench(directory, request_timeout_s=0.1) as bench,
        open_journal(directory) as journal,
    ):
        run = Run(bench, journal, poison)
        await run.owe(30)
        run.boot(0)
        for step in steps:
            await run.step(step)
        await bench.cloud.line_up()
        await run.owe(EVENTS - run.owed)
        waiting = EVENTS
        async with asyncio.timeout(20):
            while waiting:
                waiting = (await journal.outbox_counts()).waiting
                await asyncio.sleep(0.001)
        await run.kill()
        await judge(bench, journal, poison)


async def judge(bench: Bench, journal: SqliteJournal, poison: frozenset[int]) -> None:
    arrived = [event.data["number"] for event in bench.cloud.events_received]
    assert arrived == [number for number in range(EVENTS) if number not in poison]
    dead = {line.data["number"] for line in await journal.history(1000, dead_only=True)}
    assert dead == poison
    assert not any(found.content_differs for found in bench.cloud.duplicates)
    assert bench.cloud.store.out_of_order == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, poison=st.frozensets(st.integers(0, EVENTS - 1), max_size=3))
def test_nothing_is_lost_doubled_or_reordered_in_any_weather(
    steps: list[Fault | str], poison: frozenset[int]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run_weather(Path(directory), steps, poison))
