"""Customers who collect their car, each way that the tower offers."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, TowerBench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.identity import EnrolmentFailed
from vendtower.domain.pickup import VisitState


@pytest.mark.both_wires
async def test_by_code_and_face(bench: TowerBench) -> None:
    customer = await bench.book(0, language="fr")
    await bench.check_in(customer)
    kiosk = await bench.phase(1, "verifying")
    assert kiosk["language"] == "fr"
    bench.people.match(1)
    await bench.phase(1, "bringing_car")
    assert bench.door_shut(1)
    await bench.phase(1, "hand_over")
    await bench.drive_out(customer)
    await bench.phase(1, "goodbye")
    assert bench.door_shut(1)
    kiosk = await bench.phase(1, "free")
    assert kiosk["language"] == "zh-Hans", "the next customer is met in the site's language"
    departed = await bench.event("visit.car_departed")
    assert departed["vin"] == customer.vin
    assert len(departed["evidence"]) >= 3
    verified = await bench.event("visit.identity_verified")
    assert verified["method"] == "face_with_code"
    assert verified["record"]["distance"] == 0.3
    assert (await bench.event("visit.car_presented"))["wait_s"] < 10
    assert str(bench.tower.book.ledger.where(customer.vin)) == "outside"
    assert bench.executed() == 1


@pytest.mark.both_wires
async def test_by_face_alone_among_those_who_are_due(bench: TowerBench) -> None:
    first, second = await bench.book(0), await bench.book(1)
    without = await bench.book(2, face=False)
    await bench.until(lambda: len(bench.identity.held) == 2, "two templates are wanted")
    await bench.touch(1)
    bench.people.be_recognised(1, second.reservation_id)
    await bench.phase(1, "verifying")
    bench.people.match(1)
    await bench.state(second, VisitState.VERIFIED, VisitState.PRESENTED, VisitState.HANDING_OVER)
    assert bench.identity.due == [(1, (first.reservation_id, second.reservation_id))]
    await bench.depart(second)
    assert (await bench.event("visit.identity_verified"))["method"] == "face_among_due"
    assert bench.visit_state(first) is VisitState.EXPECTED
    assert bench.visit_state(without) is VisitState.EXPECTED


@pytest.mark.both_wires
async def test_without_consent_by_code_and_staff(bench: TowerBench) -> None:
    customer = await bench.book(3, face=False)
    await bench.check_in(customer)
    await bench.phase(1, "staff_route")
    await bench.world.tower.until(lambda: bench.executed() == 1)
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    verified = await bench.event("visit.identity_verified")
    assert (verified["method"], verified["by"]) == ("code_with_staff", STAFF)
    assert (await bench.event("case.case_settled"))["by"] == STAFF
    assert len(bench.events("case.case_opened")) == len(bench.events("case.case_settled")) == 1


@pytest.mark.slow
async def test_staff_say_try_again(bench: TowerBench) -> None:
    customer = await bench.book(3, face=False)
    await bench.check_in(customer)
    await bench.settled("identity", "try_again")
    await bench.phase(1, "free")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    await bench.check_in(customer)
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    assert await bench.open_cases() == []


async def test_a_picture_that_gives_no_face_leads_to_staff(bench: TowerBench) -> None:
    now = bench.utc()
    window: dict[str, Any] = {"starts_at": now, "ends_at": now + timedelta(hours=1)}
    bench.people.enrolments["R-blurred"] = EnrolmentFailed("no face found")
    customer = bench.booked(bench.car(1), reservation_id="R-blurred", **window)
    assert (await bench.event("identity.enrolment_failed"))["why"] == "no face found"
    await bench.check_in(customer)
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)


@pytest.mark.slow
@pytest.mark.both_wires
async def test_two_customers_at_two_bays(bench: TowerBench) -> None:
    one, two = await bench.book(0), await bench.book(20)
    await asyncio.gather(bench.collect(one, 1), bench.collect(two, 2))
    assert bench.executed() == 2


@pytest.mark.slow
@pytest.mark.both_wires
async def test_one_after_the_other_at_one_bay(bench: TowerBench) -> None:
    for number in (0, 7):
        await bench.collect(await bench.book(number))
        await bench.phase(1, "free")
    assert len(bench.events("visit.car_departed")) == 2


@pytest.mark.both_wires
async def test_what_hangs_on_a_visit_is_erased_with_it(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await bench.collect(customer)
    await bench.event("identity.template_erased")
    assert bench.identity.held == set()
    assert customer.reservation_id not in bench.tower.book.reservations
    on_disk = (await bench.tower.book.journal.load()).reservations
    assert on_disk == ()


async def test_a_car_that_is_still_out_has_not_left_with_the_next_customer(
    bench: TowerBench,
) -> None:
    """The one before is late; whoever answers sees that the car is outside."""
    returns = Returns(bench)
    first = await returns.car_is_out()
    late = await bench.book(0)
    await bench.identify(late)
    case = await bench.case("hand_over")
    assert f"is out with reservation {first.reservation_id}" in case["question"]
    said = await bench.settle(case, "car_outside")
    assert (said["done"], "has not left with" in said["reason"]) == (False, True), said
    await bench.settled("hand_over", "close_visit")
    await bench.state(late, VisitState.CLOSED_BY_STAFF)
    await bench.phase(1, "free")
    await returns.announce(first)
    await returns.park(first.vin)
    await returns.confirm()
    await returns.state(first.vin, DropoffState.STORED)
