"""The cloud is owed every event, in order, until it is delivered or given up visibly."""

from dataclasses import replace
from pathlib import Path

from tests.unit.journal.opened import opened
from tests.unit.journal.records import NOON, event
from vendtower.adapters.cloud_http.telling import cloud_event
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change, OutboxCounts


async def test_events_are_owed_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as journal:
        await journal.commit(Change(events=(event("b", n=1), event("a", n=2))))
        await journal.commit(Change(events=(event("local", owed=False),)))
    async with opened(path) as journal:
        await journal.commit(Change(events=(event("c", n=3, deep={"x": [None, "ü"]}),)))
        owed = await journal.owed_events(10)
        assert [one.event_id for one in owed] == ["b", "a", "c"]
        assert [one.sequence for one in owed] == [1, 2, 3]
        assert owed[2].data == {"n": 3, "deep": {"x": [None, "ü"]}}
        assert (owed[0].utc, owed[0].subject, owed[0].correlation_id) == (NOON, "test", "c")
        assert [one.event_id for one in await journal.owed_events(2)] == ["b", "a"]
        assert await journal.outbox_counts() == OutboxCounts(owed=3, delivered=0, dead=0)


async def test_settled_events_leave_the_outbox(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        names = ("a", "b", "c", "d")
        await journal.commit(Change(events=tuple(event(name) for name in names)))
        await journal.settle_events(["b", "unknown"], {"c": "too old", "gone": "?"})
        assert [one.event_id for one in await journal.owed_events(9)] == ["a", "d"]
        counts = await journal.outbox_counts()
        assert counts == OutboxCounts(owed=4, delivered=1, dead=1)
        assert counts.waiting == 2
        await journal.settle_events([], {})
        assert await journal.outbox_counts() == counts


async def test_what_is_settled_stays_settled(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(events=(event("a"), event("b"), event("local", owed=False))))
        await journal.settle_events(["a"], {"a": "also refused", "b": "refused"})
        await journal.settle_events(["b", "a", "local"], {"a": "refused"})
        assert await journal.outbox_counts() == OutboxCounts(owed=2, delivered=1, dead=1)
        deliveries = {one.event_id: one.delivery for one in await journal.history(9)}
        assert deliveries == {"a": "delivered", "b": "dead: refused", "local": "local"}


async def test_history_shows_the_newest_first(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as journal:
        await journal.commit(Change(events=tuple(event(f"e{n}") for n in range(5))))
        await journal.settle_events(["e0"], {"e1": "unknown tower", "e3": "malformed"})
        newest = await journal.history(3)
        assert [(one.event_id, one.delivery) for one in newest] == [
            ("e4", "waiting"),
            ("e3", "dead: malformed"),
            ("e2", "waiting"),
        ]
        dead = await journal.history(9, dead_only=True)
        assert [one.event_id for one in dead] == ["e3", "e1"]
        assert dead[0].event_type == "com.vendtower.test.v1"


async def test_the_clocks_quality_stays_with_the_event(tmp_path: Path) -> None:
    """It is a fact of the moment of the event, not of its delivery."""
    path = tmp_path / "journal.sqlite"
    known = replace(event("known"), clock_quality=ClockQuality.UNSYNCHRONIZED)
    async with opened(path) as journal:
        await journal.commit(Change(events=(known, event("nobody looked"))))
    async with opened(path) as journal:
        owed = await journal.owed_events(9)
    told = [cloud_event("t", one)["clockquality"] for one in owed]
    assert told == ["unsynchronized", "unknown"]
