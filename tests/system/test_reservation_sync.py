"""The reservation sync against the reference cloud: real sockets, waits without time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hardware_sim.cloud import Fault, FaultKind, Operation
from tests.cloud_bench import (
    NOW,
    TOWER,
    Bench,
    HighestChance,
    Pauses,
    book,
    boot_report,
    cloud_bench,
    until,
)
from vendtower.domain.reservation import (
    ReservationChange,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.flows.reservation_sync import sync_reservations
from vendtower.ports.journal import JournalFault
from vendtower.ports.reservation_cloud import BootAnswer

POLL_S = 5.0


@dataclass
class Tower:
    """What the flow would write into the journal, and what it reported."""

    pauses: Pauses = field(default_factory=Pauses)
    boots: list[BootAnswer] = field(default_factory=list)
    changes: list[ReservationChange] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    reports: list[tuple[bool, str]] = field(default_factory=list)
    apply_failures: int = 0
    boot_failures: int = 0

    async def boot_accepted(self, answer: BootAnswer) -> None:
        if self.boot_failures:
            self.boot_failures -= 1
            raise JournalFault("journal: read-only")
        self.boots.append(answer)

    async def apply(self, changes: tuple[ReservationChange, ...], cursor: str) -> None:
        if self.apply_failures:
            self.apply_failures -= 1
            raise JournalFault("journal: disk full")
        self.changes.extend(changes)
        self.cursors.append(cursor)

    def report(self, up: bool, note: str) -> None:
        self.reports.append((up, note))

    def names(self) -> list[str]:
        return [
            change.reservation.reservation_id
            if isinstance(change, ReservationSet)
            else f"-{change.reservation_id}"
            for change in self.changes
        ]


@asynccontextmanager
async def syncing(bench: Bench, tower: Tower, cursor: str | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task(
        sync_reservations(
            bench.tower,
            HighestChance(),
            boot_report=boot_report,
            boot_accepted=tower.boot_accepted,
            apply=tower.apply,
            cursor=cursor,
            poll_interval_s=POLL_S,
            report=tower.report,
            pause=tower.pauses,
        )
    )
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fault(operation: Operation, kind: FaultKind = FaultKind.STATUS, **more: object) -> Fault:
    return Fault(kind, operation, **more)  # type: ignore[arg-type]  # fields by name


async def test_boot_first_then_everything_page_by_page_then_what_is_new(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        names = [book(bench.cloud) for _ in range(60)]
        async with syncing(bench, tower):
            await until(lambda: len(tower.changes) == 60)
            await until(lambda: tower.pauses.seconds != [])
            assert len(tower.cursors) == 3
            later = book(bench.cloud)
            bench.cloud.withdraw(names[0])
            await until(lambda: len(tower.changes) == 62)
        assert tower.names() == [*names, later, f"-{names[0]}"]
        assert [answer.server_utc for answer in tower.boots] == [NOW]
        assert set(tower.pauses.seconds) == {POLL_S}
        assert tower.reports == [(True, "")]
        assert bench.cloud.requests("boot") == 1


async def test_quiet_polls_apply_nothing(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        async with syncing(bench, tower):
            await until(lambda: bench.cloud.requests("reservations") > 5)
        assert len(tower.cursors) == 1


async def test_a_restart_continues_from_its_cursor(tmp_path: Path) -> None:
    first, second = Tower(), Tower()
    async with cloud_bench(tmp_path) as bench:
        book(bench.cloud)
        async with syncing(bench, first):
            await until(lambda: len(first.changes) == 1)
        name = book(bench.cloud)
        async with syncing(bench, second, first.cursors[-1]):
            await until(lambda: len(second.changes) == 1)
        assert second.names() == [name]
        assert len(second.boots) == 1


async def test_boot_is_repeated_until_it_is_accepted(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        await bench.cloud.line_down()
        async with syncing(bench, tower):
            await until(lambda: len(tower.pauses.seconds) >= 2)
            bench.cloud.refuse_boots("under construction")
            await bench.cloud.line_up()
            await until(lambda: len(tower.reports) == 2)
            await until(lambda: len(bench.cloud.boots(TOWER)) > 2)
            assert tower.boots == []
            assert bench.cloud.requests("reservations") == 0
            bench.cloud.refuse_boots(None)
            await until(lambda: len(tower.reports) == 3)
        assert tower.pauses.seconds[:2] == [0.5, 1.0]
        assert 60.0 in tower.pauses.seconds
        assert [up for up, _ in tower.reports] == [False, False, True]
        assert tower.reports[1][1] == "the cloud does not accept this tower: under construction"
        assert len(tower.boots) == 1


async def test_a_boot_that_could_not_be_journaled_is_made_again(tmp_path: Path) -> None:
    tower = Tower(boot_failures=2)
    async with cloud_bench(tmp_path) as bench:
        async with syncing(bench, tower):
            await until(lambda: tower.reports != [])
        assert len(bench.cloud.boots(TOWER)) == 3
        assert len(tower.boots) == 1
        assert tower.pauses.seconds[:2] == [0.5, 1.0]


async def test_a_failed_apply_moves_no_cursor(tmp_path: Path) -> None:
    tower = Tower(apply_failures=3)
    async with cloud_bench(tmp_path) as bench:
        name = book(bench.cloud)
        async with syncing(bench, tower):
            await until(lambda: tower.changes != [])
        assert tower.names() == [name]
        assert tower.pauses.seconds[:3] == [0.5, 1.0, 2.0]
        assert tower.reports == [(True, "")]


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.STATUS_AFTER])
async def test_lost_answers_lose_no_change(tmp_path: Path, kind: FaultKind) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        names = [book(bench.cloud) for _ in range(30)]
        bench.cloud.add_fault(fault(Operation.RESERVATIONS, kind), times=4)
        async with syncing(bench, tower):
            await until(lambda: len(tower.changes) == 30)
        assert tower.names() == names
        assert tower.reports[-1] == (True, "")


async def test_a_broken_item_comes_through_as_such(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.add_raw_change({"op": "set", "reservation": {"id": "R-9"}}, TOWER)
        name = book(bench.cloud)
        async with syncing(bench, tower):
            await until(lambda: len(tower.changes) == 2)
        broken, good = tower.changes
        assert isinstance(broken, ReservationUnreadable)
        assert broken.reservation_id == "R-9"
        assert isinstance(good, ReservationSet)
        assert good.reservation.reservation_id == name


async def test_a_cloud_that_forgot_its_cursors_is_read_from_the_beginning(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        first = book(bench.cloud)
        async with syncing(bench, tower):
            await until(lambda: len(tower.changes) == 1)
            bench.cloud.forget_cursors(TOWER)
            bench.cloud.withdraw(first)
            await until(lambda: len(tower.changes) == 3)
        assert tower.names() == [first, first, f"-{first}"]
        assert tower.changes[-1] == ReservationWithdrawn(first)
        assert tower.reports == [(True, "")]


async def test_a_cloud_that_wants_a_boot_gets_one(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        async with syncing(bench, tower):
            await until(lambda: tower.reports != [])
            bench.cloud.forget_boot(TOWER)
            name = book(bench.cloud)
            await until(lambda: tower.names() == [name])
        assert len(tower.boots) == 2
        assert tower.reports == [(True, "")]


async def test_a_cloud_that_wants_boots_for_ever_is_asked_slower_and_reported(
    tmp_path: Path,
) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.add_fault(fault(Operation.RESERVATIONS, status=409), times=1000)
        async with syncing(bench, tower):
            await until(lambda: len(tower.pauses.seconds) >= 9)
        assert tower.pauses.seconds[:8] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
        assert [up for up, _ in tower.reports] == [False]


async def test_retry_after_holds_for_boot_and_polls(tmp_path: Path) -> None:
    tower = Tower()
    async with cloud_bench(tmp_path) as bench:
        bench.cloud.add_fault(fault(Operation.BOOT, status=503, retry_after="30"))
        bench.cloud.add_fault(fault(Operation.RESERVATIONS, status=429, retry_after="40"))
        async with syncing(bench, tower):
            await until(lambda: POLL_S in tower.pauses.seconds)
        assert tower.pauses.seconds[:2] == [30.5, 41.0]
        assert [up for up, _ in tower.reports] == [False, True]
