"""The outbox against the reference cloud: journal on disk, real sockets, waits without time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hardware_sim.cloud import Fault, FaultKind, Operation
from tests.cloud_bench import (
    TOWER,
    Bench,
    HighestChance,
    Pauses,
    cloud_bench,
    new_event,
    open_journal,
    owe,
    until,
    write_token,
)
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.flows.event_delivery import deliver_events
from vendtower.ports.journal import Journal, JournalFault
from vendtower.ports.reservation_cloud import EventReceipt, OutboxEvent, ReservationCloud


@dataclass
class Delivery:
    """The flow while it runs, and what it reported."""

    bench: Bench
    journal: Journal
    pauses: Pauses
    wake: asyncio.Event
    reports: list[tuple[bool, str]] = field(default_factory=list)

    async def until_empty(self) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + 10
        while (await self.journal.outbox_counts()).waiting:
            assert loop.time() < deadline_s, "the outbox did not become empty in time"
            await asyncio.sleep(0.002)

    @property
    def arrived(self) -> list[str]:
        return [event.event_id for event in self.bench.cloud.events_received]

    async def dead(self) -> dict[str, str]:
        lines = await self.journal.history(1000, dead_only=True)
        return {line.event_id: line.delivery for line in lines}


@asynccontextmanager
async def delivering(
    bench: Bench,
    journal: Journal,
    cloud: ReservationCloud | None = None,
    wake: asyncio.Event | None = None,
) -> AsyncIterator[Delivery]:
    delivery = Delivery(bench, journal, Pauses(), wake or asyncio.Event())
    task = asyncio.create_task(
        deliver_events(
            journal,
            cloud or bench.tower,
            bench.clock,
            HighestChance(),
            wake=delivery.wake,
            report=lambda up, note: delivery.reports.append((up, note)),
            pause=delivery.pauses,
        )
    )
    try:
        yield delivery
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def ids(*numbers: int) -> list[str]:
    return [f"event-{number:03d}" for number in numbers]


def events(fault: FaultKind, **more: object) -> Fault:
    return Fault(fault, Operation.EVENTS, **more)  # type: ignore[arg-type]  # fields by name


async def test_events_go_in_order_in_batches_and_new_ones_follow(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        await owe(journal, *(new_event(number) for number in range(120)))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
            assert bench.cloud.requests("events") == 3
            await owe(journal, new_event(120))
            delivery.wake.set()
            await delivery.until_empty()
        assert delivery.arrived == ids(*range(121))
        assert delivery.reports == [(True, "")]
        assert delivery.pauses.seconds == []
        assert bench.cloud.duplicates == ()
        assert bench.cloud.store.gaps(TOWER) == []


async def test_lost_answers_have_their_effect_once(tmp_path: Path) -> None:
    lost = [
        FaultKind.STATUS_AFTER,
        FaultKind.DROP_AFTER,
        FaultKind.TRUNCATED_AFTER,
        FaultKind.MALFORMED_AFTER,
        FaultKind.WRONG_TYPE_AFTER,
        FaultKind.WRONG_SHAPE_AFTER,
    ]
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        for kind in lost:
            bench.cloud.add_fault(events(kind))
        await owe(journal, *(new_event(number) for number in range(3)))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert delivery.arrived == ids(0, 1, 2)
        assert len(bench.cloud.duplicates) == 3 * len(lost)
        assert not any(found.content_differs for found in bench.cloud.duplicates)
        assert delivery.pauses.seconds == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
        assert await delivery.dead() == {}


async def test_a_cloud_that_is_away_is_reported_once_and_its_return_once(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        await bench.cloud.line_down()
        await owe(journal, new_event(1))
        async with delivering(bench, journal) as delivery:
            await until(lambda: len(delivery.pauses.seconds) >= 9)
            await bench.cloud.line_up()
            await delivery.until_empty()
            await until(lambda: len(delivery.reports) == 2)
        assert delivery.pauses.seconds[:9] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
        (lost, why), recovered = delivery.reports
        assert (lost, recovered) == (False, (True, ""))
        assert "cloud http://127.0.0.1" in why
        assert delivery.arrived == ids(1)


async def test_retry_after_is_honoured(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        bench.cloud.add_fault(events(FaultKind.STATUS, status=429, retry_after="120"))
        bench.cloud.add_fault(events(FaultKind.STATUS, status=503, retry_after="999999"))
        await owe(journal, new_event(1))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert delivery.pauses.seconds == [120.5, 3601.0]


async def test_a_refused_token_costs_no_event_and_is_tried_slowly(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        bench.cloud.rotate_token("token-2nd", TOWER)
        await owe(journal, new_event(1))
        async with delivering(bench, journal) as delivery:
            await until(lambda: len(delivery.pauses.seconds) >= 3)
            write_token(bench.token_file, "token-2nd")
            await delivery.until_empty()
        assert set(delivery.pauses.seconds) == {60.0}
        assert [up for up, _ in delivery.reports] == [False, True]
        assert await delivery.dead() == {}
        assert delivery.arrived == ids(1)


async def test_a_poisoned_event_costs_itself_alone_and_order_stays(tmp_path: Path) -> None:
    poison = {17, 18, 49, 63}
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        made = [new_event(number) for number in range(70)]
        for number in poison:
            # A type that the contract does not allow: the cloud refuses the batch with 422.
            made[number] = replace(made[number], event_type="com.example.poison")
        await owe(journal, *made)
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert delivery.arrived == ids(*(n for n in range(70) if n not in poison))
        assert bench.cloud.store.out_of_order == []
        assert bench.cloud.duplicates == ()
        dead = await delivery.dead()
        assert dead.keys() == set(ids(*poison))
        assert all("found status 422 (No batch of events: event 0: type" in why
                   for why in dead.values())  # fmt: skip
        counts = await journal.outbox_counts()
        assert (counts.delivered, counts.dead, counts.waiting) == (66, 4, 0)
        assert bench.cloud.requests("events") < 50


async def test_single_refusals_in_a_row_slow_down(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        bench.cloud.add_fault(events(FaultKind.STATUS, status=400), times=1000)
        await owe(journal, *(new_event(number) for number in range(8)))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert delivery.pauses.seconds == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
        assert list(await delivery.dead()) == ids(*range(7, -1, -1))


async def test_events_that_the_cloud_rejects_by_name_are_dead_letters(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        bench.cloud.store.reject_types[new_event(0).event_type] = "not wanted"
        await owe(journal, new_event(1))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert await delivery.dead() == {"event-001": "dead: not wanted"}
        assert delivery.reports == [(True, "")]


async def test_an_event_too_large_for_the_contract_is_a_dead_letter(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        await owe(journal, new_event(1), new_event(2, text="x" * 1_100_000), new_event(3))
        async with delivering(bench, journal) as delivery:
            await delivery.until_empty()
        assert delivery.arrived == ids(1, 3)
        assert (await delivery.dead()).keys() == {"event-002"}


class Forgetful:
    """The journal, failing to mark what was delivered a few times."""

    def __init__(self, journal: SqliteJournal, failures: int) -> None:
        self.load, self.commit, self.history = journal.load, journal.commit, journal.history
        self.alarm_history = journal.alarm_history
        self.meter_days, self.sign_offs = journal.meter_days, journal.sign_offs
        self.owed_events, self.outbox_counts = journal.owed_events, journal.outbox_counts
        self._journal = journal
        self._failures = failures

    async def settle_events(self, accepted: Sequence[str], rejected: Mapping[str, str]) -> None:
        if self._failures:
            self._failures -= 1
            raise JournalFault("journal: disk full")
        await self._journal.settle_events(accepted, rejected)


async def test_what_was_delivered_but_not_marked_goes_again(tmp_path: Path) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        await owe(journal, new_event(1))
        async with delivering(bench, Forgetful(journal, 2)) as delivery:
            await delivery.until_empty()
        assert delivery.arrived == ids(1)
        assert len(bench.cloud.duplicates) == 2
        assert delivery.pauses.seconds == [0.5, 1.0]


class Busy:
    """The journal, in which an event is committed just after the outbox was read as empty."""

    def __init__(self, journal: SqliteJournal, wake: asyncio.Event) -> None:
        self.load, self.commit, self.history = journal.load, journal.commit, journal.history
        self.alarm_history = journal.alarm_history
        self.meter_days, self.sign_offs = journal.meter_days, journal.sign_offs
        self.settle_events, self.outbox_counts = journal.settle_events, journal.outbox_counts
        self._journal = journal
        self._wake = wake
        self._late = True

    async def owed_events(self, limit: int) -> tuple[OutboxEvent, ...]:
        found = await self._journal.owed_events(limit)
        if not found and self._late:
            self._late = False
            await owe(self._journal, new_event(1))
            self._wake.set()
        return found


async def test_an_event_that_comes_while_the_outbox_is_read_is_not_slept_over(
    tmp_path: Path,
) -> None:
    wake = asyncio.Event()
    async with (
        cloud_bench(tmp_path) as bench,
        open_journal(tmp_path) as journal,
        delivering(bench, Busy(journal, wake), wake=wake) as delivery,
    ):
        await until(lambda: delivery.arrived == ids(1))


class Undecided:
    """A cloud that at first decides about no event, and then about one at a time."""

    def __init__(self, tower: ReservationCloud) -> None:
        self.boot, self.changes_since = tower.boot, tower.changes_since
        self._silent = 2
        self.asked: list[list[str]] = []

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        self.asked.append([event.event_id for event in events])
        if self._silent:
            self._silent -= 1
            return EventReceipt(frozenset(), {})
        return EventReceipt(frozenset({events[0].event_id}), {})


async def test_a_receipt_that_decides_nothing_is_not_asked_for_in_a_tight_loop(
    tmp_path: Path,
) -> None:
    async with cloud_bench(tmp_path) as bench, open_journal(tmp_path) as journal:
        undecided = Undecided(bench.tower)
        await owe(journal, new_event(1), new_event(2))
        async with delivering(bench, journal, undecided) as delivery:
            await delivery.until_empty()
        assert undecided.asked == [ids(1, 2)] * 3 + [ids(2)]
        assert delivery.pauses.seconds == [0.5, 1.0]
