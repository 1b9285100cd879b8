"""The port `TowerPlc` against the simulator's PLC, which was written from the contract alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.register_map import CONTROL
from hardware_sim.direct_line import DirectLine, Loss
from hardware_sim.plant.car import Car
from hardware_sim.plc.server import Cut
from hardware_sim.runner import SimulatedTower
from hardware_sim.virtual.weather import FAIR, Weather
from tests.contract.line_bench import LineBench, until
from tests.fast_site import QUICK, fast_site
from vendtower.domain.job import (
    Fate,
    JobAccepted,
    JobRefused,
    JobResult,
    JobUnanswered,
    Verb,
)
from vendtower.domain.machine import (
    DoorState,
    LinkState,
    MachineCommand,
    PcLink,
)
from vendtower.domain.places import Bay, Slot

FACTOR = 15.0
HURRIED = 80.0
SILENT_S = 1.5
"""More than a poll takes on a machine that is busy with other things."""

hurried = pytest.mark.parametrize("bench", ["hurried"], indirect=True)


@pytest.fixture(params=["tcp", "rtu", "direct"])
def line(request: pytest.FixtureRequest) -> str:
    """The same tests on all lines."""
    return str(request.param)


@pytest.fixture
async def bench(
    request: pytest.FixtureRequest, line: str, tmp_path: Path
) -> AsyncIterator[LineBench]:
    """A tower whose jobs take seconds, or a fraction of one where the test says ``hurried``."""
    factor = HURRIED if getattr(request, "param", "") == "hurried" else FACTOR
    cars = {7: Car("VIN-A"), 20: Car("VIN-B", weight_kg=1900)}
    device = tmp_path / "plc" if line == "rtu" else None
    async with SimulatedTower(
        fast_site(factor), cars=cars, pace=QUICK, serial_device=device, direct=line == "direct"
    ) as tower:
        made = LineBench(tower)
        made.plc.start()
        await made.ready()
        yield made
        await made.plc.stop()
        assert tower.violations == []


async def test_at_rest_a_snapshot_stays_young_and_is_not_translated_anew(
    bench: LineBench,
) -> None:
    first, first_s = bench.snapshot, bench.plc.read_at_s

    def young_and_the_same() -> bool:
        nonlocal first, first_s
        now = bench.snapshot
        if now is not first:
            first, first_s = now, bench.plc.read_at_s
        return bench.plc.read_at_s > first_s + 0.8

    await until(young_and_the_same)
    bench.tower.press_estop()
    await until(lambda: "estop_chain" in bench.snapshot.safety_faults)
    assert bench.snapshot is not first


async def test_silence_is_told_once_the_last_snapshot_is_too_old(bench: LineBench) -> None:
    waits = asyncio.ensure_future(bench.plc.wait_older_than(SILENT_S))
    began_s = bench.plc.read_at_s
    await until(lambda: bench.plc.read_at_s > began_s + SILENT_S + 0.5)
    assert not waits.done()
    await bench.tower.cut_plc_link(None, Cut.BLACK_HOLE)
    last_s = bench.plc.read_at_s
    async with asyncio.timeout(20.0):
        await waits
    assert time.monotonic() - bench.plc.read_at_s > SILENT_S
    assert bench.plc.read_at_s <= last_s + 1.0
    await bench.plc.wait_older_than(SILENT_S)  # at once: it is too old already
    await bench.tower.restore_plc_link()
    await until(lambda: time.monotonic() - bench.plc.read_at_s < SILENT_S)


@hurried
async def test_car_is_fetched_once(bench: LineBench) -> None:
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


async def test_empty_slot_is_refused_by_name(bench: LineBench) -> None:
    answer = await bench.plc.ask(bench.job(Verb.FETCH, Slot(8), Bay(1)))
    assert isinstance(answer, JobRefused)
    assert answer.result is JobResult.SOURCE_OR_DESTINATION


async def test_black_hole_stops_the_job_and_its_end_is_learnt(bench: LineBench) -> None:
    job = bench.job(Verb.FETCH, Slot(20), Bay(2))
    assert await bench.plc.ask(job) == JobAccepted()
    await bench.tower.cut_plc_link(1.0, Cut.BLACK_HOLE)
    await until(lambda: bench.plc.link.state is LinkState.DOWN)
    assert bench.fate(job) is Fate.UNHEARD
    await until(lambda: bench.plc.link.state is LinkState.UP)
    await until(lambda: bench.fate(job) is Fate.FAILED)
    assert bench.plc.fate(job).reason == "pc_silent"
    assert bench.snapshot.pc_link is PcLink.LOST
    assert await bench.plc.command(MachineCommand.RESET)
    await until(lambda: bench.snapshot.pc_link is PcLink.OK)


async def test_restart_of_the_plc_under_a_running_job_is_unknown(bench: LineBench) -> None:
    job = bench.job(Verb.FETCH, Slot(20), Bay(2))
    assert await bench.plc.ask(job) == JobAccepted()
    boot_id = bench.snapshot.boot_id
    await bench.tower.restart_plc(0.1)
    await until(lambda: bench.snapshot.boot_id != boot_id)
    await until(lambda: bench.fate(job) is Fate.RESTARTED)


async def test_lost_acknowledgement_is_found_by_the_next_controller(bench: LineBench) -> None:
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
async def test_job_that_arrives_late_is_never_run(bench: LineBench) -> None:
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


async def beat_before_the_permit(bench: LineBench) -> tuple[DirectLine, list[int]]:
    """The line, and the words that were written before lift 1 was permitted; now it is."""
    direct = bench.tower.direct
    assert direct is not None
    bench.plc.permit(set())
    await until(lambda: "no_permit" in bench.snapshot.lifts[1].inhibits)
    before = bench.tower.read(CONTROL.address, CONTROL.size)
    bench.plc.permit({1})
    await until(lambda: bench.snapshot.lifts[1].ready)
    return direct, before


@pytest.mark.parametrize("line", ["direct"])
async def test_a_beat_that_arrives_late_takes_no_permit_away_for_good(
    bench: LineBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link without frames writes no beat that changes nothing; the next has to be one."""
    direct, before = await beat_before_the_permit(bench)
    arrived, write = [], direct.write

    def tapped(address: int, words: list[int]) -> None:
        arrived.append(words)
        write(address, words)

    monkeypatch.setattr(direct, "write", tapped)
    direct.write_late(CONTROL.address, before)
    await until(lambda: before in arrived)
    await until(lambda: arrived[-1] != before and bench.tower.plc.machine.permitted(1))


@pytest.mark.parametrize("line", ["direct"])
async def test_a_late_beat_that_comes_as_the_line_gets_well_is_written_over(
    bench: LineBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a newer beat is under way, and a line that is well repeats none by itself."""
    direct, before = await beat_before_the_permit(bench)
    luck = direct.luck
    late: list[list[int]] = []

    def last_of_the_storm(timeout_s: float) -> tuple[Loss, float]:
        if not late:
            late.append(before)
            soon = asyncio.get_running_loop().call_later
            soon(0.05, direct.write, CONTROL.address, before)
            soon(0.05, setattr, direct, "weather", FAIR)
            return Loss.NONE, 0.1
        return luck(timeout_s)

    monkeypatch.setattr(direct, "luck", last_of_the_storm)
    direct.weather = Weather(latency_s=(0.005, 0.01))
    await until(lambda: bool(late) and direct.weather is FAIR and direct.beating)
    # A silence that a busy machine makes is none of this: the permit alone counts.
    await until(lambda: bench.tower.plc.machine.permitted(1))
    await until(lambda: "no_permit" not in bench.snapshot.lifts[1].inhibits)
