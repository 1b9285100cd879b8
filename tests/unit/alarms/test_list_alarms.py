"""Alarms about the list of reservations, and what the screens say of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, watched
from tests.unit.web.tower_sample import picture
from vendtower.domain.reservation_list import ListAge
from vendtower.flows.reservation_list import ProvenCloud, why_doubtful
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudUnreachable,
    EventReceipt,
    OutboxEvent,
)
from vendtower.ports.screens import ListStatus
from vendtower.web.list_view import list_view

HOUR_S = 3600.0


class DeadLine:
    """A cloud of which nothing is heard."""

    async def changes_since(self, cursor: str | None) -> ChangePage:
        raise CloudUnreachable(f"no answer to {cursor}")

    async def boot(self, report: BootReport) -> BootAnswer:
        raise CloudUnreachable(str(report))

    async def deliver(self, events: Sequence[OutboxEvent]) -> EventReceipt:
        raise CloudUnreachable(str(events))


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path / "journal.sqlite") as tower:
        await tower.look()
        yield tower


def aged(at: Watched, age_h: float) -> None:
    at.tower.list_memory.confirmed(age_h * HOUR_S, at.clock.monotonic_s())


async def test_the_list_gets_old_and_is_confirmed_again(at: Watched) -> None:
    aged(at, 53.0)
    await at.look()
    assert at.codes() == set()
    aged(at, 55.0)
    await at.look(0.2)
    found = at.alarm("C14")
    assert found is not None
    assert "staff decide about every customer from" in found.text
    assert why_doubtful(at.tower) == ""
    aged(at, 73.0)
    await at.last(31.0)
    assert at.state("C15") == "unacknowledged"
    assert at.state("C14") == "returned"
    assert "confirmed 73.0 h ago, which counts for 72 h" in why_doubtful(at.tower)
    aged(at, 0.0)
    await at.last(2.0)
    assert at.state("C15") == "returned"
    assert why_doubtful(at.tower) == ""


async def test_a_list_that_was_never_confirmed(at: Watched) -> None:
    at.tower.list_memory.age_s = None
    await at.last(31.0)
    found = at.alarm("C15")
    assert found is not None
    assert "never confirmed" in found.text
    assert "never confirmed" in why_doubtful(at.tower)


async def test_a_page_that_is_refused_is_no_unreachable_cloud(at: Watched) -> None:
    at.tower.cloud_reachable, at.tower.cloud_note = False, "refused"
    at.tower.list_memory.refusal = "cloud: reservations page: signature: found none"
    await at.last(320.0, 10.0)
    assert at.codes() == {"C13"}
    at.tower.list_memory.refusal = ""
    at.tower.cloud_reachable = True
    await at.last(2.0)
    assert at.state("C13") == "returned"


async def test_a_line_that_is_down_is_told_after_a_refused_page_too(at: Watched) -> None:
    """Whoever looks for a wrong key while nobody answers looks in the wrong place."""
    cloud = ProvenCloud(DeadLine(), at.tower)
    at.tower.list_memory.refusal = "cloud: reservations page: signature: found none"
    at.tower.cloud_reachable, at.tower.cloud_note = False, "no answer within 10 s"
    with pytest.raises(CloudUnreachable):
        await cloud.changes_since(None)
    await at.last(320.0, 10.0)
    assert at.codes() == {"C10", "C13"}


async def test_reservations_that_differ_are_one_alarm_and_named(at: Watched) -> None:
    at.tower.list_memory.unproven |= {"R-1": "its record has none", "R-2": "another"}
    await at.last(11.0)
    found = at.alarm("C13", "journal")
    assert found is not None
    assert found.text.startswith("2 in the journal; reservation R-1: its record has none; ")


@pytest.mark.parametrize(
    ("age_s", "text"),
    [
        (None, "never confirmed: staff decide about every customer"),
        (30.0, "confirmed"),
        (2 * HOUR_S, "confirmed 2.0 h ago"),
        (60 * HOUR_S, "counts until 2026-05-04 20:30 UTC; confirmed 60.0 h ago"),
        (80 * HOUR_S, "too old: staff decide about every customer; confirmed 80.0 h ago"),
    ],
)
def test_what_people_read(age_s: float | None, text: str) -> None:
    status = ListStatus(ListAge(age_s, 72 * HOUR_S))
    found = list_view(replace(picture(), reservation_list=status))
    assert found is not None
    assert str(found["text"]).startswith(text)
    assert found["signed"] is True


def test_an_unsigned_list_and_what_differs_are_shown() -> None:
    age = ListAge(0.0, 72 * HOUR_S)
    status = ListStatus(age, signature_required=False, refusal="why", unproven={"R-1": "how"})
    found = list_view(replace(picture(), reservation_list=status))
    assert found is not None
    assert found["text"] == (
        "confirmed; NOT SIGNED: the site file asks for no signature; the last page was refused; "
        "1 not as signed"
    )
    assert found["unproven"] == [{"reservation_id": "R-1", "why": "how"}]
