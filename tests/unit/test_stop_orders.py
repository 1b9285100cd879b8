"""An order to stop waits for no disk, and overrules every older word to go on that does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import Watched, watched
from tests.unit.journal.records import case, job
from vendtower.domain.case import CaseKind, Settlement
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.machine import MachineCommand, MachineState
from vendtower.flows import job_orders, machine_desk
from vendtower.flows.case_answers import Particulars
from vendtower.flows.cases import settle
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.job_orders import stop_job
from vendtower.flows.machine_desk import STOPPING, MachineDesk
from vendtower.flows.machine_reset import STOPPED_SINCE
from vendtower.flows.machine_stops import note_stop
from vendtower.flows.machine_watch import lend_permits, wanted_command
from vendtower.flows.modes import stop_seen
from vendtower.ports.journal import Change, JournalFault

BY, OTHER = "technician on duty", "operator on duty"
_C = MachineCommand


class SlowDisk:
    """A tower whose disk takes nothing until the test says so, and a PLC that notes commands."""

    def __init__(self, at: Watched) -> None:
        self.tower = at.tower
        self.desk = MachineDesk(at.tower)
        self.plc = at.plc
        self.told: list[MachineCommand] = []
        self.goes_on = asyncio.Event()
        self.fault: JournalFault | None = None
        self._commit = at.tower.book.journal.commit
        at.tower.book.journal.commit = self._slow  # type: ignore[method-assign]  # the wire to the disk is tapped
        at.plc.command = self._told  # type: ignore[method-assign]  # so is the one to the PLC

    async def _slow(self, change: Change) -> None:
        await self.goes_on.wait()
        if self.fault is not None:
            raise self.fault
        await self._commit(change)

    async def _told(self, command: MachineCommand) -> bool:
        self.told.append(command)
        return True

    def stands(self, state: MachineState) -> None:
        self.plc.shown = replace(self.plc.shown, state=state)


@pytest.fixture
async def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowDisk]:
    monkeypatch.setattr(machine_desk, "ORDER_ANSWER_S", 0.05)
    async with watched(tmp_path / "journal.sqlite") as tower:
        disk = SlowDisk(tower)
        yield disk
        disk.goes_on.set()


@pytest.mark.parametrize("command", sorted(STOPPING, key=str))
async def test_a_stop_goes_out_and_is_answered_before_it_is_written(
    at: SlowDisk, command: MachineCommand
) -> None:
    assert isinstance(await at.desk.command(command, BY), Done)
    assert at.told == [command]


async def moving(at: SlowDisk) -> Job:
    """A lift's job that the journal has and the PLC carries out."""
    begun = replace(job(1), state=JobState.STARTED, mailbox=1)
    at.goes_on.set()
    await at.tower.book.record(lambda: Change(jobs=(begun,)))
    at.goes_on.clear()
    return begun


def _asked_to_stop(at: SlowDisk) -> bool:
    """Whether the order was written late, and asked of the PLC all the same."""
    orders = [each for each in at.tower.book.jobs.values() if each.verb is Verb.ABORT]
    return [each.is_open for each in orders] == [False]


async def test_a_job_that_is_told_to_stop_waits_for_no_disk(
    at: SlowDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_orders, "WRITTEN_WITHIN_S", 0.02)
    begun = await moving(at)
    lend_permits(at.tower)
    assert 1 in at.plc.permitted
    async with asyncio.timeout(5.0):
        said = await stop_job(at.tower, begun.job_id, BY)
    assert isinstance(said, Done)
    assert "the permit of lift 1 is taken back" in said.message
    assert 1 not in at.plc.permitted
    at.goes_on.set()
    async with asyncio.timeout(5.0):
        await at.tower.until(lambda: True if _asked_to_stop(at) else None)
    lend_permits(at.tower)
    assert 1 not in at.plc.permitted, "the permit is back before the job has ended"
    ended = replace(at.tower.book.jobs[begun.job_id], state=JobState.FAILED)
    await at.tower.book.record(lambda: Change(jobs=(ended,)))
    lend_permits(at.tower)
    assert 1 in at.plc.permitted


async def test_a_job_is_stopped_although_the_order_cannot_be_written(at: SlowDisk) -> None:
    begun = await moving(at)
    at.fault = JournalFault("journal: the disk is full")
    at.goes_on.set()
    said = await stop_job(at.tower, begun.job_id, BY)
    assert isinstance(said, Done)
    assert "the disk is full" in said.message
    assert 1 not in at.plc.permitted


async def test_a_job_that_has_ended_keeps_its_lift_its_permit(at: SlowDisk) -> None:
    assert isinstance(await stop_job(at.tower, 99, BY), NotDone)
    assert isinstance(await stop_job(at.tower, (await moving(at)).job_id, " "), NotDone)
    assert at.tower.permits_withheld == {}


async def test_a_stop_is_written_although_nobody_waits_for_that(at: SlowDisk) -> None:
    await at.desk.command(_C.STOP, BY)
    at.goes_on.set()
    await at.tower.book.record(lambda: None)
    [newest] = await at.tower.book.journal.history(1)
    assert newest.event_type.endswith("command_given.v1")


async def test_a_disk_that_fails_changes_no_answer_to_a_stop(at: SlowDisk) -> None:
    at.fault = JournalFault("journal: disk I/O error")
    at.goes_on.set()
    assert isinstance(await at.desk.command(_C.STOP, BY), Done)


def unheld(at: SlowDisk) -> Awaitable[ControlAnswer]:
    at.stands(MachineState.HELD)
    return at.desk.command(_C.UNHOLD, BY)


def reset(at: SlowDisk) -> Awaitable[ControlAnswer]:
    at.stands(MachineState.STOPPED)
    return at.desk.command(_C.RESET, BY)


def cleared(at: SlowDisk) -> Awaitable[ControlAnswer]:
    at.stands(MachineState.ABORTED)
    return at.desk.command(_C.CLEAR, BY)


@pytest.mark.parametrize("go_on", [unheld, reset, cleared])
async def test_a_word_to_go_on_that_waited_for_the_disk_is_overruled(
    at: SlowDisk, go_on: Callable[[SlowDisk], Awaitable[ControlAnswer]]
) -> None:
    going_on = asyncio.ensure_future(go_on(at))
    await asyncio.sleep(0)
    await at.desk.command(_C.STOP, OTHER)
    at.goes_on.set()
    assert await going_on == NotDone(STOPPED_SINCE)
    assert at.told == [_C.STOP]
    assert not at.tower.reset_wanted


async def test_an_answer_to_a_case_leads_nothing_on_that_was_stopped_meanwhile(
    at: SlowDisk,
) -> None:
    asked = replace(
        case(1), kind=CaseKind.MOVEMENT, choices=(Settlement.CONTINUE,), lift=1, error="", vin=None
    )
    at.goes_on.set()
    await at.tower.book.record(lambda: Change(cases=(asked,)))
    at.goes_on.clear()
    said = Particulars()
    settling = asyncio.ensure_future(
        settle(at.tower, 1, Settlement.CONTINUE, by=BY, note="", said=said)
    )
    await asyncio.sleep(0)
    await at.desk.command(_C.STOP, OTHER)
    at.goes_on.set()
    assert isinstance(await settling, Done)
    assert not at.tower.reset_wanted


async def test_what_forbids_it_is_looked_at_when_it_is_written(at: SlowDisk) -> None:
    at.stands(MachineState.HELD)
    ahead = asyncio.ensure_future(at.tower.book.record(lambda: Change(cases=(case(1),))))
    await asyncio.sleep(0)
    going_on = asyncio.ensure_future(at.desk.command(_C.UNHOLD, BY))
    await asyncio.sleep(0)
    at.plc.shown = replace(at.plc.shown, safety_faults=frozenset({"inspection_hatch"}))
    at.goes_on.set()
    await ahead
    assert await going_on == NotDone("safety: inspection_hatch")
    assert at.told == []


async def test_an_answer_to_a_case_undoes_no_stop_key_that_comes_after_it(at: SlowDisk) -> None:
    """The machine is held by order while the case is answered: there is nothing to reset then."""
    asked = replace(
        case(1), kind=CaseKind.MOVEMENT, choices=(Settlement.CONTINUE,), lift=1, error="", vin=None
    )
    at.goes_on.set()
    await at.tower.book.record(lambda: Change(cases=(asked,)))
    await at.desk.command(_C.HOLD, OTHER)
    at.stands(MachineState.HELD)
    said = Particulars()
    settled = await settle(at.tower, 1, Settlement.CONTINUE, by=BY, note="", said=said)
    assert isinstance(settled, Done)
    assert wanted_command(at.tower) is None
    at.stands(MachineState.STOPPED)
    await note_stop(at.tower)
    assert stop_seen(at.tower) is not None
    assert wanted_command(at.tower) is None, "an older word has undone somebody's stop key"
