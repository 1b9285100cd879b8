"""What follows from a change outside the journal is known to whoever decides next."""

import asyncio
from pathlib import Path

from tests.unit.alarms.watched_tower import watched
from tests.unit.web.tower_sample import car
from vendtower.domain.places import Slot
from vendtower.ports.journal import Change


async def test_whoever_decides_next_knows_of_it(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book, told = bench.tower.book, [""]
        change = Change(ledger=(car(1, Slot(3)),))

        def look() -> None:
            told.append(f"cars {len(book.ledger)}, {told[0]}")

        first = book.record(lambda: change, lambda: told.__setitem__(0, "looked at"))
        await asyncio.gather(first, book.record(look))
        assert told == ["looked at", "cars 1, looked at"]


async def test_it_follows_for_a_caller_who_has_gone_and_not_for_nothing(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book, followed = bench.tower.book, asyncio.Event()
        await book.record(lambda: None, followed.set)
        assert not followed.is_set()
        change = Change(ledger=(car(1, Slot(3)),))
        gone = asyncio.ensure_future(book.record(lambda: change, followed.set))
        await asyncio.sleep(0)
        gone.cancel()
        async with asyncio.timeout(10.0):
            await followed.wait()
        assert len(book.ledger) == 1
