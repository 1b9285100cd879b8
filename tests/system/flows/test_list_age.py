"""The cloud is away for longer than its list of reservations counts."""

from datetime import timedelta

import pytest

from hardware_sim.cloud import telling
from tests.bench.list_proofs import the_list
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, TowerBench
from tests.bench.wires import BenchClock
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.ports.clock import ClockQuality

pytestmark = pytest.mark.slow

AGE_MAX_S = 60.0
"""In place of three days."""


@pytest.fixture
async def aging(bare: TowerBench, monkeypatch: pytest.MonkeyPatch) -> TowerBench:
    """A tower in service whose list counts for a minute."""
    monkeypatch.setattr(telling, "SIGNED_FOR", timedelta(0))
    bare.cloud["list_age_max_h"] = AGE_MAX_S / 3600.0
    bare.policies["bay_clear_timeout_s"] = 2 * AGE_MAX_S
    await bare.start()
    await bare.opened()
    return bare


async def comes_to(bench: TowerBench, state: str) -> None:
    async def so() -> bool:
        return bool((await the_list(bench))["state"] == state)

    await bench.until(so, f"the list does not come to {state}", AGE_MAX_S * 2)


async def alarm(bench: TowerBench, code: OwnAlarm) -> None:
    def raised() -> bool:
        return any(a.code == code.value and a.active for a in bench.tower.alarms)

    await bench.until(raised, f"no alarm {code.value}", AGE_MAX_S * 2)


async def test_the_whole_story(aging: TowerBench) -> None:
    bench, returns = aging, Returns(aging)
    lender = await returns.car_is_out(0)
    begun, late = await bench.book(1), await bench.book(2)
    assert (await the_list(bench))["state"] == "confirmed"
    await bench.world.cloud.line_down()

    await alarm(bench, OwnAlarm.LIST_AGES)
    found = await the_list(bench)
    assert found["state"] == "ages"
    assert found["runs_out_at"]
    await bench.check_in(begun, 2)
    bench.people.match(2)
    await bench.state(begun, VisitState.VERIFIED, VisitState.PRESENTED, VisitState.HANDING_OVER)

    # What has begun goes on.
    await comes_to(bench, "too_old")
    await bench.depart(begun, 2)

    # A car that comes back is never turned away.
    await returns.announce(lender, 2)
    await returns.park(lender.vin, 2)
    await returns.confirm(2)
    await bench.home(lender)

    await bench.check_in(late)
    await bench.phase(1, "staff_route", "list_too_old")
    case = await bench.case("identity")
    assert "is in a list of reservations that the cloud confirmed" in case["question"]
    assert late.reservation_id in case["question"]
    await alarm(bench, OwnAlarm.LIST_TOO_OLD)
    # Nothing moves before a person has decided.
    assert bench.tower.book.carriage(late.vin).state is CarriageState.IN_SLOT
    assert bench.tower.book.visit_of(late.reservation_id).doubt  # type: ignore[union-attr]  # it is there
    said = await bench.settle(case, "customer_verified")
    assert said["done"], said
    await bench.depart(late)

    await bench.world.cloud.line_up()
    await comes_to(bench, "confirmed")
    verified = await bench.event("visit.identity_verified", 3)
    arrived = [e for e in bench.events("visit.customer_arrived") if e["doubt"]]
    assert [each["reservation_id"] for each in arrived] == [late.reservation_id]
    assert verified["method"] == "code_with_staff"
    assert verified["by"]
    await bench.collect(await bench.book(3))


async def test_staff_may_say_no(aging: TowerBench) -> None:
    bench = aging
    customer = await bench.book(0)
    await bench.world.cloud.line_down()
    await comes_to(bench, "too_old")
    await bench.check_in(customer)
    await bench.settled("identity", "try_again")
    await bench.state(customer, VisitState.EXPECTED)
    assert bench.executed() == 0


async def test_a_face_alone_lets_nobody_in_on_an_old_list(aging: TowerBench) -> None:
    bench = aging
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id})
    await bench.world.cloud.line_down()
    await comes_to(bench, "too_old")
    await bench.touch(1)
    bench.people.be_recognised(1, customer.reservation_id)
    await bench.phase(1, "staff_route", "list_too_old")
    assert bench.executed() == 0


async def test_a_return_goes_on_at_the_bay_while_the_list_is_old(aging: TowerBench) -> None:
    """A swap: the first car comes in, and the second one waits for a person's word."""
    bench, returns = aging, Returns(aging)
    lender = await returns.car_is_out(0)
    second = await bench.book(1, swap_for=lender.vin)
    await bench.world.cloud.line_down()
    await comes_to(bench, "too_old")
    await bench.check_in(second)
    await returns.park(lender.vin)
    await returns.confirm()
    await bench.until(
        lambda: [d.state for d in bench.tower.book.dropoffs.values()][-1] is DropoffState.STORED,
        "the first car is not stored",
    )
    assert bench.visit_state(second) is VisitState.EXPECTED
    await bench.check_in(second)
    await bench.phase(1, "staff_route", "list_too_old")


async def test_the_age_outlives_a_restart(aging: TowerBench) -> None:
    bench = aging
    customer = await bench.book(0)
    await bench.world.cloud.line_down()
    await comes_to(bench, "ages")
    noted = bench.tower.book.list_standing
    assert noted is not None
    assert noted.age_s > 0.3 * AGE_MAX_S, "the age was not written down while it grew"
    await bench.restart()
    await bench.in_service()
    assert float((await the_list(bench))["age_s"]) >= int(noted.age_s)
    await comes_to(bench, "too_old")
    await bench.check_in(customer)
    await bench.phase(1, "staff_route", "list_too_old")


async def test_the_question_outlives_a_restart_and_nothing_moves_meanwhile(
    aging: TowerBench,
) -> None:
    bench = aging
    customer = await bench.book(0)
    await bench.world.cloud.line_down()
    await comes_to(bench, "too_old")
    await bench.check_in(customer)
    asked = await bench.case("identity")
    await bench.restart()
    await bench.in_service()
    await bench.phase(1, "staff_route", "list_too_old")
    (case,) = await bench.open_cases()
    assert case["case_id"] == asked["case_id"]
    assert bench.executed() == 0
    await bench.settle(case, "customer_verified")
    await bench.depart(customer)


async def test_a_list_from_the_future_and_the_way_back(
    bare: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cloud's clock was two days ahead while the tower knew no time."""
    bench, cloud = bare, bare.world.cloud.state
    right = cloud.utc
    cloud.utc = lambda: right() + timedelta(days=2)
    monkeypatch.setattr(BenchClock, "quality", lambda _clock: ClockQuality.UNSYNCHRONIZED)
    await bench.start()
    await bench.opened()
    said = await bench.control("/api/reservation-list/time", {"by": STAFF})
    assert "follows no time server" in said["reason"]

    cloud.utc = right
    monkeypatch.setattr(BenchClock, "quality", lambda _clock: ClockQuality.SYNCHRONIZED)
    await bench.until(lambda: bench.tower.list_memory.refusal, "the old page is taken")
    assert "an old page is played back" in (await the_list(bench))["refusal"]
    said = await bench.control("/api/reservation-list/time", {"by": STAFF})
    assert said["done"], said
    await bench.restart()
    await bench.in_service()
    await bench.collect(await bench.book(0))
    assert (await the_list(bench))["refusal"] == ""
    assert (await bench.event("reservation.list_time_set"))["by"] == STAFF
