"""A person ends a movement after this move, or at once; where the car is, is known after both."""

import pytest

from tests.bench.full_disk import full_at_end_of
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.places import Bay, OnLift
from vendtower.ports.journal import Change, JournalFault

pytestmark = pytest.mark.slow


async def under_way(bench: TowerBench, number: int = 25) -> tuple[Customer, Job]:
    """A verified customer whose car stands on the moving lift."""
    customer = await bench.book(number)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    job = bench.tower.book.open_job(1)
    assert job is not None
    return customer, job


async def order(bench: TowerBench, job: Job, what: str, by: str = STAFF) -> tuple[bool, str]:
    said = await bench.control(f"/api/jobs/{job.job_id}/{what}", {"by": by})
    return said["done"], said.get("reason", said.get("message"))


async def test_stop_now(bench: TowerBench) -> None:
    customer, job = await under_way(bench)
    done, why = await order(bench, job, "stop")
    assert done, why
    case = await bench.case("movement")
    assert "stopped on request" in case["question"]
    assert case["place"] == "lift 1"
    book = bench.tower.book
    assert book.jobs[job.job_id].state is JobState.ABORTED
    [stop] = [each for each in book.jobs.values() if each.verb is Verb.ABORT]
    assert (stop.state, stop.seq) == (JobState.DONE, job.seq + 1)
    assert (await bench.event("job.job_stop_asked"))["by"] == STAFF
    tower = bench.world.tower
    tower.catch_up()
    truth = tower.where_is(customer.vin)
    assert truth is not None
    assert truth.kind == "lift"
    assert not any(drive.moving(tower.plant.now_s) for drive in (tower.plant.lifts[1].hoist,))
    assert not (await order(bench, job, "stop"))[0], "an ended job cannot be stopped"
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    jobs = sorted((each for each in book.jobs.values() if each.mailbox), key=lambda j: j.job_id)
    assert len({each.seq for each in jobs}) == len(jobs), "a number was used twice"


async def test_a_stop_whose_end_could_not_be_written_is_answered_and_written_later(
    bench: TowerBench,
) -> None:
    _customer, job = await under_way(bench)
    book, failed = bench.tower.book, full_at_end_of(bench, Verb.ABORT)
    done, why = await order(bench, job, "stop")
    assert done, why
    await bench.case("movement")
    await bench.until(lambda: not book.jobs[failed[0].job_id].is_open, "the order stays open")


async def test_a_lift_stops_although_the_disk_takes_no_order(bench: TowerBench) -> None:
    """A stop cannot wait until somebody has freed space: the lift loses its permit."""
    customer, job = await under_way(bench)
    bench.expected_failures = True
    journal = bench.tower.book.journal
    commit = journal.commit

    async def full_for_orders(change: Change) -> None:
        if any(each.verb is Verb.ABORT for each in change.jobs):
            raise JournalFault("the disk is full")
        await commit(change)

    journal.commit = full_for_orders  # type: ignore[method-assign]  # the wire to the disk fails
    done, why = await order(bench, job, "stop")
    assert done, why
    assert "the permit of lift 1 is taken back" in why
    case = await bench.case("movement")
    assert "permit_withdrawn" in case["question"]
    tower = bench.world.tower
    tower.catch_up()
    assert not tower.plant.lifts[1].hoist.moving(tower.plant.now_s)
    assert bench.tower.book.jobs[job.job_id].state is JobState.FAILED
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)


async def test_stop_asked_twice_stops_once(bench: TowerBench) -> None:
    _, job = await under_way(bench)
    first = bench.spawn(order(bench, job, "stop"))
    second = bench.spawn(order(bench, job, "stop"))
    answers = [await first, await second]
    assert sorted(done for done, _ in answers) == [False, True]
    assert any("already" in why for done, why in answers if not done)
    await bench.case("movement")
    assert sum(each.verb is Verb.ABORT for each in bench.tower.book.jobs.values()) == 1


async def test_the_controller_dies_between_the_wish_and_the_wire(bench: TowerBench) -> None:
    """The journal has the wish and the PLC never heard of it: the job is followed to its end."""
    customer, job = await under_way(bench)
    bench.freeze_at(lambda change: any(each.verb is Verb.ABORT for each in change.jobs))
    bench.spawn(order(bench, job, "stop"))
    await bench.until(bench.frozen.is_set, "the wish was not journaled")
    await bench.restart()
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    book = bench.tower.book
    [stop] = [each for each in book.jobs.values() if each.verb is Verb.ABORT]
    assert stop.state is JobState.NEVER_SENT
    assert book.jobs[job.job_id].state in {JobState.DONE, JobState.FAILED}
    assert bench.tower.to_recover == set()


async def test_the_controller_dies_after_the_plc_has_stopped(bench: TowerBench) -> None:
    customer, job = await under_way(bench)
    bench.freeze_at(
        lambda change: any(
            each.verb is Verb.ABORT and each.state is JobState.DONE for each in change.jobs
        )
    )
    bench.spawn(order(bench, job, "stop"))
    await bench.until(bench.frozen.is_set, "the stop was not journaled as done")
    await bench.restart()
    case = await bench.case("movement")
    assert case["place"] in {"lift 1", "bay 1"}
    assert bench.tower.book.jobs[job.job_id].state in {JobState.ABORTED, JobState.FAILED}
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)


async def test_finish_this_move_and_let_nothing_follow(bench: TowerBench) -> None:
    customer, job = await under_way(bench)
    done, why = await order(bench, job, "cancel")
    assert done, why
    assert not (await order(bench, job, "cancel"))[0]
    case = await bench.case("movement")
    assert STAFF in case["question"]
    assert case["place"] == "bay 1"
    book = bench.tower.book
    assert book.jobs[job.job_id].state is JobState.DONE
    assert book.ledger.where(customer.vin) == Bay(1)
    assert book.carriage(customer.vin).state is CarriageState.HALTED
    assert bench.doors_opened(1) == 0
    await bench.restart()
    await bench.in_service()
    assert bench.doors_opened(1) == 0, "a restart is no person's word"
    await bench.settled("movement", "continue")
    await bench.depart(customer)
    assert bench.executed() == 1


@pytest.mark.parametrize("what", ["stop", "cancel"])
async def test_what_is_no_open_movement_is_refused(what: str, bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.collect(customer)
    for job in bench.tower.book.jobs.values():
        done, why = await order(bench, job, what)
        assert (done, "ended already" in why) == (False, True), why
    said = await bench.control(f"/api/jobs/4000/{what}", {"by": STAFF})
    assert "does not exist" in said["reason"]


async def test_without_the_line_the_plc_cannot_be_asked(bench: TowerBench) -> None:
    customer, job = await under_way(bench)
    await bench.world.tower.cut_plc_link(2.0)
    await bench.until(lambda: bench.tower.machine() is None)
    done, why = await order(bench, job, "stop")
    assert not done
    assert "PLC link" in why or "not known" in why
    await bench.until(lambda: bench.tower.machine() is not None)
    await bench.settle_movements_until(lambda: bench.door_open(1))
    await bench.depart(customer)
    assert bench.tower.book.ledger.car_at(OnLift(1)) is None
