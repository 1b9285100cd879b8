"""Lifts of one shaft in the simulated PLC: the second gets no job while the first has one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, bay, slot
from firmware_bridge.meanings import Inhibit, Result, Verb
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.car import Car
from hardware_sim.runner import SimulatedTower
from tests.contract.plc_bench import Endpoint, PlcBench
from tests.fast_site import QUICK
from tests.two_lifts_site import simulated_one_shaft

LOW, HIGH = 9, 92
"""The lowest slot of level 2 (lift 1 alone) and the last of level 8 (lift 2 alone)."""


@pytest.fixture
async def bench() -> AsyncIterator[PlcBench]:
    cars = {LOW: Car("VIN-A"), HIGH: Car("VIN-B")}
    async with SimulatedTower(simulated_one_shaft(10.0), cars=cars, pace=QUICK) as tower:
        bench = PlcBench(Endpoint("127.0.0.1", tower.port, 0), tower)
        await bench.open()
        yield bench
        await bench.close()
        assert not tower.violations


async def ask_lift_2(bench: PlcBench) -> Result:
    words = await bench.job(Verb.FETCH, slot(HIGH), bay(4), box=2)
    await bench.write(rm.MAILBOXES[2].address, words)
    lift = await bench._until(rm.LIFTS[1], lambda v: v["ack_seq"] == words[0], 5.0)
    return Result(lift["ack_result"])


async def inhibits_of_lift_2(bench: PlcBench) -> Inhibit:
    return Inhibit((await bench.block(rm.LIFTS[1]))["inhibit"])


async def test_the_second_lift_is_refused_and_says_which_interlock(bench: PlcBench) -> None:
    words = await bench.job(Verb.FETCH, slot(LOW), bay(1))
    assert await bench.send(words) is Result.ACCEPTED
    assert await ask_lift_2(bench) is Result.INTERLOCK
    assert await inhibits_of_lift_2(bench) == Inhibit.OTHER_LIFT
    await bench.ended(words[0])
    assert await inhibits_of_lift_2(bench) == Inhibit(0)
    assert await ask_lift_2(bench) is Result.ACCEPTED


async def test_a_lift_that_stands_in_the_way_bars_the_shaft(bench: PlcBench) -> None:
    """Its job has ended, and its shuttle is out: nobody passes."""
    tower = bench.tower
    tower.act(lambda: tower.plant.lifts[1].shuttle.move_to(300.0, at_s=tower.plant.now_s))
    await tower.until(lambda: not tower.plant.lifts[1].shuttle.moving(tower.plant.now_s))
    tower.act(tower.plant.happened)
    assert await ask_lift_2(bench) is Result.INTERLOCK
    tower.act(lambda: tower.plant.lifts[1].shuttle.move_to(0.0, at_s=tower.plant.now_s))
    await tower.until(lambda: tower.plant.lifts[1].shuttle_in(tower.plant.now_s))
    tower.core.monitor.violations.clear()


async def test_jogging_one_lift_waits_for_the_other(bench: PlcBench) -> None:
    words = await bench.job(Verb.PARK, NOWHERE, slot(LOW))
    assert await bench.send(words) is Result.ACCEPTED
    machine = bench.tower.plc.machine
    assert machine.shaft_taken(2)
    assert not machine.shaft_taken(1)
    await bench.ended(words[0])
    assert not machine.field.axis_moving(2, AxisName.HOIST)
