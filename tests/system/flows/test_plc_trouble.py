"""The PLC refuses, stops, restarts, goes away or is not ours, while a customer waits."""

import asyncio
from collections.abc import Callable

import pytest

from firmware_bridge.register_map import MAILBOXES, MAP_MAJOR, ORDER_PROBE
from hardware_sim.plc.server import Cut
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from tests.contract.hostile_plc import Fault, HostilePlc
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import JobState, Verb
from vendtower.domain.machine import LinkState, PcLink
from vendtower.domain.pickup import VisitState
from vendtower.flows import ledger_watch
from vendtower.flows.service import hindrances

pytestmark = pytest.mark.slow

LOST_S = 1.0
"""Longer than the PLC waits for a heartbeat."""
BRIEF_S = 0.25


async def under_way(bench: TowerBench, number: int = 25) -> Customer:
    """A verified customer whose car stands on the moving lift."""
    customer = await bench.book(number)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    return customer


async def led_on(bench: TowerBench) -> None:
    """Somebody resets the machine, again where it has not come to rest yet."""

    async def done() -> bool:
        return bool((await bench.control("/api/machine/reset", {"by": STAFF}))["done"])

    await bench.until(done, "the machine is not led on")


def lift_jobs(bench: TowerBench) -> list[JobState]:
    return [job.state for job in bench.tower.book.jobs.values() if job.mailbox]


def on_mailbox_write(bench: TowerBench, act: Callable[[], None]) -> None:
    """Do something once, straight after the PLC has got a lift's job and before it answers."""
    tower = bench.world.tower
    write = tower.write

    def tapped(address: int, values: list[int]) -> bool:
        taken = write(address, values)
        if address >= MAILBOXES[1].address:
            tower.write = write  # type: ignore[method-assign]  # as it was
            act()
        return taken

    tower.write = tapped  # type: ignore[method-assign]  # the wire is tapped


async def test_a_refused_job_leaves_the_car_and_is_tried_again(bench: TowerBench) -> None:
    bay = bench.world.tower.plc.machine.bays[1]
    bay.out_of_service = True
    customer = await bench.book(5)
    await bench.identify(customer)
    await bench.until(lambda: lift_jobs(bench).count(JobState.REFUSED) >= 2)
    assert bench.tower.book.carriage(customer.vin).state in {
        CarriageState.ORDERED,
        CarriageState.MOVING,
    }
    assert (bench.executed(), await bench.open_cases()) == (0, [])
    assert "interlock" in next(j.reason for j in bench.tower.book.jobs.values() if j.reason)
    bay.out_of_service = False
    await bench.depart(customer)
    assert bench.executed() == 1


@pytest.mark.parametrize("how", list(Cut))
async def test_the_line_is_cut_before_the_acknowledgement(how: Cut, bench: TowerBench) -> None:
    cutting: list[asyncio.Task[None]] = []

    def cut() -> None:
        cutting.append(asyncio.ensure_future(bench.world.tower.cut_plc_link(BRIEF_S, how)))

    on_mailbox_write(bench, cut)
    customer = await bench.book(5)
    await bench.identify(customer)
    await bench.depart(customer)
    assert cutting
    assert bench.executed() == 1


@pytest.mark.parametrize("how", list(Cut))
async def test_the_line_is_cut_during_a_movement(how: Cut, bench: TowerBench) -> None:
    customer = await under_way(bench)
    await bench.world.tower.cut_plc_link(LOST_S, how)
    await bench.until(lambda: bench.tower.plc.link.state is LinkState.DOWN)
    status = await bench.status()
    assert status is not None
    await bench.until(lambda: bench.tower.plc.link.state is LinkState.UP)
    if JobState.DONE not in lift_jobs(bench):
        await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert JobState.UNKNOWN not in lift_jobs(bench)


async def test_a_brief_cut_during_a_movement_is_not_noticed(bench: TowerBench) -> None:
    customer = await under_way(bench)
    await bench.world.tower.cut_plc_link(BRIEF_S)
    await bench.depart(customer)
    assert bench.executed() == 1


@pytest.mark.parametrize("cut_s", [BRIEF_S, LOST_S])
async def test_the_line_is_cut_between_done_and_read(cut_s: float, bench: TowerBench) -> None:
    customer = await under_way(bench)
    tower = bench.world.tower
    await tower.until(lambda: tower.jobs_completed() == 1)
    await tower.cut_plc_link(cut_s)
    await bench.depart(customer)
    assert (bench.executed(), await bench.open_cases()) == (1, [])
    assert lift_jobs(bench) == [JobState.DONE]


async def test_the_plc_restarts_during_a_movement(bench: TowerBench) -> None:
    customer = await under_way(bench)
    await bench.world.tower.restart_plc(0.2)
    case = await bench.case("movement")
    assert "restarted" in case["question"]
    await bench.phase(1, "referred")
    assert bench.doors_opened(1) == 0
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert (await bench.event("car.move_halted"))["vin"] == customer.vin


async def test_emergency_stop_during_a_movement(bench: TowerBench) -> None:
    customer = await under_way(bench)
    tower = bench.world.tower
    tower.press_estop()
    case = await bench.case("movement")
    assert "emergency_stop" in case["question"]
    said = await bench.settle(case, "continue")
    assert not said["done"], "answered while the emergency stop is still pressed"
    assert "estop_chain" in said["reason"]
    status = await bench.status()
    assert status is not None
    assert any("safety: estop_chain" in why for why in status["out_of_service_why"])
    tower.release_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and not m.safety_faults)
    standing = tower.plant.lifts[1].hoist.position(tower.plant.now_s)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    assert standing >= 0
    await bench.depart(customer)


async def test_emergency_stop_while_nothing_moves(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.press_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.safety_faults)
    assert not (await bench.control("/api/machine/reset", {"by": STAFF}))["done"]
    tower.release_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and not m.safety_faults)
    status = await bench.status()
    assert status is not None
    assert not status["in_service"], "the tower went on by itself after an emergency stop"
    await led_on(bench)
    await bench.in_service()
    assert (await bench.event("machine.reset_asked"))["by"] == STAFF
    await bench.collect(await bench.book(0))


async def test_an_answer_about_a_person_restarts_no_machine(bench: TowerBench) -> None:
    customer = await bench.book(0, face=False)
    await bench.check_in(customer)
    await bench.carriage(customer, CarriageState.IN_BAY)
    tower = bench.world.tower
    tower.press_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.safety_faults)
    tower.release_estop()
    await bench.settled("identity", "customer_verified")
    await bench.until(lambda: (m := bench.tower.machine()) is not None and not m.safety_faults)
    assert not bench.tower.reset_wanted
    await led_on(bench)
    await bench.depart(customer)


@pytest.mark.both_wires
async def test_a_jammed_drive_is_reset_by_the_answer_to_its_case(bench: TowerBench) -> None:
    customer = await under_way(bench)
    tower = bench.world.tower
    hoist = tower.plant.lifts[1].hoist
    tower.act(lambda: hoist.jam(tower.plant.now_s))
    case = await bench.case("movement")
    assert case["choices"][0] == "continue"
    tower.act(hoist.free)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert bench.tower.faults_seen == set()


@pytest.mark.both_wires
async def test_the_plc_is_absent_at_the_start(bare: TowerBench) -> None:
    await bare.world.tower.server.stop()
    await bare.start()
    await bare.until(bare.status)
    await bare.touch(1)
    await bare.phase(1, "refused", "out_of_service")
    status = await bare.status()
    assert status is not None
    assert any(why.startswith("PLC link") for why in status["out_of_service_why"])
    await bare.world.tower.server.start()
    await bare.opened()
    await bare.collect(await bare.book(0))


@pytest.fixture
def not_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs keeps its place still at once; the question to staff comes later."""
    monkeypatch.setattr(ledger_watch, "DIFFERS_FOR_S", 600.0)


@pytest.mark.usefixtures("not_asked_yet")
async def test_one_sensor_of_an_empty_bay_lies(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.presence", value=True))
    customer = await bench.book(0)
    await bench.identify(customer)
    await bench.carriage(customer, CarriageState.ORDERED)
    other = await bench.book(3)
    await bench.collect(other, 2)
    assert bench.tower.book.carriage(customer.vin).state is CarriageState.ORDERED
    tower.act(tower.sensors.heal)
    await bench.depart(customer)


@pytest.mark.usefixtures("not_asked_yet")
async def test_a_slot_sensor_that_lies_keeps_its_car(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("slot1.occupied", value=False))
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and 1 not in m.occupied_slots
    )
    customer = await bench.book(0)
    await bench.identify(customer)
    await bench.carriage(customer, CarriageState.ORDERED)
    await bench.collect(await bench.book(3), 2)
    assert bench.executed() == 1
    tower.act(tower.sensors.heal)
    await bench.depart(customer)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"map_major": MAP_MAJOR + 1}, "map"),
        ({"order_probe": (ORDER_PROBE & 0xFFFF) << 16 | ORDER_PROBE >> 16}, "order"),
        ({"site_id": 4402}, "site"),
    ],
)
@pytest.mark.both_wires
async def test_a_plc_that_is_not_ours_is_only_read(
    wrong: dict[str, int], said: str, bare: TowerBench
) -> None:
    plc = HostilePlc()
    plc.set_identity(**wrong)
    await plc.start()
    try:
        bare.plc_port = plc.port
        await bare.start()
        await bare.until(lambda: bare.tower.plc.link.state is LinkState.READ_ONLY)
        await bare.until(bare.status)
        await bare.touch(1)
        await bare.phase(1, "refused", "out_of_service")
        status = await bare.status()
        assert status is not None
        assert status["plc"]["state"] == "read_only"
        assert said in status["plc"]["reason"]
        assert any(said in why for why in status["out_of_service_why"])
        assert plc.writes == []
    finally:
        await bare.crash()
        await plc.stop()


@pytest.mark.both_wires
async def test_garbage_on_the_wire_starts_nothing(bare: TowerBench) -> None:
    plc = HostilePlc()
    await plc.start()
    plc.misbehave(Fault.GARBAGE, 40)
    try:
        bare.plc_port = plc.port
        await bare.start()
        await bare.until(bare.status)
        await bare.touch(1)
        await bare.phase(1, "refused", "out_of_service")
        plc.forgive()
        await bare.until(lambda: bare.tower.plc.link.state is LinkState.UP)
        assert all(address < MAILBOXES[0].address for address, _ in plc.writes)
    finally:
        await bare.crash()
        await plc.stop()


async def test_everything_late_is_not_started(bench: TowerBench) -> None:
    """Nothing is asked while the machine's data is too old, and the screen says so."""
    plc = bench.world.tower.plc
    plc.freeze()
    await bench.until(lambda: bench.tower.machine() is None)
    customer = await bench.book(0)
    await bench.touch(1)
    await bench.phase(1, "refused", "out_of_service")
    plc.freeze(frozen=False)
    await bench.in_service()
    await bench.collect(customer)
    assert bench.visit_state(customer) is VisitState.DEPARTED


async def test_a_stop_with_the_shuttle_out_and_no_car_on_it(bench: TowerBench) -> None:
    """The car stands in its slot as before; the lift has to come home before anything else."""
    tower = bench.world.tower
    customer = await bench.book(25)
    await bench.identify(customer)
    shuttle = tower.plant.lifts[1].shuttle
    await tower.until(lambda: shuttle.moving(tower.plant.now_s))
    tower.press_estop()
    case = await bench.case("movement")
    assert f"car on slot {tower.where_is(customer.vin).number}" in case["question"]  # type: ignore[union-attr]  # it stands somewhere
    tower.release_estop()
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert [j.verb for j in bench.tower.book.jobs.values() if j.verb is Verb.HOME] == [Verb.HOME]


async def test_a_homing_that_fails_goes_to_a_person(bench: TowerBench) -> None:
    tower = bench.world.tower
    customer = await bench.book(25)
    await bench.identify(customer)
    shuttle = tower.plant.lifts[1].shuttle
    await tower.until(lambda: shuttle.moving(tower.plant.now_s))
    tower.press_estop()
    await bench.case("movement")
    tower.act(lambda: shuttle.jam(tower.plant.now_s))
    tower.release_estop()
    await bench.settle_movements_until(
        lambda: any("home lift 1" in c.question for c in bench.tower.book.open_cases())
    )
    await bench.phase(1, "bringing_car")
    tower.act(shuttle.free)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)


async def test_a_restart_is_no_person_after_an_emergency_stop(bench: TowerBench) -> None:
    tower = bench.world.tower
    tower.press_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and bool(m.safety_faults))
    tower.release_estop()
    await bench.restart()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.pc_link is PcLink.OK)
    await bench.until(lambda: bench.tower.recovered)
    against = hindrances(bench.tower)
    assert "machine state is aborted" in against
    assert any("nobody has led it on" in why for why in against)
    await led_on(bench)
    await bench.in_service()
