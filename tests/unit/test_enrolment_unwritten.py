"""What is known of a face, and what is forgotten, is told as it was when the disk was full."""

from pathlib import Path

import pytest

from tests.bench.scripted_identity import People, ScriptedIdentity
from tests.unit.alarms.watched_tower import NOON, Watched, watched
from tests.unit.journal.records import reservation
from vendtower.domain.erasure import ErasureOwed, ErasureReason
from vendtower.domain.identity import EnrolmentFailed
from vendtower.flows.enrolment import keep_templates
from vendtower.flows.erasure import work_off
from vendtower.ports.journal import Change, JournalFault


async def enrolled_on_a_full_disk(
    at: Watched, people: People, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Enrol once while nothing can be written, and again afterwards; what the history says."""
    tower, journal = at.tower, at.tower.book.journal
    tower.identity = identity = ScriptedIdentity(people)
    await identity.start()
    await tower.book.record(lambda: Change(reservations=(reservation("R-1", b"sealed"),)))

    async def full(change: Change) -> None:
        raise JournalFault("journal: the disk is full")

    with monkeypatch.context() as disk:
        disk.setattr(journal, "commit", full)
        with pytest.raises(JournalFault):
            await keep_templates(tower)
    await keep_templates(tower)
    return [event.event_type.split(".")[3] for event in await journal.history(9)]


async def test_the_picture_goes_and_the_template_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People()
    people.keep_templates = True
    async with watched(tmp_path / "journal.sqlite") as at:
        told = await enrolled_on_a_full_disk(at, people, monkeypatch)
        assert told == ["picture_erased"]
        assert at.tower.book.reservations["R-1"].sealed_portrait is None
        assert set(at.tower.book.templates) == {"R-1"}
        assert at.tower.has_template(at.tower.book.reservations["R-1"])


async def test_the_cloud_hears_of_a_picture_that_gives_no_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People()
    people.enrolments["R-1"] = EnrolmentFailed("two faces")
    async with watched(tmp_path / "journal.sqlite") as at:
        assert await enrolled_on_a_full_disk(at, people, monkeypatch) == ["enrolment_failed"]
        assert at.tower.not_enrollable == {"R-1": 1}


async def test_the_receipt_of_an_erasure_says_that_there_was_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        tower, journal = at.tower, at.tower.book.journal
        tower.identity = identity = ScriptedIdentity(People())
        await identity.start()
        identity.held.add("R-1")
        tower.enrolled["R-1"] = 1
        owed = ErasureOwed("e-1", "R-1", ("template",), ErasureReason.HANDED_OVER, "", NOON)
        await tower.book.record(lambda: Change(erasures=(owed,)))

        async def full(change: Change) -> None:
            raise JournalFault("journal: the disk is full")

        with monkeypatch.context() as disk:
            disk.setattr(journal, "commit", full)
            with pytest.raises(JournalFault):
                await work_off(tower)
        await work_off(tower)
        assert (tower.book.erasures, tower.enrolled, identity.held) == ({}, {}, set())
        [receipt] = await journal.history(9)
        assert receipt.data["was_held"] is True
