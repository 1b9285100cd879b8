"""Who is let in at the kiosk and who is not; what becomes of a car nobody may have."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.scripted_identity import BAD
from tests.bench.tower_bench import TowerBench, tower_bench, unguessable
from vendtower.domain.delivery import CarriageState
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified
from vendtower.domain.liveness import (
    ChallengeKind,
    ChallengeOutcome,
    ChallengeRecord,
    LivenessRecord,
)
from vendtower.domain.pickup import VisitState

FLAT = replace(
    BAD,
    distance=0.3,
    liveness=LivenessRecord(
        (
            ChallengeRecord(
                ChallengeKind.TURN_LEFT,
                ChallengeOutcome.NOT_A_HEAD,
                angle_deg=17.2,
                closer=0.9,
                reaction_s=0.6,
                took_s=1.1,
                planarity_residual=0.004,
                relief=-0.01,
                points=150,
            ),
        ),
        wanted=3,
        duration_s=2.5,
    ),
)

pytestmark = pytest.mark.slow


async def test_a_wrong_code(bench: TowerBench) -> None:
    await bench.book(0)
    await bench.touch(1)
    wrong = unguessable()
    bench.people.show_code(1, wrong)
    await bench.phase(1, "refused", "unknown_code")
    await bench.phase(1, "free")
    refused = await bench.event("kiosk.check_in_refused")
    assert refused == {"kiosk": 1, "reason": "unknown_code"}
    assert wrong not in str(await bench.tower.book.journal.history(1000))
    assert bench.executed() == 0


async def test_a_code_before_its_window(bench: TowerBench) -> None:
    now = bench.utc()
    customer = await bench.book(
        0, starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=3)
    )
    await bench.check_in(customer)
    await bench.phase(1, "refused", "too_early")
    assert (await bench.event("kiosk.check_in_refused"))["reason"] == "too_early"
    assert bench.visit_state(customer) is VisitState.EXPECTED
    assert bench.executed() == 0


async def test_within_the_grace_before_the_window(bench: TowerBench) -> None:
    now = bench.utc()
    customer = await bench.book(
        0, starts_at=now + timedelta(minutes=20), ends_at=now + timedelta(hours=3)
    )
    await bench.collect(customer)


async def test_nobody_came_within_the_window(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, late_s=0.2) as bench:
        now = bench.utc()
        customer = await bench.book(
            0, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(seconds=0.8)
        )
        await bench.until(lambda: bench.identity.held == {customer.reservation_id})
        expired = await bench.event("visit.window_closed")
        assert expired["reservation_id"] == customer.reservation_id
        await bench.event("identity.template_erased")
        assert bench.tower.book.reservations == {}
        await bench.check_in(customer)
        await bench.phase(1, "refused", "unknown_code")
        assert bench.executed() == 0


async def test_walked_off_before_the_code(bench: TowerBench) -> None:
    await bench.touch(1)
    await bench.phase(1, "checking_in")
    bench.people.arrive(1, NobodyIdentified(IdentityRefusal.TIMED_OUT))
    await bench.phase(1, "free")


@pytest.mark.parametrize(
    "reason",
    [IdentityRefusal.NO_FACE, IdentityRefusal.SEVERAL_FACES, IdentityRefusal.TIMED_OUT],
)
async def test_walked_off_at_the_kiosk(reason: IdentityRefusal, bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.check_in(customer)
    await bench.carriage(customer, CarriageState.IN_BAY)
    bench.people.fail(1, reason)
    await bench.event("visit.customer_left")
    await bench.phase(1, "free")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    assert bench.executed() == 2


async def test_walked_off_and_came_to_the_other_kiosk(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.check_in(customer, 1)
    await bench.carriage(customer, CarriageState.IN_BAY)
    bench.people.fail(1, IdentityRefusal.TIMED_OUT)
    await bench.state(customer, VisitState.EXPECTED)
    await bench.collect(customer, 2)
    assert bench.doors_opened(1) == 0


async def test_a_code_that_is_in_use_at_the_other_kiosk(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.check_in(customer, 1)
    await bench.phase(1, "verifying")
    await bench.check_in(customer, 2)
    await bench.phase(2, "refused", "other_kiosk")
    bench.people.match(1)
    await bench.depart(customer)


async def test_a_stranger_is_refused_and_the_owner_still_comes(bench: TowerBench) -> None:
    owner = await bench.book(5)
    await bench.check_in(owner)
    await bench.carriage(owner, CarriageState.IN_BAY)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    refused = await bench.event("visit.identity_refused")
    assert (refused["reason"], refused["record"]["distance"]) == ("different_person", 0.7)
    await bench.home(owner)
    assert bench.doors_opened(1) == 0
    await bench.collect(owner)


async def test_pictures_of_the_owner_count_as_tries(bench: TowerBench) -> None:
    """What did not move as a living head does, and what did not do as asked."""
    owner = await bench.book(5)
    for reason in (
        IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED,
        IdentityRefusal.CHALLENGE_NOT_FOLLOWED,
    ):
        await bench.check_in(owner)
        bench.people.fail(1, reason, FLAT)
        await bench.phase(1, "refused", reason.value)
        await bench.phase(1, "free")
    refused = await bench.event("visit.identity_refused")
    (challenge,) = refused["record"]["liveness"]["challenges"]
    assert (challenge["kind"], challenge["planarity_residual"]) == ("turn_left", 0.004)
    await bench.check_in(owner)
    bench.people.fail(1, IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED, FLAT)
    await bench.phase(1, "refused", "attempts_exhausted")
    assert bench.doors_opened(1) == 0


async def test_who_cannot_turn_the_head_takes_the_other_way(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.phase(1, "free")
    assert await bench.other_way(1) == 409
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    assert await bench.other_way(1) == 200
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    assert (await bench.event("visit.identity_verified"))["method"] == "code_with_staff"


async def test_three_refusals_lead_to_staff_and_the_bay_stays_free(bench: TowerBench) -> None:
    owner, other = await bench.book(5), await bench.book(6)
    for attempt in (1, 2, 3):
        await bench.check_in(owner)
        bench.people.differ(1)
        why = "attempts_exhausted" if attempt == 3 else "different_person"
        await bench.phase(1, "refused", why)
        await bench.phase(1, "free")
    await bench.state(owner, VisitState.REFERRED_TO_STAFF)
    await bench.collect(other)
    await bench.phase(1, "free")
    await bench.check_in(owner)
    await bench.phase(1, "refused", "ask_staff")
    await bench.settled("identity", "try_again")
    await bench.state(owner, VisitState.EXPECTED)
    await bench.collect(owner)


async def test_three_refusals_and_staff_end_the_visit(bench: TowerBench) -> None:
    owner = await bench.book(5)
    for _ in range(3):
        await bench.check_in(owner)
        bench.people.differ(1)
        await bench.phase(1, "refused")
    await bench.settled("identity", "close_visit")
    await bench.state(owner, VisitState.CLOSED_BY_STAFF)
    await bench.home(owner)
    assert owner.reservation_id not in bench.tower.book.reservations


async def test_out_of_service_says_so(bench: TowerBench) -> None:
    customer = await bench.book(5)
    bench.world.tower.press_estop()
    await bench.until(lambda: (m := bench.tower.machine()) is not None and m.safety_faults)
    await bench.touch(1)
    await bench.phase(1, "refused", "out_of_service")
    assert bench.visit_state(customer) is VisitState.EXPECTED
