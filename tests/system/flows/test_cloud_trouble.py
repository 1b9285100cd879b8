"""The cloud is away, refuses, talks nonsense, or books what cannot be honoured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.cloud.faults import Fault, FaultKind
from tests.bench.tower_bench import TowerBench
from vendtower.domain.pickup import VisitState

pytestmark = pytest.mark.slow


def window(bench: TowerBench, **more: Any) -> dict[str, Any]:
    now = bench.utc()
    return {"starts_at": now - timedelta(minutes=5), "ends_at": now + timedelta(hours=1)} | more


async def test_absent_at_the_first_start(bare: TowerBench) -> None:
    """A tower that no cloud has ever accepted serves nobody; the first contact opens it."""
    await bare.world.cloud.line_down()
    await bare.start()
    await bare.until(lambda: bare.tower.machine() is not None)
    await bare.load_stock()

    async def told() -> bool:
        status = await bare.status()
        return bool(status and not status["cloud"]["reachable"] and status["cloud"]["note"])

    await bare.until(told)
    status = await bare.status()
    assert status is not None
    assert "the cloud has never accepted this tower" in status["out_of_service_why"]
    await bare.world.cloud.line_up()
    await bare.in_service()
    await bare.collect(await bare.book(0))


@pytest.mark.both_wires
async def test_away_from_the_arrival_to_the_departure(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await bench.world.cloud.line_down()
    await bench.collect(customer)
    assert bench.tower.book.outbox.owed > 0
    await bench.world.cloud.line_up()
    assert (await bench.event("visit.car_departed"))["vin"] == customer.vin
    assert bench.world.cloud.store.out_of_order == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.STATUS, status=500),
        Fault(FaultKind.STATUS, status=503, retry_after="0"),
        Fault(FaultKind.MALFORMED_AFTER),
        Fault(FaultKind.WRONG_SHAPE_AFTER),
        Fault(FaultKind.DROP_AFTER),
    ],
    ids=lambda fault: f"{fault.kind.value} {fault.status}",
)
async def test_bad_answers_pass_and_nothing_is_lost(fault: Fault, bench: TowerBench) -> None:
    bench.world.cloud.add_fault(fault, times=3)
    await bench.collect(await bench.book(0))
    await bench.event("visit.car_departed")
    assert len(bench.events("visit.car_departed")) == 1


async def test_a_refused_token_is_told_and_customers_are_served(bench: TowerBench) -> None:
    customer = await bench.book(0)
    bench.world.cloud.rotate_token("another-token")

    async def told() -> bool:
        status = await bench.status()
        return bool(status and "401" in status["cloud"]["note"])

    await bench.until(told)
    await bench.collect(customer)


@pytest.mark.parametrize(
    ("car", "more", "problem"),
    [
        (BookedCar("VTDEMA00000000999"), {}, "unknown_car"),
        (None, {"slot": 999}, "unknown_slot"),
        (
            None,
            {
                "starts_at": datetime(2020, 1, 1, 10, tzinfo=UTC),
                "ends_at": datetime(2020, 1, 1, 11, tzinfo=UTC),
            },
            "window_past",
        ),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    car: BookedCar | None, more: dict[str, Any], problem: str, bench: TowerBench
) -> None:
    booked = bench.booked(car or bench.car(0), face=False, **window(bench, **more))
    refused = await bench.event("reservation.refused")
    assert (refused["reservation_id"], refused["problem"]) == (booked.reservation_id, problem)
    assert refused["why"]
    await bench.check_in(booked)
    await bench.phase(1, "refused", "unknown_code")


async def test_two_reservations_for_one_car(bench: TowerBench) -> None:
    first = await bench.book(0)
    second = bench.booked(bench.car(0), **window(bench))
    refused = await bench.event("reservation.refused")
    assert (refused["reservation_id"], refused["problem"]) == (
        second.reservation_id,
        "car_reserved_twice",
    )
    assert first.reservation_id in refused["why"]
    await bench.collect(first)


async def test_an_unreadable_item_spoils_nothing_else(bench: TowerBench) -> None:
    odd = {"op": "set", "reservation": {"id": "R-odd", "revision": "x"}}
    bench.world.cloud.add_raw_change(odd, signed=True)
    customer = await bench.book(0)
    refused = await bench.event("reservation.refused")
    assert (refused["reservation_id"], refused["problem"]) == ("R-odd", "unreadable")
    await bench.collect(customer)


async def test_a_cloud_that_does_not_accept_the_boot(bare: TowerBench) -> None:
    bare.world.cloud.refuse_boots("this tower is not commissioned")
    await bare.start()

    async def told() -> bool:
        status = await bare.status()
        return bool(status and "not commissioned" in status["cloud"]["note"])

    await bare.until(told)
    status = await bare.status()
    assert status is not None
    assert not status["in_service"]


@pytest.mark.both_wires
async def test_reservations_survive_a_restart_without_the_cloud(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.crash()
    await bench.world.cloud.line_down()
    await bench.start()
    await bench.in_service()
    await bench.collect(customer)
    assert bench.visit_state(customer) is VisitState.DEPARTED
