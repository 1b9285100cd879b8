"""Codes that are typed, used twice, shown in two places, or guessed."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import TowerBench, tower_bench, unguessable
from vendtower.domain.code_guard import KIOSK_LIMITS
from vendtower.domain.delivery import CarriageState
from vendtower.domain.identity import IdentityRefusal, NobodyIdentified
from vendtower.domain.pickup import VisitState

pytestmark = pytest.mark.slow


async def press(bench: TowerBench, keys: str, kiosk: int = 1) -> None:
    """Type on the kiosk page's keypad."""
    for key in keys:
        said = await Returns(bench).press("key", kiosk, key=key)
        assert said["done"], said
        assert said["message"] == f"kiosk {kiosk} took the key"


async def test_a_typed_code_is_the_same_as_a_shown_one(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.phase(1, "free")
    await press(bench, customer.code[:2])
    await bench.phase(1, "checking_in")
    await press(bench, "9*" + customer.code[2:] + "#")
    await bench.phase(1, "verifying")
    assert bench.tower.kiosks[1].typed.digits == "", "nothing typed stays"
    bench.people.match(1)
    await bench.depart(customer)
    assert (await bench.event("visit.identity_verified"))["method"] == "face_with_code"
    assert customer.code not in str(await bench.tower.book.journal.history(1000))


async def test_keys_count_only_where_a_code_is_asked_for(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    said = await Returns(bench).press("key", 1, key="4")
    assert said == {"done": False, "reason": "kiosk 1 takes no code now: it is verifying"}


@pytest.mark.parametrize(
    "reason", [IdentityRefusal.CAMERA_UNAVAILABLE, IdentityRefusal.FACE_UNAVAILABLE]
)
async def test_a_blind_kiosk_takes_typed_codes(reason: IdentityRefusal, bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not enrolled")
    await bench.phase(1, "free")
    if reason is IdentityRefusal.FACE_UNAVAILABLE:
        bench.identity.die()
    else:
        bench.people.arrive(1, NobodyIdentified(reason))
        bench.people.fail(1, reason)
    await bench.touch(1)
    hints = {
        IdentityRefusal.CAMERA_UNAVAILABLE: "camera_unavailable",
        IdentityRefusal.FACE_UNAVAILABLE: "type_code",
    }

    async def told() -> bool:
        return bool((await bench.kiosk(1))["hint"] == hints[reason])

    await bench.until(told, "the screen does not say that the keypad is left")
    await press(bench, customer.code + "#")
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)


async def test_a_code_collects_once(bench: TowerBench) -> None:
    """Afterwards it names that car's return, and then nothing."""
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    await bench.phase(1, "free")
    executed = bench.executed()
    await bench.check_in(customer)
    await bench.phase(1, "refused", "code_used")
    refused = await bench.event("kiosk.check_in_refused")
    assert refused == {
        "kiosk": 1,
        "reason": "code_used",
        "reservation_id": customer.reservation_id,
    }
    assert bench.executed() == executed
    await bench.restart()
    await bench.in_service()
    await bench.check_in(customer)
    await bench.phase(1, "refused", "code_used")
    assert bench.tower.book.guesses == {}, "who had a code is no guesser"


async def test_a_spent_code_comes_again_from_the_cloud(bench: TowerBench) -> None:
    """A reservation that carries a code which was used is refused, and the cloud is told."""
    customer = await bench.book(0)
    await bench.collect(customer)
    (spent,) = bench.tower.book.spent_codes.values()
    other = await bench.book(1)
    bench.world.cloud.change(
        other.reservation_id, code_salt=spent.code_salt, code_sha256=spent.code_sha256
    )
    refused = await bench.event("reservation.refused")
    assert (refused["reservation_id"], refused["problem"]) == (other.reservation_id, "code_used")
    assert bench.tower.book.reservations[other.reservation_id].accepts_code(other.code)


async def test_a_photographed_code_at_the_other_kiosk(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.check_in(customer, 1)
    await bench.phase(1, "verifying")
    await bench.check_in(customer, 2)
    await bench.phase(2, "refused", "other_kiosk")
    refused = await bench.event("kiosk.check_in_refused")
    assert refused == {
        "kiosk": 2,
        "reason": "other_kiosk",
        "reservation_id": customer.reservation_id,
        "in_use_at_bay": 1,
    }
    bench.people.match(1)
    await bench.depart(customer)
    assert bench.doors_opened(2) == 0


async def guess(bench: TowerBench, wanted: str = "unknown_code", kiosk: int = 1) -> None:
    await bench.phase(kiosk, "free")
    await bench.touch(kiosk)
    bench.people.show_code(kiosk, unguessable())
    await bench.phase(kiosk, "refused", wanted)


async def test_guessing_is_slowed_down_also_over_a_restart(bench: TowerBench) -> None:
    customer = await bench.book(0)
    for _ in range(KIOSK_LIMITS.free):
        await guess(bench)
    paused = await bench.event("kiosk.codes_paused")
    assert (paused["place"], paused["failures"], paused["pause_s"]) == ("kiosk 1", 4, 30.0)
    await bench.check_in(customer)
    await bench.phase(1, "refused", "codes_paused")
    assert bench.visit_state(customer) is VisitState.EXPECTED
    await bench.until(
        lambda: any(a.code == "C27" for a in bench.tower.alarms), "staff are not told"
    )
    await bench.restart()
    await bench.in_service()
    await bench.check_in(customer)
    await bench.phase(1, "refused", "codes_paused")
    # The other kiosk serves them meanwhile, and a face is recognised at this one.
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not enrolled")
    await bench.phase(1, "free")
    await bench.touch(1)
    bench.people.be_recognised(1, customer.reservation_id)
    await bench.phase(1, "verifying")
    bench.people.match(1)
    await bench.depart(customer)
    assert bench.tower.book.guesses["kiosk 1"].failures == 0, "who was verified is no guesser"
    other = await bench.book(1)
    await bench.collect(other, 2)


async def test_whom_a_guesser_has_cost_the_window_is_not_said_to_have_stayed_away(
    tmp_path: Path,
) -> None:
    async with tower_bench(tmp_path, late_s=0.1, early_s=0.1) as bench:
        for _ in range(KIOSK_LIMITS.free):
            await guess(bench)
        await bench.phase(1, "free")
        starts = bench.utc()
        ends = starts + timedelta(seconds=8.0)
        customer = await bench.book(0, starts_at=starts, ends_at=ends)
        await bench.check_in(customer)
        await bench.phase(1, "refused", "codes_paused")
        failed = await bench.event("visit.failed")
        assert failed["reservation_id"] == customer.reservation_id
        assert failed["cause"] == "not_served"


async def test_after_a_refused_face_the_next_try_waits(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vendtower.flows.check_in.BACK_OFF_FIRST_S", 300.0)
    owner, other = await bench.book(5), await bench.book(6)
    await bench.check_in(owner)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    await bench.phase(1, "free")
    await bench.check_in(owner)
    await bench.phase(1, "refused", "try_soon")
    await bench.collect(other)
    await bench.phase(1, "free")
    monkeypatch.setattr("vendtower.flows.check_in.BACK_OFF_FIRST_S", 0.0)
    await bench.collect(owner)


async def test_who_was_not_seen_moving_tries_again_at_once(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The face fitted: the screen says to try again, and means it."""
    monkeypatch.setattr("vendtower.flows.check_in.BACK_OFF_FIRST_S", 300.0)
    owner = await bench.book(5)
    await bench.check_in(owner)
    bench.people.fail(1, IdentityRefusal.CHALLENGE_NOT_FOLLOWED)
    await bench.phase(1, "refused", "challenge_not_followed")
    await bench.phase(1, "free")
    await bench.collect(owner)


async def test_without_a_face_chosen_before_the_camera_looks(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not enrolled")
    await bench.phase(1, "free")
    await bench.touch(1)
    await bench.phase(1, "checking_in")
    assert await bench.other_way(1) == 200
    await bench.until(lambda: bench.tower.kiosks[1].without_face, "the choice is not heard")
    bench.people.show_code(1, customer.code)
    await bench.phase(1, "staff_route")
    # The car comes as soon as for anybody else: staff have not answered yet.
    await bench.carriage(customer, CarriageState.IN_BAY)
    assert [due for _, due in bench.identity.due] == [(customer.reservation_id,), ()]
    assert bench.identity.verified == [], "no camera was asked to compare"
    case = await bench.case("identity")
    assert "chose this way at the kiosk" in case["question"]
    # A restart does not turn the camera on, and does not ask staff again.
    await bench.restart()
    await bench.phase(1, "staff_route")
    assert bench.identity.verified == []
    assert (await bench.case("identity"))["case_id"] == case["case_id"]
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    assert (await bench.event("visit.customer_arrived"))["without_face"] is True


async def test_staff_hear_what_the_machine_saw(bench: TowerBench) -> None:
    owner = await bench.book(5)
    await bench.check_in(owner)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    await bench.phase(1, "free")
    await bench.check_in(owner)
    await bench.phase(1, "verifying")
    assert await bench.other_way(1) == 200
    case = await bench.case("identity")
    assert "different_person (distance 0.70, limit 0.50, scripted)" in case["question"]
    await bench.event("visit.face_declined")
    await bench.settled("identity", "customer_verified")
    await bench.depart(owner)


async def test_the_third_refusal_keeps_its_figures(bench: TowerBench) -> None:
    owner = await bench.book(5)
    for _ in range(3):
        await bench.check_in(owner)
        bench.people.differ(1)
        await bench.phase(1, "refused")
    exhausted = await bench.event("visit.attempts_exhausted")
    assert (exhausted["attempt"], exhausted["reason"]) == (3, "different_person")
    assert exhausted["record"]["distance"] == 0.7
    assert exhausted["record"]["engine"] == "scripted"
    question = (await bench.case("identity"))["question"]
    assert question.count("different_person (distance 0.70, limit 0.50") == 3


async def test_keys_of_the_boards_pad(bench: TowerBench) -> None:
    customer = await bench.book(0)
    board = bench.world.boards[1]
    await bench.phase(1, "free")
    await bench.until(lambda: not bench.tower.alarm_facts.boards_lost, "the board is not reached")
    for key in customer.code + "#":
        board.press_key(key)
    await bench.phase(1, "verifying")
    bench.people.match(1)
    await bench.depart(customer)
