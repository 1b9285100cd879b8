"""The power goes in the very moment in which a state has reached the disk, for every state.

The controller is frozen inside the commit: whatever it would have done next it has not done. A
quick restart is one that the PLC does not notice; a slow one makes it stop what moves.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from firmware_bridge.meanings import MachineState, PcLink
from hardware_sim.plant.door import DoorPosition
from tests.bench.tower_bench import Customer, TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import JobState, Verb
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow

Chosen = Callable[[Change], bool]

V, C = VisitState, CarriageState


def visit_is(state: VisitState) -> Chosen:
    return lambda change: any(visit.state is state for visit in change.visits)


def carriage_is(state: CarriageState) -> Chosen:
    return lambda change: any(carriage.state is state for carriage in change.carriages)


def job_is(state: JobState, verb: Verb) -> Chosen:
    return lambda change: any(job.state is state and job.verb is verb for job in change.jobs)


async def power_cut(bench: TowerBench, *, noticed: bool) -> None:
    """End the frozen controller and start it again."""
    await bench.until(bench.frozen.is_set, "the chosen change was not made")
    await bench.crash()
    if noticed:
        tower = bench.world.tower
        link = tower.plc.machine.link
        await tower.until(lambda: link.state is PcLink.LOST)
    await bench.start()


async def end_well(bench: TowerBench, customer: Customer) -> None:
    """Whatever is still to be done: staff look, the customer drives off."""
    plant = bench.world.tower.plant
    if bench.visit_state(customer) is not V.DEPARTED and plant.where_is(customer.vin):
        await bench.settle_movements_until(
            lambda: bench.door_open(1) or bench.visit_state(customer) is V.DEPARTED
        )
    bay = plant.bays[1]
    if bay.car is not None and bay.outer.position(plant.now_s) is DoorPosition.OPEN:
        await bench.drive_out(customer)
    await bench.state(customer, V.DEPARTED)
    assert str(bench.tower.book.ledger.where(customer.vin)) == "outside"
    await bench.event("visit.car_departed")
    assert len(bench.events("visit.car_departed")) == 1
    await bench.until(lambda: bench.door_shut(1), "the street door stays open")


@pytest.mark.parametrize("noticed", [False, True], ids=["quick", "slow"])
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(visit_is(V.AT_KIOSK), id="at kiosk"),
        pytest.param(visit_is(V.VERIFIED), id="verified"),
        pytest.param(visit_is(V.PRESENTED), id="presented"),
        pytest.param(visit_is(V.HANDING_OVER), id="handing over"),
        pytest.param(carriage_is(C.ORDERED), id="ordered"),
        pytest.param(carriage_is(C.MOVING), id="moving"),
        pytest.param(carriage_is(C.IN_BAY), id="in bay"),
        pytest.param(job_is(JobState.ACCEPTED, Verb.FETCH), id="job accepted"),
        pytest.param(job_is(JobState.STARTED, Verb.FETCH), id="job started"),
        pytest.param(job_is(JobState.PLANNED, Verb.OPEN_OUTER_DOOR), id="door planned"),
        pytest.param(job_is(JobState.ACCEPTED, Verb.OPEN_OUTER_DOOR), id="door accepted"),
        pytest.param(job_is(JobState.DONE, Verb.OPEN_OUTER_DOOR), id="door open"),
    ],
)
async def test_on_the_way_to_the_car(chosen: Chosen, noticed: bool, bench: TowerBench) -> None:
    customer = await bench.book(5)
    bench.freeze_at(chosen)
    await bench.check_in(customer)
    bench.people.match(1)
    await power_cut(bench, noticed=noticed)
    if bench.visit_state(customer) is V.AT_KIOSK:
        # Whether the first look was lost with the power cannot be told from here.
        bench.people.match(1)
    await end_well(bench, customer)


@pytest.mark.parametrize("noticed", [False, True], ids=["quick", "slow"])
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(job_is(JobState.PLANNED, Verb.CLOSE_OUTER_DOOR), id="closing planned"),
        pytest.param(job_is(JobState.ACCEPTED, Verb.CLOSE_OUTER_DOOR), id="closing"),
        pytest.param(job_is(JobState.DONE, Verb.CLOSE_OUTER_DOOR), id="closed"),
        pytest.param(visit_is(V.DEPARTED), id="departed"),
    ],
)
async def test_after_the_car_has_left(chosen: Chosen, noticed: bool, bench: TowerBench) -> None:
    customer = await bench.book(5)
    bench.freeze_at(chosen)
    await bench.identify(customer)
    await bench.drive_out(customer)
    await power_cut(bench, noticed=noticed)
    await end_well(bench, customer)
    assert bench.executed() == 1


async def test_a_job_journaled_and_never_sent_is_sent_as_a_new_one(bench: TowerBench) -> None:
    customer = await bench.book(5)
    bench.freeze_at(job_is(JobState.PLANNED, Verb.FETCH))
    await bench.identify(customer)
    await power_cut(bench, noticed=False)
    await end_well(bench, customer)
    lift_jobs = [job for job in bench.tower.book.jobs.values() if job.mailbox == 1]
    assert [job.state for job in lift_jobs] == [JobState.NEVER_SENT, JobState.DONE]
    assert lift_jobs[0].job_id < lift_jobs[1].job_id
    assert bench.executed() == 1


@pytest.mark.parametrize("noticed", [False, True], ids=["quick", "slow"])
@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(visit_is(V.EXPECTED), id="left"),
        pytest.param(carriage_is(C.RETURNING), id="returning"),
        pytest.param(job_is(JobState.STARTED, Verb.STORE), id="storing"),
        pytest.param(carriage_is(C.IN_SLOT), id="back in slot"),
    ],
)
async def test_while_the_car_goes_back(chosen: Chosen, noticed: bool, bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.check_in(customer)
    await bench.carriage(customer, C.IN_BAY)
    bench.freeze_at(chosen)
    bench.people.differ(1)
    await power_cut(bench, noticed=noticed)
    await bench.settle_movements_until(
        lambda: bench.tower.book.carriage(customer.vin).state is C.IN_SLOT
    )
    await bench.home(customer)
    assert bench.visit_state(customer) is V.EXPECTED
    assert bench.doors_opened(1) == 0
    await bench.in_service()
    await bench.collect(customer)


@pytest.mark.parametrize(
    "chosen", [carriage_is(C.HALTED), carriage_is(C.ON_LIFT)], ids=["halted", "on lift"]
)
async def test_while_staff_are_asked_about_a_car(chosen: Chosen, bench: TowerBench) -> None:
    customer = await bench.book(25)
    bench.freeze_at(chosen)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.press_estop()
    await tower.until(lambda: tower.plc.machine.packml.state is MachineState.ABORTED)
    tower.release_estop()
    await bench.settle_until_frozen()
    await power_cut(bench, noticed=True)
    # Whoever had looked, had looked before the power went: the stop is reset by a person again.
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.session_accepted)
    await bench.lead_on()
    await end_well(bench, customer)


async def test_while_staff_are_asked_about_a_person(bench: TowerBench) -> None:
    customer = await bench.book(5, face=False)
    await bench.check_in(customer)
    case = await bench.case("identity")
    await bench.restart()
    await bench.phase(1, "staff_route")
    assert [c["case_id"] for c in await bench.open_cases()] == [case["case_id"]]
    await bench.settled("identity", "customer_verified")
    await end_well(bench, customer)
    assert asked_about_people(bench) == 1


def asked_about_people(bench: TowerBench) -> int:
    return sum(case["kind"] == "identity" for case in bench.events("case.case_opened"))


async def test_staff_have_answered_and_the_power_goes(bench: TowerBench) -> None:
    """Nobody is asked a second time."""
    customer = await bench.book(5, face=False)
    await bench.check_in(customer)
    case = await bench.case("identity")
    bench.freeze_at(visit_is(V.VERIFIED))
    answering = bench.spawn(bench.settle(case, "customer_verified"))
    await power_cut(bench, noticed=False)
    answering.cancel()
    await end_well(bench, customer)
    assert asked_about_people(bench) == 1


@pytest.mark.parametrize("noticed", [False, True], ids=["quick", "slow"])
async def test_referred_after_three_refusals(noticed: bool, bench: TowerBench) -> None:
    customer = await bench.book(5)
    for _ in range(2):
        await bench.check_in(customer)
        bench.people.differ(1)
        await bench.phase(1, "refused")
    bench.freeze_at(visit_is(V.REFERRED_TO_STAFF))
    await bench.check_in(customer)
    bench.people.differ(1)
    await power_cut(bench, noticed=noticed)
    await bench.settle_movements_until(
        lambda: bench.tower.book.carriage(customer.vin).state is C.IN_SLOT
    )
    await bench.phase(1, "free")
    await bench.settled("identity", "try_again")
    await bench.state(customer, V.EXPECTED)
    await bench.in_service()
    await bench.collect(customer)


async def test_referred_with_the_car_in_the_bay(bench: TowerBench) -> None:
    customer = await bench.book(5)
    bench.policies["bay_clear_timeout_s"] = 0.5
    await bench.restart()
    await bench.in_service()
    bench.freeze_at(visit_is(V.REFERRED_TO_STAFF))
    await bench.identify(customer)
    await power_cut(bench, noticed=True)
    await bench.phase(1, "referred")
    assert bench.door_open(1)
    await bench.drive_out(customer)
    await bench.settled("hand_over", "car_outside")
    await end_well(bench, customer)


@pytest.mark.parametrize("state", [V.CANCELLED, V.CLOSED_BY_STAFF, V.EXPIRED])
async def test_what_has_ended_stays_ended(state: VisitState, bench: TowerBench) -> None:
    now = bench.utc()
    bench.policies["late_s"] = 0.1
    await bench.restart()
    await bench.in_service()
    ends = now + timedelta(seconds=1.5 if state is V.EXPIRED else 3600)
    customer = await bench.book(5, starts_at=now - timedelta(hours=1), ends_at=ends)
    if state is V.CLOSED_BY_STAFF:
        for _ in range(3):
            await bench.check_in(customer)
            bench.people.differ(1)
            await bench.phase(1, "refused")
    bench.freeze_at(visit_is(state))
    if state is V.CANCELLED:
        bench.world.cloud.withdraw(customer.reservation_id)
    if state is V.CLOSED_BY_STAFF:
        case = await bench.case("identity")
        bench.spawn(bench.settle(case, "close_visit"))
    await power_cut(bench, noticed=False)
    await bench.in_service()
    assert bench.visit_state(customer) is state
    assert customer.reservation_id not in bench.tower.book.reservations
    await bench.check_in(customer)
    await bench.phase(1, "refused", "unknown_code")


async def test_many_restarts_during_one_movement(bench: TowerBench) -> None:
    customer = await bench.book(25)
    await bench.identify(customer)
    for _ in range(4):
        await bench.restart()
    await end_well(bench, customer)
