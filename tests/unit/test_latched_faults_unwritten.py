"""Whoever has looked at a latched fault is not asked to look again because a disk was full."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import HandPlc, watched
from vendtower.domain.job import Fate, Job, JobAccepted, JobAnswer, JobFate, Verb
from vendtower.domain.machine import DoorState
from vendtower.domain.places import Bay
from vendtower.flows.latched_faults import keep_latched_faults
from vendtower.ports.journal import Change, JournalFault


async def test_a_reset_that_could_not_be_written_is_asked_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path / "journal.sqlite") as at:
        tower, bays = at.tower, at.plc.shown.bays
        stuck = replace(bays[1], outer_door=DoorState.STUCK)
        at.plc.shown = replace(at.plc.shown, bays={**bays, 1: stuck})
        tower.faults_seen = {Bay(1)}

        async def full(change: Change) -> None:
            raise JournalFault("journal: the disk is full")

        with monkeypatch.context() as disk:
            disk.setattr(tower.book.journal, "commit", full)
            with pytest.raises(JournalFault):
                await keep_latched_faults(tower)
        again = asyncio.create_task(keep_latched_faults(tower))
        try:
            async with asyncio.timeout(5.0):
                await tower.until(lambda: True if tower.book.jobs else None)
        finally:
            again.cancel()
        [reset] = tower.book.jobs.values()
        assert (reset.verb, reset.destination) == (Verb.RESET_FAULT, Bay(1))
        assert tower.faults_seen == set()


@dataclass
class Resetting(HandPlc):
    """A PLC that carries every reset out."""

    asked: list[Job] = field(default_factory=list)

    async def ask(self, job: Job) -> JobAnswer:
        self.asked.append(job)
        return JobAccepted()

    def fate(self, job: Job) -> JobFate:
        return JobFate(Fate.FINISHED, str(job))


async def test_a_reset_whose_end_could_not_be_written_is_not_asked_for_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that latches anew is another one, at which nobody has looked."""
    async with watched(tmp_path / "journal.sqlite") as at:
        tower, bays = at.tower, at.plc.shown.bays
        stuck = replace(bays[1], outer_door=DoorState.STUCK)
        tower.plc = plc = Resetting(at.clock)
        plc.shown = replace(plc.shown, bays={**bays, 1: stuck})
        tower.faults_seen = {Bay(1)}
        commit = tower.book.journal.commit

        async def full_once_asked(change: Change) -> None:
            if plc.asked:
                raise JournalFault("journal: the disk is full")
            await commit(change)

        with monkeypatch.context() as disk:
            disk.setattr(tower.book.journal, "commit", full_once_asked)
            with pytest.raises(JournalFault):
                await keep_latched_faults(tower)
        again = asyncio.create_task(keep_latched_faults(tower))
        for _ in range(50):
            at.clock.now_s += 1.0
            tower.bell.ring()
            await asyncio.sleep(0)
        again.cancel()
        assert len(plc.asked) == 1
        assert tower.faults_seen == set()
