"""E-stops, doors and fire on real wires: what was over stands until a named person confirms it."""

from typing import Any

import pytest

from firmware_bridge.meanings import MachineState as PlcState
from tests.bench.controller_life import Json
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.interruption import Interruption, InterruptionState
from vendtower.domain.job import JobState
from vendtower.domain.machine import DoorState, MachineState
from vendtower.flows.interruptions import UNEXPLAINED_S
from vendtower.flows.modes import open_interruptions

pytestmark = pytest.mark.slow

OTHER = "operator on duty"


async def under_way(bench: TowerBench) -> Customer:
    """A verified customer whose car stands on the moving lift."""
    customer = await bench.book(25)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    return customer


async def stop_of(bench: TowerBench, place: str, state: InterruptionState) -> Interruption:
    """Wait until the device's life has come as far as this."""

    def found() -> list[Interruption]:
        return [
            each
            for each in bench.tower.book.facts(Interruption)
            if each.device.place == place and each.state is state
        ]

    await bench.until(found, lambda: f"{place}: {bench.tower.book.facts(Interruption)}")
    return found()[-1]


async def confirm(bench: TowerBench, stop: Interruption, **body: Any) -> Json:
    return await bench.control(f"/api/stops/{stop.number}/confirm", {"by": STAFF, **body})


async def lasted(bench: TowerBench, seconds: float) -> None:
    """Wait until so much has passed by the tower's own clock."""
    clock = bench.tower.clock
    until_s = clock.monotonic_s() + seconds
    await bench.until(lambda: clock.monotonic_s() >= until_s, "the tower's clock stands")


def trip(bench: TowerBench, function: str) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.plant.trip(function))


def mend(bench: TowerBench, function: str) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.plant.reset_on_the_spot(function))


def stands(bench: TowerBench) -> bool:
    tower = bench.world.tower
    tower.catch_up()
    return not any(lift.moving(tower.plant.now_s) for lift in tower.plant.lifts.values())


async def shown(bench: TowerBench, state: MachineState) -> None:
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.state is state)


@pytest.mark.parametrize("restart", [False, True])
async def test_a_hatch_pauses_a_run_until_closed_and_confirmed(
    bench: TowerBench, restart: bool
) -> None:
    customer = await under_way(bench)
    trip(bench, "inspection_hatch")
    await shown(bench, MachineState.HELD)
    stop = await stop_of(bench, "inspection hatch", InterruptionState.ACTIVE)
    assert stands(bench)
    said = await confirm(bench, stop)
    assert "once it is over" in said["reason"]

    async def told() -> bool:
        against = (await bench.status() or {}).get("out_of_service_why", [])
        return any("inspection hatch: open" in why for why in against)

    await bench.until(told, "the screens do not say that the hatch is open")
    if restart:
        # Inside recovery too: a quick restart, which the PLC does not notice.
        await bench.restart()
    mend(bench, "inspection_hatch")
    stop = await stop_of(bench, "inspection hatch", InterruptionState.GONE)
    said = await bench.control("/api/machine/command", {"command": "unhold", "by": STAFF})
    assert "closed, not confirmed" in said["reason"]
    await bench.tower.until(lambda: None, 0.5)
    assert stands(bench), "a closed hatch alone has let the run go on"
    assert (await confirm(bench, stop))["done"]
    if restart:
        # The new run lends its permits only once it has recovered: the job has ended, and a
        # person says where the car is.
        await bench.settle_movements_until(lambda: bench.door_open(1))
        await bench.depart(customer)
        return
    await bench.depart(customer)
    jobs = [job.state for job in bench.tower.book.jobs.values() if job.mailbox]
    assert jobs == [JobState.DONE]
    assert (await bench.event("interruption.confirmed"))["by"] == STAFF


async def test_a_hatch_was_open_while_nobody_watched(bench: TowerBench) -> None:
    """The PLC is held after its own restart, and no word of it says why."""
    await bench.crash()
    tower = bench.world.tower
    await tower.restart_plc(0.2)
    trip(bench, "inspection_hatch")
    await tower.until(lambda: tower.plc.machine.packml.state is PlcState.HELD)
    mend(bench, "inspection_hatch")
    await bench.start()
    stop = await stop_of(bench, "machine", InterruptionState.GONE)
    await bench.until(lambda: any(alarm.key.code == "C63" for alarm in bench.tower.alarms))
    said = await bench.control("/api/machine/command", {"command": "unhold", "by": STAFF})
    assert "held, why is unknown" in said["reason"]
    assert (await confirm(bench, stop))["done"]
    await bench.in_service()
    await bench.collect(await bench.book(0))


async def test_who_holds_the_machine_is_not_asked_why(bench: TowerBench) -> None:
    async def told(command: str) -> None:
        body = {"command": command, "by": STAFF}
        assert (await bench.control("/api/machine/command", body))["done"]

    await told("hold")
    await shown(bench, MachineState.HELD)
    await lasted(bench, 3 * UNEXPLAINED_S)
    await shown(bench, MachineState.HELD)
    assert bench.tower.hold_ordered
    assert bench.tower.book.facts(Interruption) == ()
    await told("unhold")
    await bench.in_service()
    assert bench.tower.book.facts(Interruption) == ()
    await bench.until(lambda: not bench.tower.hold_ordered, "the order is not forgotten")


async def test_whoever_confirms_leaves_held_what_another_told_to_hold(bench: TowerBench) -> None:
    customer = await under_way(bench)
    trip(bench, "inspection_hatch")
    await shown(bench, MachineState.HELD)
    mend(bench, "inspection_hatch")
    stop = await stop_of(bench, "inspection hatch", InterruptionState.GONE)
    body = {"command": "hold", "by": STAFF}
    assert (await bench.control("/api/machine/command", body))["done"]
    said = await confirm(bench, stop, by=OTHER)
    assert said["done"]
    assert "`vendtower machine unhold`" in said["message"]
    await lasted(bench, 3 * UNEXPLAINED_S)
    await shown(bench, MachineState.HELD)
    assert stands(bench), "what staff told to hold goes on by another's word"
    body = {"command": "unhold", "by": STAFF}
    assert (await bench.control("/api/machine/command", body))["done"]
    await bench.depart(customer)


async def test_an_open_pit_blocks_the_start(bench: TowerBench) -> None:
    trip(bench, "pit")
    await stop_of(bench, "pit", InterruptionState.ACTIVE)
    mend(bench, "pit")
    stop = await stop_of(bench, "pit", InterruptionState.GONE)
    await bench.restart()
    await bench.until(lambda: bench.tower.recovered)
    status = await bench.status()
    assert status is not None
    assert not status["in_service"]
    assert (await confirm(bench, stop))["done"]
    await bench.in_service()
    await bench.collect(await bench.book(0))


async def test_hatch_and_emergency_stop_in_a_run_want_both(bench: TowerBench) -> None:
    customer = await under_way(bench)
    trip(bench, "inspection_hatch")
    await shown(bench, MachineState.HELD)
    bench.world.tower.press_estop()
    estop = await stop_of(bench, "cabinet", InterruptionState.ACTIVE)
    case = await bench.case("movement")
    assert "emergency_stop" in case["question"]
    bench.world.tower.release_estop()
    estop = await stop_of(bench, "cabinet", InterruptionState.GONE)
    assert not (await bench.settle(case, "continue"))["done"], "settled with the hatch open"
    mend(bench, "inspection_hatch")
    hatch = await stop_of(bench, "inspection hatch", InterruptionState.GONE)
    assert (await confirm(bench, estop))["done"]
    await bench.settled("movement", "continue")
    await bench.tower.until(lambda: None, 0.5)
    assert stands(bench), "the hatch was not confirmed"
    assert (await confirm(bench, hatch))["done"]
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)


@pytest.mark.parametrize("place", ["cabinet", "bay 2", "lift 1", "kiosk 1"])
async def test_each_emergency_stop_has_a_life_of_its_own(bench: TowerBench, place: str) -> None:
    tower, number = bench.world.tower, int(place[-1]) if place[-1].isdecimal() else 0
    board = bench.world.boards[1] if place == "kiosk 1" else None

    def press(pressed: bool) -> None:
        if place == "cabinet":
            (tower.plant.press_estop if pressed else tower.plant.release_estop)()
        elif place.startswith("bay"):
            tower.people.press_bay_estop(number, pressed=pressed)
            tower.plant.happened()
        elif place.startswith("lift"):
            tower.plant.press_lift_estop(number, pressed=pressed)

    if board is not None:
        board.set_estop_sensed(True)
    tower.act(lambda: press(True))
    await stop_of(bench, place, InterruptionState.ACTIVE)
    seen = await bench.read("/api/stops")
    assert seen is not None
    assert not (await bench.control("/api/machine/reset", {"by": STAFF}))["done"]
    if board is not None:
        board.set_estop_sensed(False)
    tower.act(lambda: press(False))
    stop = await stop_of(bench, place, InterruptionState.GONE)
    assert {each.device.place for each in open_interruptions(bench.tower)} == {place}
    assert stop.words == "released, not acknowledged"
    assert (await confirm(bench, stop))["done"]
    done = await stop_of(bench, place, InterruptionState.CONFIRMED)
    assert (done.confirmed_by, done.words) == (STAFF, "acknowledged")
    if board is None:
        await bench.lead_on()
    await bench.in_service()


async def test_a_street_door_that_opens_for_nobody_keeps_its_bay(bench: TowerBench) -> None:
    tower = bench.world.tower

    def force_open() -> None:
        tower.plant.travel_door(1, "outer", opening=True)

    tower.act(force_open)
    place = "street door of bay 1"
    await stop_of(bench, place, InterruptionState.ACTIVE)
    customer = await bench.book(0)
    await bench.identify(customer)
    await bench.until(lambda: bench.door_shut(1), "the door is not closed again")
    stop = await stop_of(bench, place, InterruptionState.GONE)
    assert bench.executed() == 0, "a lift went to a bay in which somebody may be"
    await bench.collect(await bench.book(3), 2)
    assert (await confirm(bench, stop))["done"]
    await bench.depart(customer)


@pytest.mark.both_wires
async def test_fire(bench: TowerBench) -> None:
    tower = bench.world.tower
    site = bench.world.site
    fire_mm = site.lifts[1].fire_height_mm
    customer = await under_way(bench)
    lift = tower.plant.lifts[1]
    await tower.until(lambda: lift.travelling(tower.plant.now_s))
    trip(bench, "fire")
    stop = await stop_of(bench, "tower", InterruptionState.ACTIVE)
    await tower.until(
        lambda: (
            abs(lift.hoist.position(tower.plant.now_s) - fire_mm) < 2
            and not lift.moving(tower.plant.now_s)
        )
    )
    await tower.until(lambda: bench.door_open(1) and bench.door_open(2))
    executed = bench.executed()
    mend(bench, "fire")
    stop = await stop_of(bench, "tower", InterruptionState.GONE)
    await bench.tower.until(lambda: None, 0.5)
    assert bench.executed() == executed, "orders were not frozen"
    status = await bench.status()
    assert status is not None
    assert any("fire tower: over, not confirmed" in why for why in status["out_of_service_why"])
    assert (await confirm(bench, stop))["done"]
    await bench.settle_movements_until(lambda: not bench.tower.book.open_cases())
    await bench.until(
        lambda: any((a.code, a.state.value) == ("P08", "latched") for a in bench.tower.alarms)
    )
    body = {"source": "tower", "by": STAFF}
    assert (await bench.control("/api/alarms/P08/ack", body))["done"]
    await bench.lead_on()
    await bench.until(lambda: bench.door_shut(1) and bench.door_shut(2), "an exit stays open")
    await bench.depart(customer)


async def test_a_street_door_called_stuck_is_looked_at_again_by_a_reset(bench: TowerBench) -> None:
    """Its switch was dead for a while; what stands in the way of the reset is what it clears."""
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.outer_closed", value=False))

    def called_stuck() -> bool:
        machine = bench.tower.machine()
        return machine is not None and machine.bays[1].outer_door is DoorState.STUCK

    await bench.until(called_stuck, "the door is not called stuck")
    tower.act(tower.sensors.heal)

    async def reset() -> bool:
        said = await bench.control("/api/machine/reset", {"by": STAFF})
        return bool(said["done"])

    await bench.until(reset, "no reset is taken")
    await bench.until(lambda: not called_stuck(), "the door stays stuck")
