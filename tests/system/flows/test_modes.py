"""Operating modes, maintenance and stops on real wires, against the simulated tower."""

import pytest

from firmware_bridge.meanings import KeySwitch
from hardware_sim.plc.packml import PackMl
from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import JobState, Verb
from vendtower.domain.machine import MachineState, PcLink
from vendtower.domain.pickup import VisitState
from vendtower.flows.modes import stop_seen

pytestmark = pytest.mark.slow

OTHER = "operator on duty"
SILENT_S = 1.0
"""Longer than the PLC waits for a heartbeat."""


async def mode(bench: TowerBench, wanted: str, by: str = STAFF) -> str:
    said = await bench.control("/api/mode", {"mode": wanted, "by": by})
    return "" if said["done"] else str(said["reason"])


async def ordered(bench: TowerBench, path: str, **body: object) -> str:
    said = await bench.control(path, {"by": STAFF, **body})
    return "" if said["done"] else str(said["reason"])


async def taken(bench: TowerBench, path: str, **body: object) -> None:
    """Order it until the tower takes it: sensors and words come a moment after the lift rests."""
    said: list[str] = []

    async def so() -> bool:
        said.append(await ordered(bench, path, **body))
        return not said[-1]

    await bench.until(so, lambda: f"{path} is not taken: {said[-1]}")


async def test_a_technician_orders_single_movements(bench: TowerBench) -> None:
    tower, car = bench.world.tower, bench.car(5)
    assert "wants semi-automatic" in await ordered(bench, "/api/movements", vin=car.vin, bay=1)
    assert not await mode(bench, "semi-automatic")
    await bench.touch(1)
    await bench.phase(1, "refused", "out_of_service")
    await bench.phase(1, "free")
    assert not await ordered(bench, "/api/movements", vin=car.vin, bay=1)
    await bench.until(lambda: str(bench.tower.book.ledger.where(car.vin)) == "bay 1")
    assert bench.tower.book.carriage(car.vin).state is CarriageState.IN_BAY
    await bench.until(lambda: bench.tower.book.open_job(1) is None)
    await taken(bench, "/api/lifts/1/home")
    await bench.until(lambda: bench.tower.book.open_job(1) is None)
    free = next(n for n in bench.world.site.slots if tower.plant.slots[n] is None)
    # The PLC moves no car out of a bay before it has measured it there.
    await tower.until(lambda: tower.plc.machine.bays[1].measurement is not None)
    await taken(bench, "/api/movements", vin=car.vin, slot=free)
    await bench.until(lambda: str(bench.tower.book.ledger.where(car.vin)) == f"slot {free}")
    other = next(n for n in bench.world.site.slots if tower.plant.slots[n] is None and n != free)
    await taken(bench, "/api/movements", vin=car.vin, slot=other)
    await bench.until(lambda: str(bench.tower.book.ledger.where(car.vin)) == f"slot {other}")
    verbs = [job.verb for job in bench.tower.book.jobs.values() if job.mailbox]
    assert verbs == [Verb.FETCH, Verb.HOME, Verb.STORE, Verb.MOVE]
    history = await bench.read("/api/events")
    assert history is not None
    told = [e["data"] for e in history["events"] if "movement_ordered" in e["event_type"]]
    assert {each["by"] for each in told} == {STAFF}
    assert not await mode(bench, "automatic")
    await bench.in_service()


async def test_nothing_moves_by_itself_in_semi_automatic(bench: TowerBench) -> None:
    customer = await bench.book(0)
    assert not await mode(bench, "semi-automatic")
    car = bench.car(5)
    assert not await ordered(bench, "/api/movements", vin=car.vin, bay=1)
    await bench.until(lambda: str(bench.tower.book.ledger.where(car.vin)) == "bay 1")
    started = bench.executed()
    # Nobody wants that car in the bay; in automatic it would go back at once.
    await bench.tower.until(lambda: None, 0.5)
    assert bench.executed() == started
    assert "not in the site file" in await ordered(bench, "/api/movements", vin=car.vin, slot=500)
    assert "not in the ledger" in await ordered(bench, "/api/movements", vin="NOBODY", slot=1)
    assert not await mode(bench, "automatic")
    await bench.until(lambda: "slot" in str(bench.tower.book.ledger.where(car.vin)))
    await bench.collect(customer)


async def test_a_mode_waits_for_what_is_under_way(bench: TowerBench) -> None:
    customer = await bench.book(25)
    await bench.identify(customer)
    await bench.until(lambda: bench.tower.book.open_job(1) is not None)
    assert "wait for its end" in await mode(bench, "semi-automatic")
    body = {"by": STAFF, "reason": "rope", "minutes": 30}
    said = await bench.control("/api/maintenance/begin", body)
    assert "job" in said["reason"]
    await bench.state(customer, VisitState.HANDING_OVER)

    async def refused_for_the_customer() -> bool:
        said = await bench.control("/api/maintenance/begin", body)
        assert not said["done"], "maintenance began with a customer in the bay"
        return "handing_over at bay 1" in str(said["reason"])

    await bench.until(refused_for_the_customer)
    await bench.depart(customer)


async def test_maintenance_keeps_everybody_away_and_gives_the_time_back(bench: TowerBench) -> None:
    customer = await bench.book(0)
    tower = bench.world.tower
    tower.plant.key_switch = KeySwitch.MAINTENANCE
    body = {"by": STAFF, "reason": "rope", "minutes": 30}
    assert (await bench.control("/api/maintenance/begin", body))["done"]
    status = await bench.status()
    assert status is not None
    assert status["mode"] == "maintenance"
    assert status["maintenance"]["holder"] == STAFF
    await bench.touch(1)
    await bench.phase(1, "refused", "out_of_service")
    assert "maintenance" in await ordered(bench, "/api/movements", vin=customer.vin, bay=1)
    await bench.restart(SILENT_S)
    await bench.until(lambda: bench.tower.recovered)

    async def says_maintenance() -> bool:
        return (await bench.status() or {}).get("mode") == "maintenance"

    await bench.until(says_maintenance, "a restart has ended the maintenance")
    # The key still stands at maintenance: somebody may be in the shaft.
    said = await bench.control("/api/maintenance/end", {"by": OTHER})
    assert "key switch" in said["reason"]
    tower.plant.key_switch = KeySwitch.AUTO
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.key_switch.value == "auto"
    )
    assert (await bench.control("/api/maintenance/end", {"by": OTHER}))["done"]
    await bench.in_service()
    await bench.collect(customer)


async def test_a_held_job_goes_on_with_a_persons_word(bench: TowerBench) -> None:
    customer = await bench.book(25)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    assert not await ordered(bench, "/api/machine/command", command="hold")
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.state is MachineState.HELD
    )
    assert not tower.plant.lifts[1].moving(tower.plant.now_s)
    job = bench.tower.book.open_job(1)
    assert job is not None, "a pause has ended the job"
    assert not await ordered(bench, "/api/machine/command", command="unhold")
    await bench.depart(customer)
    assert bench.tower.book.jobs[job.job_id].state is JobState.DONE


async def stopped_by_key(bench: TowerBench) -> None:
    """The stop key of the cabinet: a PackML stop that the controller has not asked for."""
    tower = bench.world.tower

    def press() -> None:
        packml: PackMl = tower.plc.machine.packml
        packml.stop()
        tower.plc.request_scan()

    tower.act(press)
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.state is MachineState.STOPPED
    )


@pytest.mark.parametrize("away_s", [0.0, SILENT_S])
async def test_a_restart_leads_no_machine_on_that_somebody_has_stopped(
    bench: TowerBench, away_s: float
) -> None:
    await stopped_by_key(bench)
    await bench.until(lambda: stop_seen(bench.tower) is not None)
    await bench.restart(away_s)
    await bench.until(lambda: bench.tower.recovered)
    await bench.tower.until(lambda: None, 1.0)
    machine = bench.tower.machine()
    assert machine is not None
    assert machine.state is MachineState.STOPPED, "a restart has led the machine on"
    status = await bench.status()
    assert status is not None
    assert any("nobody has led it on" in why for why in status["out_of_service_why"])
    assert not await ordered(bench, "/api/machine/reset")
    await bench.in_service()
    assert stop_seen(bench.tower) is None
    await bench.collect(await bench.book(0))


async def test_a_restart_of_the_plc_forgets_no_stop(bench: TowerBench) -> None:
    await stopped_by_key(bench)
    await bench.until(lambda: stop_seen(bench.tower) is not None)
    await bench.world.tower.restart_plc(0.1)
    await bench.until(
        lambda: (m := bench.tower.machine()) is not None and m.state is MachineState.IDLE
    )
    assert stop_seen(bench.tower) is not None
    status = await bench.status()
    assert status is not None
    assert not status["in_service"]
    assert not await ordered(bench, "/api/machine/reset")
    await bench.in_service()


async def test_a_line_that_fails_leads_no_stopped_machine_on(bench: TowerBench) -> None:
    await stopped_by_key(bench)
    await bench.until(lambda: stop_seen(bench.tower) is not None)
    await bench.world.tower.cut_plc_link(SILENT_S)
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.pc_link is PcLink.LOST)
    await bench.tower.until(lambda: None, 1.0)
    machine = bench.tower.machine()
    assert machine is not None
    assert machine.state is MachineState.STOPPED
    assert not await ordered(bench, "/api/machine/reset")
    await bench.in_service()


async def test_nothing_is_asked_before_the_start_up_is_over(bare: TowerBench) -> None:
    await bare.world.tower.server.stop()
    await bare.start()
    await bare.until(bare.status)
    status = await bare.status()
    assert status is not None
    assert status["mode"] == "start-up"
    assert "start-up" in await mode(bare, "manual")
    assert "start-up" in await ordered(bare, "/api/lifts/1/home")
    await bare.world.tower.server.start()
    await bare.opened()
    assert (await bare.read("/api/mode") or {})["mode"] == "automatic"


async def test_a_door_is_opened_by_hand_in_manual(bench: TowerBench) -> None:
    door = "/api/bays/1/street-door"
    assert "wants semi-automatic or manual" in await ordered(bench, door, wanted="open")
    assert not await mode(bench, "manual")
    assert "wants semi-automatic" in await ordered(
        bench, "/api/movements", vin=bench.car(0).vin, bay=2
    )
    assert not await ordered(bench, door, wanted="open")
    assert bench.door_open(1)
    assert not await ordered(bench, door, wanted="closed")
    assert bench.door_shut(1)
    assert not await mode(bench, "automatic")
    await bench.in_service()
