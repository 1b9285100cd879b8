"""A movement that stopped with the shuttle out: nobody is stranded by it once staff have looked."""

from tests.bench.tower_bench import TowerBench
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.pickup import VisitState


def reaches(bench: TowerBench, *, loaded: bool) -> bool:
    """Whether the shuttle is half out, with a car on it or without."""
    tower = bench.world.tower
    tower.catch_up()
    lift = tower.plant.lifts[1]
    half_out = 2500 < lift.shuttle.position(tower.plant.now_s) < 5500
    return half_out and (lift.car is not None) == loaded


async def stop_while_reaching(bench: TowerBench, *, loaded: bool) -> None:
    """Withdraw the permit in the middle of a stroke; the PLC stops the job at once."""
    await bench.until(lambda: reaches(bench, loaded=loaded), "the shuttle does not reach out")
    bench.running.plc.permit(set())
    await bench.until(bench.tower.book.open_cases, "no case is opened")
    lift = bench.world.tower.plant.lifts[1]
    assert not lift.shuttle_in(bench.world.tower.plant.now_s), "stopped too late for this test"


async def settle_all(bench: TowerBench) -> None:
    """Staff answer every open question, as soon as the tower takes the answer."""

    async def settled() -> bool:
        for case in bench.tower.book.open_cases():
            await bench.settle({"case_id": case.case_id}, "continue")
        return not bench.tower.book.open_cases()

    await bench.until(settled, "the cases are not settled")


def homings(bench: TowerBench) -> list[Job]:
    return [job for job in bench.tower.book.jobs.values() if job.verb is Verb.HOME]


async def test_a_car_half_in_the_bay_is_brought_there(bench: TowerBench) -> None:
    customer = await bench.book()
    await bench.identify(customer)
    await bench.until(
        lambda: bench.world.tower.plant.lifts[1].car is not None, "the car is not on the lift"
    )
    await stop_while_reaching(bench, loaded=True)
    await settle_all(bench)
    await bench.depart(customer)
    assert not homings(bench)
    await bench.judge()


async def test_an_empty_shuttle_half_in_a_slot_is_brought_home_first(bench: TowerBench) -> None:
    customer = await bench.book()
    await bench.identify(customer)
    await stop_while_reaching(bench, loaded=False)
    assert not homings(bench), "the lift was homed before anybody had looked"
    await settle_all(bench)
    await bench.depart(customer)
    assert [job.state for job in homings(bench)] == [JobState.DONE]
    await bench.judge()


async def test_a_homing_that_is_stopped_is_looked_at_again(bench: TowerBench) -> None:
    customer = await bench.book()
    await bench.identify(customer)
    await stop_while_reaching(bench, loaded=False)
    await settle_all(bench)
    await bench.until(
        lambda: any(job.state is JobState.STARTED for job in homings(bench)), "it is not homed"
    )
    bench.running.plc.permit(set())
    await bench.until(bench.tower.book.open_cases, "no case is opened")
    [case] = bench.tower.book.open_cases()
    assert "home lift 1" in case.question
    await settle_all(bench)
    await bench.depart(customer)
    assert [job.state for job in homings(bench)] == [JobState.FAILED, JobState.DONE]


async def test_a_homing_outlives_the_controller(bench: TowerBench) -> None:
    customer = await bench.book()
    await bench.identify(customer)
    await stop_while_reaching(bench, loaded=False)
    await settle_all(bench)
    await bench.until(lambda: homings(bench), "the lift is not homed")
    await bench.restart()
    await bench.until(
        lambda: homings(bench)[-1].state not in {JobState.PLANNED, JobState.STARTED},
        "the homing of the earlier run never ends",
    )
    if homings(bench)[-1].state is not JobState.DONE:
        await settle_all(bench)
    await bench.state(customer, VisitState.VERIFIED, VisitState.HANDING_OVER)
    await bench.depart(customer)
    assert homings(bench)[-1].state is JobState.DONE
