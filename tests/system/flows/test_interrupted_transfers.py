"""A movement that stopped with the shuttle out: nobody is stranded by it once staff have looked."""

from firmware_bridge.meanings import JobError as WireError
from hardware_sim.plant.agenda import TruthEvent
from tests.bench.tower_bench import TowerBench
from vendtower.domain.case import Case
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.places import OnLift
from vendtower.domain.travel_time import make_whole_s


def stop_in_stroke(bench: TowerBench, *, out: bool, loaded: bool) -> None:
    """Let the PLC stop the lift's job in the middle of its next such stroke of the shuttle.

    At the plant's own time, so that no wire and no busy machine can be too late for it.
    """
    tower = bench.world.tower
    lift = tower.plant.lifts[1]
    half_s = lift.lift.stroke_mm / lift.lift.shuttle.speed / 2
    target = f"shuttle to {lift.lift.stroke_mm if out else 0:g}"

    def hear(event: TruthEvent) -> None:
        if event.what == "moving" and event.detail == target and (lift.car is not None) == loaded:
            tower.log.listeners.remove(hear)
            tower.plant.later(half_s, stop)

    def stop() -> None:
        tower.plc.machine.lifts[1].stop(WireError.PERMIT_WITHDRAWN)

    tower.log.listeners.append(hear)


async def stopped(bench: TowerBench) -> Case:
    """Wait for the case about it, and see that the shuttle really stands half out."""
    await bench.until(bench.tower.book.open_cases, "no case is opened")
    tower = bench.world.tower
    tower.catch_up()
    assert not tower.plant.lifts[1].shuttle_in(tower.plant.now_s), "the shuttle is in"
    [case] = bench.tower.book.open_cases()
    return case


async def settle_all(bench: TowerBench) -> None:
    """Staff answer every open question, as soon as the tower takes the answer."""

    async def settled() -> bool:
        for case in bench.tower.book.open_cases():
            await bench.settle({"case_id": case.case_id}, "continue")
        return not bench.tower.book.open_cases()

    await bench.until(settled, "the cases are not settled")


def homings(bench: TowerBench) -> list[Job]:
    """Those the PLC did not refuse: the permit may take a moment to come back."""
    jobs = bench.tower.book.jobs.values()
    return [job for job in jobs if job.verb is Verb.HOME and job.state is not JobState.REFUSED]


async def test_a_car_half_in_the_bay_is_brought_there(bench: TowerBench) -> None:
    stop_in_stroke(bench, out=True, loaded=True)
    customer = await bench.book()
    await bench.identify(customer)
    await stopped(bench)
    await settle_all(bench)
    await bench.depart(customer)
    assert not homings(bench)
    jobs = [job for job in bench.tower.book.jobs.values() if job.mailbox]
    interrupted, continued = jobs[0], jobs[-1]
    assert interrupted.state is JobState.FAILED
    assert continued.source == OnLift(1)
    # What is left of the first transfer is done slowly, and takes time of its own.
    site = bench.tower.site
    rest_s = make_whole_s(site, site.lift(1))
    assert continued.deadline_s > rest_s * site.policies.job_time_factor
    await bench.judge()


async def test_an_empty_shuttle_half_in_a_slot_is_brought_home_first(bench: TowerBench) -> None:
    stop_in_stroke(bench, out=True, loaded=False)
    customer = await bench.book()
    await bench.identify(customer)
    await stopped(bench)
    assert not homings(bench), "the lift was homed before anybody had looked"
    await settle_all(bench)
    await bench.depart(customer)
    assert [job.state for job in homings(bench)] == [JobState.DONE]
    await bench.judge()


async def test_a_homing_that_is_stopped_is_looked_at_again(bench: TowerBench) -> None:
    stop_in_stroke(bench, out=True, loaded=False)
    customer = await bench.book()
    await bench.identify(customer)
    await stopped(bench)
    stop_in_stroke(bench, out=False, loaded=False)
    await settle_all(bench)
    case = await stopped(bench)
    assert "home lift 1" in case.question
    await settle_all(bench)
    await bench.depart(customer)
    assert [job.state for job in homings(bench)] == [JobState.FAILED, JobState.DONE]
    await bench.judge()


async def test_a_homing_outlives_the_controller(bench: TowerBench) -> None:
    stop_in_stroke(bench, out=True, loaded=False)
    customer = await bench.book()
    await bench.identify(customer)
    await stopped(bench)
    await settle_all(bench)
    await bench.until(lambda: homings(bench), "the lift is not homed")
    await bench.restart()
    await bench.until(
        lambda: homings(bench)[-1].state not in {JobState.PLANNED, JobState.STARTED},
        "the homing of the earlier run never ends",
    )
    await settle_all(bench)
    await bench.depart(customer)
    assert homings(bench)[-1].state is JobState.DONE
