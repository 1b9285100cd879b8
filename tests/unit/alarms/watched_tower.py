"""A tower in memory with a real journal, whose machine, clock and computer a test moves by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bench.scripted_identity import People, ScriptedIdentity
from tests.unit.journal.opened import InlineExecutor, opened
from tests.unit.web.tower_sample import lift_report, sample_site, snapshot
from vendtower.domain.alarm import Alarm, AlarmKey, Severity
from vendtower.domain.alarm_filter import FilterLimits
from vendtower.domain.job import Fate, Job, JobAnswer, JobFate, JobUnanswered
from vendtower.domain.jog import JogAxis
from vendtower.domain.machine import (
    ControlMode,
    LinkState,
    MachineCommand,
    MachineSnapshot,
    MachineState,
    PlcAlarm,
    PlcLink,
)
from vendtower.flows.alarm_watch import AlarmWatch
from vendtower.flows.book import Book
from vendtower.flows.controls import AlarmRequest, ControlAnswer
from vendtower.flows.desk_controls import DeskControls
from vendtower.flows.list_memory import ListMemory
from vendtower.flows.tower import Kiosk, Tower
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change, HistoryEvent, JournalFault

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIMITS = FilterLimits()


@dataclass
class HandClock:
    now_s: float = 1000.0
    believed: ClockQuality = ClockQuality.SYNCHRONIZED

    def monotonic_s(self) -> float:
        return self.now_s

    def utc(self) -> datetime:
        return NOON + timedelta(seconds=self.now_s - 1000.0)

    def quality(self) -> ClockQuality:
        return self.believed


@dataclass
class CountingChance:
    count: int = 0

    def new_id(self) -> str:
        self.count += 1
        return f"id-{self.count}"

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


@dataclass
class HandHost:
    free_bytes: int | None = 10**11

    def free_disk_bytes(self) -> int | None:
        return self.free_bytes


def quiet_machine() -> MachineSnapshot:
    """In production, nothing in it, nothing moving."""
    lift = replace(lift_report(), standstill=True)
    return replace(
        snapshot(lift),
        state=MachineState.IDLE,
        occupied_slots=frozenset(),
        doubtful_slots=frozenset(),
    )


@dataclass
class HandPlc:
    """The port, showing what the test says."""

    clock: HandClock
    link: PlcLink = field(default_factory=lambda: PlcLink(LinkState.UP))
    jogged: tuple[int, JogAxis, float] | None = None
    shown: MachineSnapshot = field(default_factory=quiet_machine)

    @property
    def snapshot(self) -> MachineSnapshot | None:
        return self.shown

    @property
    def read_at_s(self) -> float:
        return self.clock.now_s

    async def wait_news(self) -> None:
        return

    async def wait_older_than(self, age_s: float) -> None:
        await asyncio.Event().wait()

    async def ask(self, job: Job) -> JobAnswer:
        return JobUnanswered(f"{job} is not asked here")

    def fate(self, job: Job) -> JobFate:
        return JobFate(Fate.PENDING, str(job))

    async def command(self, command: MachineCommand) -> bool:
        return command is not None

    def permit(self, lifts: AbstractSet[int]) -> None:
        self.permitted = set(lifts)

    def request_mode(self, mode: ControlMode | None) -> None:
        self.mode_asked = mode

    def jog(self, lift: int, axis: JogAxis, speed: float) -> None:
        self.jogged = (lift, axis, speed)

    def end_jog(self) -> None:
        self.jogged = None

    def follow(self, moving: bool) -> None:
        self.fast = moving


def plc_alarm(
    code: int, source: str = "tower", *, active: bool = True, seq: int = 1, parameter: int = 0
) -> PlcAlarm:
    return PlcAlarm(seq, code, source, Severity.WARNING, active, parameter)


class Watched:
    """The tower and its alarm watch."""

    def __init__(self, tower: Tower, plc: HandPlc, clock: HandClock, host: HandHost) -> None:
        self.tower = tower
        self.plc = plc
        self.clock = clock
        self.host = host
        self.watch = AlarmWatch(tower, host)

    async def look(self, after_s: float = 0.0) -> None:
        self.clock.now_s += after_s
        await self.watch.look()

    async def last(self, seconds: float, step_s: float = 0.5) -> None:
        """Look as the watch does while time passes."""
        for _ in range(round(seconds / step_s)):
            await self.look(step_s)

    def plc_says(self, *alarms: PlcAlarm) -> None:
        self.plc.shown = replace(self.plc.shown, alarms=alarms)

    def alarm(self, code: str, source: str = "tower") -> Alarm | None:
        found = {alarm.key: alarm for alarm in self.tower.alarms}
        return found.get(AlarmKey(code, source))

    def state(self, code: str, source: str = "tower") -> str:
        alarm = self.alarm(code, source)
        return "normal" if alarm is None else alarm.state.value

    def codes(self) -> set[str]:
        return {alarm.code for alarm in self.tower.alarms}

    async def ask(self, request: AlarmRequest, by: str = "technician on duty") -> ControlAnswer:
        return await DeskControls(self.tower).ask_of_alarm(request, by)

    async def told(self, code: str) -> list[str]:
        """What the history says of a code, oldest first; * marks what the cloud is owed."""
        return [
            event.event_type.split(".")[3] + ("*" if event.delivery == "waiting" else "")
            for event in await self.history()
            if event.data["code"] == code
        ]

    async def history(self) -> Iterable[HistoryEvent]:
        events = await self.tower.book.journal.history(1000)
        return [e for e in reversed(events) if e.event_type.startswith("com.vendtower.alarm.")]


class Disk:
    """The wire to the disk, which the test lets fail or wait."""

    def __init__(self, at: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails = False
        self.takes_s = 0.0
        self.answers = asyncio.Event()
        self.answers.set()
        self._commit = at.tower.book.journal.commit
        monkeypatch.setattr(at.tower.book.journal, "commit", self._commits)

    async def _commits(self, change: Change) -> None:
        await self.answers.wait()
        await asyncio.sleep(self.takes_s)
        if self.fails:
            raise JournalFault("journal: the disk is full")
        await self._commit(change)


@asynccontextmanager
async def watched(path: Path, clock: HandClock | None = None) -> AsyncIterator[Watched]:
    """A tower that continues from the journal at ``path``, in service, with nothing wrong."""
    clock = clock or HandClock()
    async with opened(path, executor=InlineExecutor(), utc=clock.utc) as journal:
        book = Book(journal)
        await book.open()
        book.boot_accepted = True
        identity = ScriptedIdentity(People())
        await identity.start()
        plc = HandPlc(clock)
        tower = Tower(
            site=sample_site(),
            book=book,
            plc=plc,
            identity=identity,
            clock=clock,
            chance=CountingChance(),
            kiosks={number: Kiosk(number, number, "en") for number in (1, 2)},
            cloud_reachable=True,
            recovered=True,
            list_memory=ListMemory(age_s=0.0, counted_s=clock.monotonic_s()),
        )
        yield Watched(tower, plc, clock, HandHost())
