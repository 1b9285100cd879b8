"""What the PLC makes of faults by name. Wants the simulator."""

from __future__ import annotations

import asyncio

import pytest

from firmware_bridge.job_mailbox import NOWHERE, bay
from firmware_bridge.meanings import DoneResult, DoorState, Inhibit, Result, Verb
from hardware_sim.faults.catalogue import begin
from hardware_sim.faults.plc_faults import REPEATED_AFTER_S
from tests.contract.plc_bench import PlcBench, far_park

pytestmark = pytest.mark.slow


@pytest.fixture
def speed_factor() -> float:
    """A whole fetch in a second; jobs that must be met on their way ask for less speed."""
    return 50.0


@pytest.mark.parametrize(
    ("verb", "opened"),
    [(Verb.OPEN_OUTER_DOOR, False), (Verb.CLOSE_OUTER_DOOR, True)],
    ids=["exactly closed", "exactly open"],
)
async def test_a_door_that_never_sets_out_is_stuck_after_its_time(
    bench: PlcBench, verb: Verb, opened: bool
) -> None:
    if opened:
        assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE
    mend = begin(bench.tower.core, "outer-door-stuck", "bay:1")
    assert await bench.door(verb, bay(1)) == DoneResult.DOOR_STUCK
    assert (await bench.bay(1))["outer"] == DoorState.STUCK
    mend()
    words = await bench.job(Verb.RESET_FAULT, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.ACCEPTED
    assert await bench.door(verb, bay(1)) == DoneResult.DONE


async def test_an_answer_that_comes_late_is_the_same_answer(bench: PlcBench) -> None:
    begin(bench.tower.core, "ack-late")
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await bench.send(await far_park(bench)) is Result.ACCEPTED
    assert loop.time() - began_s >= 1.0
    assert bench.tower.jobs_started() == 1


async def test_a_job_that_comes_twice_is_run_once(bench: PlcBench) -> None:
    begin(bench.tower.core, "ack-doubled")
    first = await far_park(bench)
    assert await bench.send(first) is Result.ACCEPTED
    await bench.ended(first[0])
    again_at_s = bench.tower.plant.now_s + REPEATED_AFTER_S
    await bench.until_lift(lambda _lift: bench.tower.plant.now_s > again_at_s)
    assert bench.tower.jobs_started() == 1


async def test_a_hot_drive_stops_its_lift_until_it_was_reset(bench: PlcBench) -> None:
    words = await far_park(bench)
    assert await bench.send(words) is Result.ACCEPTED
    mend = begin(bench.tower.core, "drive-hot")
    bench.tower.act(lambda: None)
    assert (await bench.ended(words[0]))["done_result"] == DoneResult.DRIVE_FAULT
    mend()
    assert (await bench.lift())["inhibit"] & Inhibit.DRIVE_FAULT
