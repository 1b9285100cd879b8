"""The port `TowerPlc` against the simulator's PLC, which was written from the contract alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from hardware_sim.plant.car import Car
from hardware_sim.plc.modbus_server import Cut
from hardware_sim.runner import SimulatedTower
from tests.fast_site import QUICK, fast_site, fast_tables
from vendtower.adapters.plc_modbus import ModbusTowerPlc, link_config
from vendtower.adapters.system_clock import SystemClock
from vendtower.domain.job import (
    Fate,
    Job,
    JobAccepted,
    JobRefused,
    JobResult,
    JobUnanswered,
    PlcMark,
    Verb,
)
from vendtower.domain.machine import (
    DoorState,
    LinkState,
    MachineCommand,
    MachineSnapshot,
    MachineState,
    PcLink,
)
from vendtower.domain.places import Bay, Place, Slot
from vendtower.domain.site import Site

FACTOR = 15.0
HURRIED = 80.0

hurried = pytest.mark.parametrize("bench", ["hurried"], indirect=True)


class Bench:
    """A simulated tower and a controller's line to it."""

    def __init__(self, tower: SimulatedTower) -> None:
        self.tower = tower
        self.plc = self.new_line(session=11)
        self.next_id = 900

    def new_line(self, session: int) -> ModbusTowerPlc:
        tables = fast_tables(1.0)  # the line asks for no kinematics
        tables["plc"] |= {"host": "127.0.0.1", "port": self.tower.port}
        return ModbusTowerPlc(link_config(Site.model_validate(tables)), SystemClock(), session)

    async def ready(self) -> None:
        """Lead the machine to IDLE as an operator would."""
        self.plc.permit({1})
        await until(lambda: self.plc.link.state is LinkState.UP and self.snapshot.session_accepted)
        if self.snapshot.state is MachineState.ABORTED:
            assert await self.plc.command(MachineCommand.CLEAR)
            await until(lambda: self.snapshot.state is MachineState.STOPPED)
        if self.snapshot.state is MachineState.STOPPED or self.snapshot.pc_link is PcLink.LOST:
            assert await self.plc.command(MachineCommand.RESET)
        await until(lambda: self.snapshot.lifts[1].ready)

    def fate(self, job: Job) -> Fate:
        """The fate without its reason."""
        return self.plc.fate(job).fate

    @property
    def snapshot(self) -> MachineSnapshot:
        found = self.plc.snapshot
        assert found is not None
        return found

    def job(self, verb: Verb, source: Place | None, destination: Place | None) -> Job:
        """The next job of its mailbox, marked with what the PLC shows now."""
        self.next_id += 1
        auxiliary = verb in {Verb.OPEN_OUTER_DOOR, Verb.CLOSE_OUTER_DOOR}
        snapshot = self.snapshot
        word = snapshot.auxiliary if auxiliary else snapshot.lifts[1].job
        return Job(
            job_id=self.next_id,
            mailbox=0 if auxiliary else 1,
            seq=word.ack_seq + 1,
            verb=verb,
            source=source,
            destination=destination,
            vin=None,
            expected_weight_kg=0,
            expected_height_mm=0,
            valid_s=1.0,
            deadline_s=30.0,
            correlation_id="c",
            before=PlcMark(
                snapshot.boot_id,
                word.ack_seq,
                None if auxiliary else snapshot.lifts[1].exec_count,
            ),
        )


async def until(condition: Callable[[], bool], timeout_s: float = 8.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - two parties
        await asyncio.sleep(0.01)
    assert condition()


@pytest.fixture
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A tower whose jobs take seconds, or a fraction of one where the test says ``hurried``."""
    factor = HURRIED if getattr(request, "param", "") == "hurried" else FACTOR
    cars = {7: Car("VIN-A"), 20: Car("VIN-B", weight_kg=1900)}
    async with SimulatedTower(fast_site(factor), cars=cars, pace=QUICK) as tower:
        made = Bench(tower)
        made.plc.start()
        await made.ready()
        yield made
        await made.plc.stop()
        assert tower.violations == []


@hurried
async def test_car_is_fetched_once(bench: Bench) -> None:
    job = bench.job(Verb.FETCH, Slot(7), Bay(1))
    starts = bench.snapshot.lifts[1].exec_count
    assert bench.snapshot.occupied_slots == {7, 20}
    assert await bench.plc.ask(job) == JobAccepted()
    bench.plc.follow(moving=True)
    await until(lambda: bench.fate(job) is Fate.FINISHED)
    await until(lambda: bench.snapshot.bays[1].presence)
    assert bench.snapshot.lifts[1].exec_count == starts + 1
    await until(lambda: bench.snapshot.occupied_slots == {20})
    door = bench.job(Verb.OPEN_OUTER_DOOR, None, Bay(1))
    assert await bench.plc.ask(door) == JobAccepted()
    await until(lambda: bench.snapshot.bays[1].outer_door is DoorState.OPEN)
    await until(lambda: bench.fate(door) is Fate.FINISHED)


async def test_empty_slot_is_refused_by_name(bench: Bench) -> None:
    answer = await bench.plc.ask(bench.job(Verb.FETCH, Slot(8), Bay(1)))
    assert isinstance(answer, JobRefused)
    assert answer.result is JobResult.SOURCE_OR_DESTINATION


async def test_black_hole_stops_the_job_and_its_end_is_learnt(bench: Bench) -> None:
    job = bench.job(Verb.FETCH, Slot(20), Bay(2))
    assert await bench.plc.ask(job) == JobAccepted()
    await bench.tower.cut_plc_link(1.0, Cut.BLACK_HOLE)
    await until(lambda: bench.plc.link.state is LinkState.DOWN)
    assert bench.fate(job) is Fate.PENDING
    await until(lambda: bench.plc.link.state is LinkState.UP)
    await until(lambda: bench.fate(job) is Fate.FAILED)
    assert bench.plc.fate(job).reason == "pc_silent"
    assert bench.snapshot.pc_link is PcLink.LOST
    assert await bench.plc.command(MachineCommand.RESET)
    await until(lambda: bench.snapshot.pc_link is PcLink.OK)


async def test_restart_of_the_plc_under_a_running_job_is_unknown(bench: Bench) -> None:
    job = bench.job(Verb.FETCH, Slot(20), Bay(2))
    assert await bench.plc.ask(job) == JobAccepted()
    boot_id = bench.snapshot.boot_id
    await bench.tower.restart_plc(0.1)
    await until(lambda: bench.snapshot.boot_id != boot_id)
    await until(lambda: bench.fate(job) is Fate.UNKNOWN)


async def test_lost_acknowledgement_is_found_by_the_next_controller(bench: Bench) -> None:
    """The line breaks with the job on it; another run of the controller reads what became of it."""
    job = bench.job(Verb.FETCH, Slot(20), Bay(2))
    never = bench.job(Verb.OPEN_OUTER_DOOR, None, Bay(1))
    asked = asyncio.create_task(bench.plc.ask(job))
    await until(lambda: bench.tower.plc.machine.retained.lifts[1].exec_count > 0)
    await bench.tower.cut_plc_link(0.1, Cut.DROP)
    await bench.plc.stop()
    assert isinstance(await asked, JobAccepted | JobUnanswered)
    bench.plc = bench.new_line(session=12)
    bench.plc.start()
    await until(lambda: bench.plc.snapshot is not None and bench.snapshot.session_accepted)
    await until(lambda: bench.fate(never) is Fate.NEVER_TAKEN)
    await until(lambda: bench.fate(job) in {Fate.FAILED, Fate.FINISHED})


@hurried
async def test_job_that_arrives_late_is_never_run(bench: Bench) -> None:
    """The line swallows the job and delivers it when nobody waits for it any more."""
    job = replace(bench.job(Verb.FETCH, Slot(20), Bay(2)), valid_s=0.1)
    starts = bench.snapshot.lifts[1].exec_count
    await bench.tower.cut_plc_link(1.5, Cut.BLACK_HOLE)
    assert isinstance(await bench.plc.ask(job), JobUnanswered)
    await until(lambda: bench.plc.link.state is LinkState.UP)
    await until(lambda: bench.fate(job) in {Fate.NEVER_TAKEN, Fate.REFUSED})
    await until(lambda: bench.snapshot.session_accepted)
    assert bench.tower.plc.machine.retained.lifts[1].exec_count == starts
    await bench.ready()
    again = bench.job(Verb.FETCH, Slot(20), Bay(2))
    assert await bench.plc.ask(again) == JobAccepted()
    await until(lambda: bench.fate(again) is Fate.FINISHED)
    assert bench.tower.plc.machine.retained.lifts[1].exec_count == starts + 1
