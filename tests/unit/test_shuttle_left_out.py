"""Where a stop has left a lift's shuttle is known however long ago it was, also after a restart."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import NOON, Watched, quiet_machine, watched
from tests.unit.journal.records import job
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.machine import LoadState
from vendtower.domain.places import Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.flows.service import untouchable
from vendtower.ports.journal import Change

STOPPED_AT = Slot(9)
"""The source of the plain job."""
OTHERS = 300
"""More than what is kept in memory or read at a start."""


def told(bench: Watched) -> str:
    return untouchable(bench.tower).get(STOPPED_AT, "")


def lift_1_is_not_home(bench: Watched) -> None:
    machine = quiet_machine()
    bench.plc.shown = replace(machine, lifts={1: replace(machine.lifts[1], homed=False)})


async def record(bench: Watched, jobs: Iterable[Job]) -> None:
    change = Change(jobs=tuple(jobs))
    await bench.tower.book.record(lambda: change)


STOPPED = job(1, state=JobState.FAILED)
LATER_OF_LIFT_1 = {
    "a homing that failed": replace(
        job(2, state=JobState.FAILED), verb=Verb.HOME, source=None, destination=None
    ),
    "an abort": replace(job(2, state=JobState.DONE), verb=Verb.ABORT),
    "a job that was refused": replace(job(2, state=JobState.REFUSED), source=Slot(4)),
    "a job that was never sent": replace(job(2, state=JobState.NEVER_SENT), source=Slot(4)),
}


@pytest.mark.parametrize("later", LATER_OF_LIFT_1.values(), ids=LATER_OF_LIFT_1.keys())
async def test_three_hundred_jobs_of_other_lifts_later(tmp_path: Path, later: Job) -> None:
    path = tmp_path / "journal.sqlite"
    others = [job(n, mailbox=n % 2 * 2, state=JobState.DONE) for n in range(3, OTHERS)]
    async with watched(path) as bench:
        lift_1_is_not_home(bench)
        await record(bench, (STOPPED, later, *others))
        assert "the shuttle of lift 1 is out" in told(bench)
    async with watched(path) as bench:
        lift_1_is_not_home(bench)
        assert "the shuttle of lift 1 is out" in told(bench)
        assert {1, OTHERS - 1} <= bench.tower.book.jobs.keys()
        # What is forgotten at a later change must not be it either.
        await record(bench, [job(OTHERS, mailbox=0, state=JobState.DONE)])
        assert "the shuttle of lift 1 is out" in told(bench)


async def test_a_lift_that_came_home_keeps_nobody_away(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        await record(bench, [STOPPED])
        lift_1_is_not_home(bench)
        assert told(bench)
        bench.plc.shown = quiet_machine()
        assert not told(bench)


async def test_a_car_on_a_shuttle_that_is_out_keeps_the_slot(tmp_path: Path) -> None:
    """It was stopped in the moment in which it had taken the car; the lift knows where it is."""
    async with watched(tmp_path / "journal.sqlite") as bench:
        await record(bench, [STOPPED])
        lift = replace(quiet_machine().lifts[1], load=LoadState.CAR, shuttle_position_mm=-2400)
        bench.plc.shown = replace(quiet_machine(), lifts={1: lift})
        assert "the shuttle of lift 1 is out" in told(bench)
        bench.plc.shown = replace(quiet_machine(), lifts={1: replace(lift, shuttle_position_mm=3)})
        assert told(bench) == ""


def jogged_before(bench: Watched, slot: int, *, out_mm: int) -> None:
    """Lift 1 at rest before the slot, as somebody with the pendant has left it."""
    spec = bench.tower.site.slots[slot]
    lift = replace(
        quiet_machine().lifts[1],
        hoist_position_mm=spec.height_mm + 4,
        turn_position_deg=(spec.angle_deg - 1.0) % 360.0,
        shuttle_position_mm=out_mm,
    )
    bench.plc.shown = replace(quiet_machine(), lifts={1: lift})


ELSEWHERE = replace(job(1, state=JobState.DONE), source=Slot(4))


@pytest.mark.parametrize("last_job", [(), (ELSEWHERE,)], ids=["none", "elsewhere"])
async def test_a_shuttle_that_was_jogged_out_keeps_its_slot(
    tmp_path: Path, last_job: tuple[Job, ...]
) -> None:
    """No job has sent it there, and a lift in another shaft may reach into the same slot."""
    async with watched(tmp_path / "journal.sqlite") as bench:
        await record(bench, last_job)
        slots = bench.tower.site.slots
        jogged_before(bench, 9, out_mm=1200)
        assert "the shuttle of lift 1 is out" in told(bench)
        elsewhere = next(n for n in slots if slots[n].level != slots[9].level)
        assert Slot(elsewhere) not in untouchable(bench.tower)
        jogged_before(bench, 9, out_mm=3)
        assert not told(bench)


@pytest.mark.parametrize("state", [RescueState.HOME, RescueState.DONE])
async def test_a_slot_to_which_a_lift_was_cranked_is_kept_until_it_is_homed(
    tmp_path: Path, state: RescueState
) -> None:
    """The power is back, and the lift has yet to find out where its axes were cranked to."""
    async with watched(tmp_path / "journal.sqlite") as bench:
        lift_1_is_not_home(bench)
        rescue = Rescue(3, "VIN1", 1, "rope", "technician on duty", NOON, state, STOPPED_AT)
        await bench.tower.book.record(lambda: Change(standing=(rescue,)))
        kept = "the shuttle of lift 1 is out" in told(bench)
        assert kept is (state is RescueState.HOME)
