"""After each error of the contract its case takes the answers that the catalogue allows."""

import pytest

from firmware_bridge.meanings import JobError
from tests.bench.tower_bench import TowerBench
from vendtower.domain.job_errors import choices_after, job_error
from vendtower.domain.places import OnLift

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "error", [JobError.LOAD_MISMATCH, JobError.PLACE_STATE, JobError.INTERLOCK]
)
async def test_the_case_of_an_error(error: JobError, bench: TowerBench) -> None:
    customer = await bench.book(25)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.act(lambda: tower.plc.machine.lifts[1].stop(error))
    case = await bench.case("movement")
    name = error.name.lower()
    assert name in case["question"]
    assert case["choices"] == [each.value for each in choices_after(name, OnLift(1))]
    for answer in {"continue", "car_on_lift"} - set(case["choices"]):
        said = await bench.settle(case, answer)
        assert not said["done"]
        assert said["reason"].endswith(job_error(name).action), said
    answer = next(each for each in case["choices"] if each in {"continue", "car_on_lift"})
    await bench.settled("movement", answer)
    await bench.depart(customer)


async def test_a_car_that_was_seen_in_its_slot_may_be_on_the_lift_after_all(
    bench: TowerBench,
) -> None:
    """Seed 784424713: a creeping lift gripped the car just as its job was given up."""
    customer = await bench.book(25)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)

    def deceived() -> None:
        tower.sensors.override("slot36.occupied", 1)
        tower.sensors.override("lift1.loaded", 0)
        tower.sensors.override("lift1.load_kg", 0)
        tower.plc.machine.lifts[1].stop(JobError.DEADLINE)

    tower.act(deceived)
    case = await bench.case("movement")
    assert "The sensors see the car on slot 36" in case["question"]
    tower.act(tower.sensors.heal)
    await bench.settled("movement", "car_on_lift")
    await bench.depart(customer)
