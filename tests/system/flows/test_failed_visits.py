"""Visits that end without the car: what the cloud hears, and what its people make of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bench.bay_equipment import FIRST, equipped_bench, with_cabinets
from tests.bench.controller_life import Json
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench, tower_bench
from tests.bench.wires import BenchClock
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified
from vendtower.domain.pickup import VisitState
from vendtower.flows import doors, hand_over

pytestmark = pytest.mark.slow


def told(bench: TowerBench, customer: Customer) -> list[Json]:
    return [
        event
        for event in bench.events("visit.failed")
        if event["reservation_id"] == customer.reservation_id
    ]


async def failed(bench: TowerBench, customer: Customer, *, final: bool) -> Json:
    await bench.until(
        lambda: any(event["final"] is final for event in told(bench, customer)),
        lambda: f"no visit.failed with final {final}; came: {told(bench, customer)}",
    )
    return next(event for event in told(bench, customer) if event["final"] is final)


def status(bench: TowerBench, customer: Customer) -> str:
    return bench.world.cloud.compensations.found[customer.reservation_id].status


async def test_a_withdrawn_visit_is_the_operator_s_own(bench: TowerBench) -> None:
    customer = await bench.book(0)
    bench.world.cloud.withdraw(customer.reservation_id)
    said = await failed(bench, customer, final=True)
    assert (said["cause"], said["fault"]) == ("withdrawn", "operator")
    assert said["proposal"] == {"money": "refund", "rebook": False}
    assert said["case_id"] is None


async def test_nobody_came(tmp_path: Path) -> None:
    """The tower was there for all of the window, and sent nobody away."""
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1) as bench:
        starts = bench.utc() + timedelta(seconds=1.0)
        ends = starts + timedelta(seconds=1.5)
        customer = await bench.book(0, starts_at=starts, ends_at=ends)
        said = await failed(bench, customer, final=True)
        assert (said["cause"], said["fault"]) == ("not_collected", "customer")
        assert said["proposal"]["money"] == "keep"


async def test_whom_the_camera_refused_is_not_said_to_have_stayed_away(tmp_path: Path) -> None:
    """One try, then the customer had no time left; the tries allowed were not used up."""
    async with tower_bench(tmp_path, late_s=0.1) as bench:
        now = bench.utc()
        ends = now + timedelta(seconds=8.0)
        customer = await bench.book(0, starts_at=now - timedelta(hours=1), ends_at=ends)
        bench.people.differ(1)
        await bench.check_in(customer, 1)
        await bench.phase(1, "refused")
        said = await failed(bench, customer, final=True)
        assert (said["cause"], said["fault"]) == ("not_identified", "undecided")


async def test_who_was_sent_away_is_not_said_to_have_stayed_away(tmp_path: Path) -> None:
    """The tower cannot tell whether it was this customer; a person decides."""
    async with tower_bench(tmp_path, late_s=0.1) as bench:
        now = bench.utc()
        bay = {"place": "bay 1", "by": STAFF}
        assert (await bench.control("/api/out-of-service", bay | {"reason": "repair"}))["done"]
        ends = now + timedelta(seconds=8.0)
        customer = await bench.book(0, starts_at=now - timedelta(hours=1), ends_at=ends)
        await bench.touch(1)
        await bench.phase(1, "refused")
        assert (await bench.control("/api/return-to-service", bay))["done"]
        said = await failed(bench, customer, final=True)
        assert (said["cause"], said["fault"]) == ("not_served", "undecided")
        assert said["proposal"] == {"money": "decide", "rebook": True}


async def test_a_window_that_ended_while_the_daemon_was_away(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, late_s=0.1) as bench:
        now = bench.utc()
        ends = now + timedelta(seconds=3.0)
        customer = await bench.book(0, starts_at=now - timedelta(hours=1), ends_at=ends)
        await bench.restart(away_s=5.0)
        said = await failed(bench, customer, final=True)
        assert said["cause"] == "not_served"


async def test_a_window_over_which_the_clock_was_set(tmp_path: Path) -> None:
    """An hour ahead, by mistake or at last right: most of the window was not lived through."""
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1) as bench:
        starts = bench.utc() + timedelta(seconds=1.0)
        ends = starts + timedelta(minutes=30)
        customer = await bench.book(0, starts_at=starts, ends_at=ends)
        await bench.until(lambda: bench.utc() > starts)
        clock = bench.tower.clock
        assert isinstance(clock, BenchClock)
        clock.wrong_by_s += 3600.0
        bench.tower.bell.ring()
        said = await failed(bench, customer, final=True)
        assert (said["cause"], said["fault"]) == ("not_served", "undecided")


async def test_a_restart_within_the_window_forgets_who_was_sent_away(tmp_path: Path) -> None:
    """So the tower does not say that nobody came: what it told before its start is not known."""
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1) as bench:
        bay = {"place": "bay 1", "by": STAFF}
        starts = bench.utc() + timedelta(seconds=1.0)
        ends = starts + timedelta(seconds=8.0)
        customer = await bench.book(0, starts_at=starts, ends_at=ends)
        assert (await bench.control("/api/out-of-service", bay | {"reason": "repair"}))["done"]
        await bench.touch(1)
        await bench.phase(1, "refused")
        assert (await bench.control("/api/return-to-service", bay))["done"]
        await bench.restart(away_s=1.0)
        said = await failed(bench, customer, final=True)
        assert said["cause"] == "not_served"


async def test_whose_kiosk_was_taken_up_by_a_case_is_not_said_to_have_stayed_away(
    tmp_path: Path,
) -> None:
    """Whoever came meanwhile saw a screen that was about somebody else's car."""
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5, late_s=0.1, early_s=0.1) as bench:
        starts = bench.utc() + timedelta(seconds=1.0)
        ends = starts + timedelta(seconds=8.0)
        late = await bench.book(1, starts_at=starts, ends_at=ends)
        first = await bench.book(0)
        await bench.identify(first)
        await failed(bench, first, final=False)
        said = await failed(bench, late, final=True)
        assert said["cause"] == "not_served"


async def test_whom_no_camera_saw_is_not_said_to_have_stayed_away(tmp_path: Path) -> None:
    """Nothing was typed either; nobody knows who it was."""
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1, identity_timeout_s=1.0) as bench:
        starts = bench.utc()
        ends = starts + timedelta(seconds=8.0)
        customer = await bench.book(0, starts_at=starts, ends_at=ends)
        bench.people.arrive(1, NobodyIdentified(IdentityRefusal.CAMERA_UNAVAILABLE))
        await bench.phase(1, "free")
        await bench.touch(1)
        await bench.phase(1, "refused", "camera_unavailable")
        said = await failed(bench, customer, final=True)
        assert said["cause"] == "not_served"


async def test_a_hand_over_that_fails_is_told_twice_and_then_decided(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        first = await failed(bench, customer, final=False)
        case = await bench.case("hand_over")
        assert first["case_id"] == case["case_id"]
        assert first["cause"] == "car_not_removed"
        shown = await bench.phase(1, "referred")
        assert shown["case_id"] == case["case_id"]
        assert status(bench, customer) == "provisional"
        with pytest.raises(ValueError, match="provisional"):
            bench.world.cloud.compensations.decide(customer.reservation_id, "refund")
        assert (await bench.settle(case, "car_broken"))["done"]
        last = await failed(bench, customer, final=True)
        assert (last["cause"], last["fault"]) == ("car_broken", "car")
        assert last["proposal"] == {"money": "refund", "rebook": True}
        assert status(bench, customer) == "proposed"
        decided = bench.world.cloud.compensations.decide(customer.reservation_id, "refund")
        assert (decided.status, decided.decision) == ("decided", "refund")
        await Returns(bench).confirm()
        await bench.home(customer)


async def test_a_door_that_showed_late_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PLC had said "done" before its image showed the door open; then nobody drove out."""
    answers = ["done"]

    async def ahead_of_the_image(*asked: Any, **more: Any) -> str:
        problem = await doors.ask_once(*asked, **more)
        return problem or (answers.pop() if answers else "")

    monkeypatch.setattr(hand_over, "ask_once", ahead_of_the_image)
    async with tower_bench(tmp_path, bay_clear_timeout_s=2.0) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        said = await failed(bench, customer, final=False)
        assert answers == []
        assert (said["cause"], said["fault"]) == ("car_not_removed", "undecided")


async def test_a_hand_over_that_ends_well_after_all_is_resolved(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await bench.book(0)
        await bench.identify(customer)
        await failed(bench, customer, final=False)
        await bench.drive_out(customer)
        await bench.settled("hand_over", "car_outside")
        await bench.event("visit.car_departed")
        assert status(bench, customer) == "resolved"
        assert len(told(bench, customer)) == 1


async def test_a_key_that_could_not_be_given_is_the_tower_s_fault(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await bench.book(0, key_compartment=FIRST + 5)
        await bench.identify(customer)
        await bench.settled("key", "close_visit")
        said = await failed(bench, customer, final=True)
        assert (said["cause"], said["fault"]) == ("key_not_handed_over", "tower")
        assert said["case_id"] is not None
        await bench.state(customer, VisitState.CLOSED_BY_STAFF)


async def test_nothing_of_it_is_lost_over_a_restart_without_the_cloud(bench: TowerBench) -> None:
    customer = await bench.book(0)
    for _ in range(3):
        await bench.check_in(customer)
        bench.people.differ(1)
        await bench.phase(1, "refused")
    await bench.world.cloud.line_down()
    await bench.settled("identity", "close_visit")
    await bench.restart()
    await bench.world.cloud.line_up()
    said = await failed(bench, customer, final=True)
    assert (said["cause"], said["fault"]) == ("not_identified", "undecided")
    assert [event["final"] for event in told(bench, customer)] == [False, True]
