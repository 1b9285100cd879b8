"""The dangerous rows of the recovery table, on real wires."""

import pytest

from tests.bench.tower_bench import Customer, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import JobState, Verb
from vendtower.flows.service import hindrances
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow


def planned(change: Change) -> bool:
    return any(j.state is JobState.PLANNED and j.verb is Verb.FETCH for j in change.jobs)


def started(change: Change) -> bool:
    return any(j.state is JobState.STARTED and j.verb is Verb.FETCH for j in change.jobs)


async def cut_at(
    bench: TowerBench, chosen: object, number: int = 5, *, job_ends: bool = False
) -> Customer:
    """The power goes when the chosen change is on the disk; the controller stays away.

    With `job_ends` it goes when the lift has done its job, and nothing more has been journaled.
    """
    customer = await bench.book(number)
    bench.freeze_at(chosen)  # type: ignore[arg-type]  # one of the two above
    await bench.identify(customer)
    await bench.until(bench.frozen.is_set, "the chosen change was not made")
    if job_ends:
        lift = bench.world.tower.plc.machine.lifts[1]
        await bench.until(lambda: lift.job is None and lift.done_seq, "the job does not end")
    await bench.crash()
    return customer


def sensor_of(bench: TowerBench, customer: Customer) -> str:
    where = bench.world.tower.where_is(customer.vin)
    assert where is not None
    return f"slot{where.number}.occupied"


async def test_never_sent_but_the_car_is_gone(bench: TowerBench) -> None:
    """The PLC proves that nothing was begun, and yet the slot shows no car: a person looks."""
    customer = await cut_at(bench, planned)
    tower = bench.world.tower
    sensor = sensor_of(bench, customer)
    tower.act(lambda: tower.sensors.override(sensor, value=False))
    await bench.start()
    case = await bench.case("movement")
    assert "not seen at its source" in case["question"]
    assert case["place"] is None
    assert bench.tower.book.carriage(customer.vin).state is CarriageState.HALTED
    assert bench.executed() == 0
    refused = await bench.settle(case, "car_in_slot", slot=int(sensor[4:].split(".")[0]))
    assert not refused["done"], "the sensors do not agree yet"
    tower.act(tower.sensors.heal)
    await bench.settled("movement", "car_in_slot", slot=int(sensor[4:].split(".")[0]))
    await bench.depart(customer)
    assert bench.executed() == 1


async def test_a_plc_that_has_forgotten_what_it_did(bench: TowerBench) -> None:
    """Its memory is that of before the job, which the journal has begun: a contradiction."""
    customer = await cut_at(bench, started)
    tower = bench.world.tower
    lift = tower.plc.machine.lifts[1]
    await tower.until(lambda: lift.job is None)
    before = bench.executed() - 1

    def forget() -> None:
        mailbox = tower.plc.machine.mailboxes[1]
        mailbox.words[:] = [0] * len(mailbox.words)
        mailbox.shown = type(mailbox.shown)()
        lift.done_seq = lift.done_job = 0
        lift.retained.exec_count = before

    tower.act(forget)
    await bench.start()
    case = await bench.case("movement")
    assert "the PLC says that it never was" in case["question"]
    assert bench.doors_opened(1) == 0
    # The PLC may have stopped the lift for the silent controller before it lost its memory.
    on_lift = "see the car on lift 1" in case["question"]
    await bench.settled("movement", "car_on_lift" if on_lift else "car_in_bay")
    await bench.until(lambda: bench.door_open(1))
    await bench.depart(customer)


async def test_done_while_two_places_show_a_car(bench: TowerBench) -> None:
    customer = await cut_at(bench, started, job_ends=True)
    tower = bench.world.tower
    sensor = "slot" + str(next(n for n, car in bench.world.cars.items() if car.vin == customer.vin))
    tower.act(lambda: tower.sensors.override(f"{sensor}.occupied", value=True))
    await bench.start()
    case = await bench.case("movement")
    assert "perhaps a second one" in case["question"]
    assert bench.doors_opened(1) == 0
    tower.act(tower.sensors.heal)
    await bench.settled("movement", "car_in_bay")
    await bench.depart(customer)


async def test_nothing_moves_before_it_is_proven(bench: TowerBench) -> None:
    """A PLC that does not take our session proves nothing; even another bay's door waits."""
    await cut_at(bench, planned)
    tower = bench.world.tower
    tower.plc.freeze()
    await bench.start()
    await bench.until(bench.status, "the controller does not answer")
    assert bench.tower.to_recover
    assert hindrances(bench.tower)
    tower.plc.freeze(frozen=False)
    await bench.until(lambda: not bench.tower.to_recover, "the recovery does not end")
    await bench.in_service()
