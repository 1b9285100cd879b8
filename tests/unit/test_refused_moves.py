"""What the PLC refuses again and again keeps a lift from nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import HandPlc, quiet_machine, watched
from tests.unit.web.tower_sample import car
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.job import (
    Fate,
    Job,
    JobAnswer,
    JobFate,
    JobRefused,
    JobResult,
    JobUnanswered,
)
from vendtower.domain.machine import DoorState
from vendtower.domain.moves import LeftReason
from vendtower.domain.pickup import Visit
from vendtower.domain.pickup_events import CustomerArrived
from vendtower.domain.places import Bay, Slot
from vendtower.flows import dispatch
from vendtower.flows.dispatch import Dispatcher
from vendtower.flows.tower import Tower
from vendtower.flows.verification import verified_now
from vendtower.ports.journal import Change

LEFT, WANTED = car(1, Bay(1)), car(2, Slot(9))
"""One stands in a bay, and nobody drives it out; a customer waits for the other."""


@dataclass
class Refusing(HandPlc):
    """A PLC that refuses to store the one car, and says nothing of the other's job."""

    refuses: Callable[[Job], bool] = lambda job: job.vin == LEFT.vehicle.vin
    jobs: list[Job] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        return [job.vin or "" for job in self.jobs]

    async def ask(self, job: Job) -> JobAnswer:
        self.jobs.append(job)
        if self.refuses(job):
            return JobRefused(JobResult.LOAD_OR_PROFILE, "load_or_profile")
        return JobUnanswered("nothing was heard")

    def fate(self, job: Job) -> JobFate:
        return JobFate(Fate.PENDING, str(job))


@pytest.fixture
async def tower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tower]:
    monkeypatch.setattr(dispatch, "REFUSED_PAUSE_S", 2.0)
    async with watched(tmp_path / "journal.sqlite") as bench:
        tower, plc = bench.tower, Refusing(bench.clock)
        tower.plc = plc
        machine = quiet_machine()
        bays = {
            n: replace(
                bay,
                outer_door=DoorState.CLOSED,
                outer_locked=True,
                presence=n == 1,
                weight_kg=1800 if n == 1 else 0,
                person_inside=False,
                curtain_clear=True,
            )
            for n, bay in machine.bays.items()
        }
        lifts = {1: replace(machine.lifts[1], ready=True, inhibits=frozenset())}
        plc.shown = replace(machine, bays=bays, lifts=lifts, occupied_slots=frozenset({9}))
        in_bay = Carriage(LEFT.vehicle.vin, CarriageState.IN_BAY)
        change = Change(ledger=(LEFT, WANTED), carriages=(in_bay,))
        await tower.book.record(lambda: change)
        # It stands there for an hour: nothing that came later weighs as much.
        tower.astray_since_s[LEFT.vehicle.vin] = bench.clock.now_s - 3600.0
        yield tower


async def wanted_at_bay_2(tower: Tower) -> None:
    visit = Visit("v", "r", WANTED.vehicle.vin)
    arrived = CustomerArrived(2, tower.clock.utc(), tower.clock.monotonic_s(), by_code=True)
    verified = verified_now(tower, IdentityMethod.CODE_WITH_STAFF, None, "technician on duty")
    waits = visit.apply(arrived).apply(verified)
    await tower.book.record(lambda: Change(visits=(waits,)))


async def test_a_customer_is_served_beside_a_car_that_the_plc_does_not_store(tower: Tower) -> None:
    await wanted_at_bay_2(tower)
    assert isinstance(tower.plc, Refusing)
    running = asyncio.create_task(Dispatcher(tower).dispatch())
    async with asyncio.timeout(5.0):
        while WANTED.vehicle.vin not in tower.plc.asked:
            tower.plc.clock.now_s += 0.01
            tower.bell.ring()
            await asyncio.sleep(0)
            assert tower.plc.asked.count(LEFT.vehicle.vin) < 5, "the lift does nothing else"
    running.cancel()


async def lasts(tower: Tower, seconds: float) -> list[Job]:
    """The jobs that the PLC is asked for meanwhile."""
    plc = tower.plc
    assert isinstance(plc, Refusing)
    before = len(plc.jobs)
    for _ in range(round(seconds)):
        plc.clock.now_s += 1.0
        tower.bell.ring()
        for _ in range(50):
            await asyncio.sleep(0)
    return plc.jobs[before:]


async def test_it_is_asked_for_ever_more_seldom_and_at_once_when_the_bay_has_changed(
    tower: Tower,
) -> None:
    plc = tower.plc
    assert isinstance(plc, Refusing)
    running = asyncio.create_task(Dispatcher(tower).dispatch())
    assert len(await lasts(tower, 29.0)) >= 3
    assert tower.left[LEFT.vehicle.vin] is LeftReason.REFUSED
    assert len(await lasts(tower, 600.0)) <= 8
    bays = {n: replace(bay, profile=frozenset({"too_wide"})) for n, bay in plc.shown.bays.items()}
    plc.shown = replace(plc.shown, bays=bays)
    assert len(await lasts(tower, 4.0)) == 1
    running.cancel()
