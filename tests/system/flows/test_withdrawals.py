"""The cloud withdraws or changes a reservation at every stage of the visit."""

import asyncio

import pytest

from tests.bench.tower_bench import TowerBench
from vendtower.domain.delivery import CarriageState
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import OnLift
from vendtower.domain.reservation import ReservationWithdrawn
from vendtower.flows.reservations import take_changes
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow


async def withdrawn(bench: TowerBench, reservation_id: str) -> None:
    bench.world.cloud.withdraw(reservation_id)
    await bench.until(
        lambda: reservation_id not in bench.tower.book.reservations, "the withdrawal does not come"
    )


async def test_before_arrival(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await withdrawn(bench, customer.reservation_id)
    await bench.state(customer, VisitState.CANCELLED)
    await bench.event("visit.reservation_cancelled")
    await bench.event("identity.template_erased")
    await bench.check_in(customer)
    await bench.phase(1, "refused", "unknown_code")
    assert bench.executed() == 0


async def test_before_the_camera(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    await withdrawn(bench, customer.reservation_id)
    await bench.phase(1, "refused", "cancelled")
    await bench.phase(1, "free")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    assert (await bench.event("visit.reservation_cancelled"))["vin"] == customer.vin


async def test_while_staff_are_asked(bench: TowerBench) -> None:
    customer = await bench.book(0, face=False)
    await bench.check_in(customer)
    case = await bench.case("identity")
    await withdrawn(bench, customer.reservation_id)
    await bench.phase(1, "refused", "cancelled")
    assert not (await bench.settle(case, "customer_verified"))["done"]
    assert (await bench.event("case.case_opened"))["case_id"] == case["case_id"]
    await bench.home(customer)
    assert bench.doors_opened(1) == 0


async def test_while_the_car_moves(bench: TowerBench) -> None:
    customer = await bench.book(25)
    await bench.identify(customer)
    tower = bench.world.tower
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    await withdrawn(bench, customer.reservation_id)
    await bench.phase(1, "refused", "cancelled")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    assert bench.tower.book.ledger.car_at(OnLift(1)) is None
    told = await bench.event("visit.reservation_cancelled")
    facts = (told["reservation_id"], told["car_state"], told["compensation"])
    assert facts == (customer.reservation_id, "moving", "move_ends_then_stored")
    assert told["job_id"] is not None


async def test_when_the_car_is_presented(bench: TowerBench) -> None:
    """Somebody seems to be in the bay, so that the door waits; then the withdrawal comes."""
    customer = await bench.book(0)
    tower, journal = bench.world.tower, bench.tower.book.journal
    commit = journal.commit

    async def tapped(change: Change) -> None:
        await commit(change)
        if any(v.state is VisitState.PRESENTED for v in change.visits):
            tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
            await bench.until(
                lambda: (m := bench.tower.machine()) is not None and m.bays[1].person_inside
            )

    journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
    await bench.identify(customer)
    await bench.state(customer, VisitState.PRESENTED)
    await bench.phase(1, "hand_over")
    await withdrawn(bench, customer.reservation_id)
    await bench.phase(1, "refused", "cancelled")
    tower.act(tower.sensors.heal)
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    told = await bench.event("visit.reservation_cancelled")
    assert (told["car_where"], told["compensation"]) == ("bay 1", "stored_again")


async def test_in_the_moment_before_the_door(bench: TowerBench) -> None:
    """The withdrawal is on the disk before the hand-over is: the hand-over is not written."""
    customer = await bench.book(0)
    tower = bench.tower
    commit = tower.book.journal.commit
    withdrawing: list[asyncio.Task[None]] = []

    async def tapped(change: Change) -> None:
        await commit(change)
        if any(v.state is VisitState.PRESENTED for v in change.visits) and not withdrawing:
            gone = (ReservationWithdrawn(customer.reservation_id),)
            withdrawing.append(asyncio.create_task(take_changes(tower, gone, "cursor")))
            # It waits for the book now, before the kiosk's next step can.
            await asyncio.sleep(0)

    tower.book.journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
    await bench.identify(customer)
    await bench.state(customer, VisitState.CANCELLED)
    await bench.home(customer)
    assert bench.doors_opened(1) == 0


async def test_after_the_door_has_opened_it_is_too_late(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.identify(customer)
    await bench.world.tower.until(lambda: bench.door_open(1))
    await withdrawn(bench, customer.reservation_id)
    told = await bench.event("reservation.withdrawn_too_late")
    facts = (told["reservation_id"], told["car_where"], told["compensation"])
    assert facts == (customer.reservation_id, "bay 1", "staff_or_return")
    await bench.depart(customer)
    assert bench.visit_state(customer) is VisitState.DEPARTED


async def test_another_car_before_arrival(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    bench.world.cloud.change(customer.reservation_id, car=bench.car(9))
    await bench.until(lambda: bench.tower.book.reservations[customer.reservation_id].revision == 2)
    moved = type(customer)(customer.reservation_id, customer.code, bench.car(9).vin)
    await bench.collect(moved)
    assert str(bench.tower.book.ledger.where(customer.vin)).startswith("slot")


async def test_another_car_during_the_visit_is_refused(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    bench.world.cloud.change(customer.reservation_id, car=bench.car(9))
    refused = await bench.event("reservation.refused")
    assert refused["problem"] == "visit_under_way"
    bench.people.match(1)
    await bench.depart(customer)
    assert bench.executed() == 1


async def test_consent_withdrawn_erases_the_template(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    bench.world.cloud.change(customer.reservation_id, face_consent=False, portrait=None)
    await bench.until(lambda: bench.identity.held == set(), "the template is kept")
    await bench.event("identity.template_erased")
    await bench.check_in(customer)
    await bench.phase(1, "staff_route")


async def test_a_new_picture_replaces_the_old_template(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    bench.world.cloud.change(customer.reservation_id, portrait=b"another picture")
    await bench.until(lambda: bench.identity.forgotten == [customer.reservation_id])
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await bench.collect(customer)


async def test_withdrawn_while_referred_then_staff_let_it_go_on(bench: TowerBench) -> None:
    customer = await bench.book(0)
    for _ in range(3):
        await bench.check_in(customer)
        bench.people.differ(1)
        await bench.phase(1, "refused")
    await bench.state(customer, VisitState.REFERRED_TO_STAFF)
    await withdrawn(bench, customer.reservation_id)
    await bench.settled("identity", "try_again")
    await bench.state(customer, VisitState.CANCELLED)


async def test_the_cloud_begins_anew_and_nothing_happens_twice(bench: TowerBench) -> None:
    done, open_ = await bench.book(0), await bench.book(1)
    await bench.collect(done)
    bench.world.cloud.forget_cursors()
    refused = await bench.event("reservation.refused")
    assert (refused["problem"], refused["why"]) == ("visit_over", "the visit is over: departed")
    assert bench.visit_state(open_) is VisitState.EXPECTED
    assert len(bench.events("reservation.accepted")) == 2
    assert bench.tower.book.carriage(done.vin).state is CarriageState.GONE
