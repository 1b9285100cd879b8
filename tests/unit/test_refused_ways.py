"""What was refused is rested, and nothing else: another bay, another lift, another day is asked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.two_lifts_site import several_lifts
from tests.unit.alarms.watched_tower import quiet_machine
from tests.unit.journal.records import job
from tests.unit.test_refused_moves import LEFT, WANTED, Refusing, lasts, tower, wanted_at_bay_2
from tests.unit.web.tower_sample import bay_report
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.job import Job, JobState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import LoadState, MachineSnapshot, PowerSource
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.flows.dispatch import Dispatcher
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

__all__ = ["tower"]

TWO = several_lifts(2)
"""Lift 1: levels 1 to 6, bays 1 to 3. Lift 2: levels 1, 3 to 8, bays 2 to 4."""


def slot_on(level: int) -> Slot:
    return Slot(next(slot.number for slot in TWO.slots.values() if slot.level == level))


@pytest.fixture
async def waits(tower: Tower) -> AsyncIterator[Tower]:
    """A customer waits at bay 2 for the one car there is, and the dispatcher runs."""
    await tower.book.record(lambda: Change(ledger_gone=(LEFT.vehicle.vin,)))
    bays = {n: replace(b, presence=False, weight_kg=0) for n, b in shown(tower).bays.items()}
    plc_of(tower).shown = replace(shown(tower), bays=bays)
    await wanted_at_bay_2(tower)
    running = asyncio.create_task(Dispatcher(tower).dispatch())
    yield tower
    running.cancel()


def plc_of(tower: Tower) -> Refusing:
    assert isinstance(tower.plc, Refusing)
    return tower.plc


def shown(tower: Tower) -> MachineSnapshot:
    return plc_of(tower).shown


async def stands_at(tower: Tower, place: Place, way: CarriageState) -> None:
    change = Change(
        ledger=(LedgerLine(WANTED.vehicle, place),),
        carriages=(Carriage(WANTED.vehicle.vin, way),),
    )
    await tower.book.record(lambda: change)


async def customer(tower: Tower, *, bay: int | None = None, gives_up: bool = False) -> None:
    [visit] = tower.book.open_visits()
    state = VisitState.CANCELLED if gives_up else visit.state
    changed = replace(visit, state=state, bay=bay or visit.bay)
    await tower.book.record(lambda: Change(visits=(changed,)))


async def test_the_way_to_another_bay_is_asked_for(waits: Tower) -> None:
    plc_of(waits).refuses = lambda job: job.destination == Bay(2)
    assert await lasts(waits, 300.0)
    await customer(waits, bay=1)
    assert [job.destination for job in await lasts(waits, 3.0)] == [Bay(1)]


async def test_a_car_on_the_lift_that_nobody_waits_for_any_more_is_stored(waits: Tower) -> None:
    plc_of(waits).refuses = lambda job: job.destination == Bay(2)
    await stands_at(waits, OnLift(1), CarriageState.ON_LIFT)
    loaded = replace(shown(waits).lifts[1], load=LoadState.CAR)
    plc_of(waits).shown = replace(shown(waits), lifts={1: loaded}, occupied_slots=frozenset())
    fetches = await lasts(waits, 300.0)
    assert {job.destination for job in fetches} == {Bay(2)}, waits.left
    await customer(waits, gives_up=True)
    [store] = await lasts(waits, 3.0)
    assert (store.source, isinstance(store.destination, Slot)) == (OnLift(1), True)


async def test_what_was_refused_yesterday_is_not_counted(waits: Tower) -> None:
    plc_of(waits).refuses = lambda _: True
    assert await lasts(waits, 300.0)
    await customer(waits, gives_up=True)
    plc_of(waits).clock.now_s += 86_400.0
    await wanted_at_bay_2(waits)
    assert len(await lasts(waits, 6.0)) == 2


async def test_what_was_refused_under_other_circumstances_is_not_counted(waits: Tower) -> None:
    plc_of(waits).refuses = lambda _: True
    assert await lasts(waits, 600.0)
    bays = {
        n: replace(bay, profile=frozenset({"too_wide"})) for n, bay in shown(waits).bays.items()
    }
    plc_of(waits).shown = replace(shown(waits), bays=bays)
    assert len(await lasts(waits, 6.0)) == 2


async def test_it_is_asked_for_at_once_when_the_power_is_back(waits: Tower) -> None:
    plc_of(waits).refuses = lambda _: True
    plc_of(waits).shown = replace(shown(waits), power_source=PowerSource.BATTERY)
    await until_it_rests(waits)
    plc_of(waits).shown = replace(shown(waits), power_source=PowerSource.MAINS)
    assert len(await lasts(waits, 3.0)) == 1


async def test_another_slot_is_asked_for_at_once_when_the_refused_one_is_in_doubt(
    tower: Tower,
) -> None:
    running = asyncio.create_task(Dispatcher(tower).dispatch())
    await until_it_rests(tower)
    refused = plc_of(tower).jobs[-1].destination
    assert isinstance(refused, Slot)
    plc_of(tower).shown = replace(shown(tower), doubtful_slots=frozenset({refused.number}))
    [store] = await lasts(tower, 3.0)
    assert store.destination != refused
    running.cancel()


async def until_it_rests(tower: Tower) -> None:
    """Refused just now, and for so long already that it is asked for every minute and a half."""
    await lasts(tower, 300.0)
    while not await lasts(tower, 1.0):
        pass
    assert not await lasts(tower, 30.0)


async def with_two_lifts(tower: Tower, slot: Slot) -> None:
    """The car in this slot of a tower with two lifts and four bays."""
    tower.site = TWO
    machine = shown(tower)
    lift = machine.lifts[1]
    plc_of(tower).shown = replace(
        quiet_machine(),
        lifts={1: lift, 2: replace(lift, number=2)},
        bays={**machine.bays, 3: bay_report(3), 4: bay_report(4)},
        occupied_slots=frozenset({slot.number}),
    )
    await stands_at(tower, slot, CarriageState.IN_SLOT)


async def test_another_lift_that_could_do_it_is_asked(waits: Tower) -> None:
    await with_two_lifts(waits, slot_on(5))

    def first_refuses(job: Job) -> bool:
        return job.mailbox == plc_of(waits).jobs[0].mailbox

    plc_of(waits).refuses = first_refuses
    assert {job.mailbox for job in await lasts(waits, 3.0)} == {1, 2}


async def test_it_is_asked_for_at_once_when_another_lift_has_begun_a_job(waits: Tower) -> None:
    """Lift 2 does not come to level 2."""
    await with_two_lifts(waits, slot_on(2))
    plc_of(waits).refuses = lambda _: True
    await until_it_rests(waits)
    begun = replace(job(1000, mailbox=2, state=JobState.STARTED), vin="VIN9")
    begun = replace(begun, source=slot_on(7), destination=Bay(4))
    await waits.book.record(lambda: Change(jobs=(begun,)))
    assert len(await lasts(waits, 3.0)) == 1
