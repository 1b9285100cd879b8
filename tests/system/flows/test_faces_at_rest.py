"""What is kept of a face over restarts, and that it goes with a receipt, whoever is away then."""

import pytest

from tests.bench.list_proofs import signed_with_picture
from tests.bench.tower_bench import STAFF, Customer, TowerBench
from vendtower.domain.erasure import SealedTemplate
from vendtower.domain.identity import EnrolmentFailed
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow


@pytest.fixture
def keeping(bench: TowerBench) -> TowerBench:
    """A tower with a vault's key."""
    bench.people.keep_templates = True
    return bench


async def enrolled(bench: TowerBench, number: int = 0, **more: object) -> Customer:
    customer = await bench.book(number, **more)  # type: ignore[arg-type]  # passed on as given
    await bench.until(
        lambda: customer.reservation_id in bench.tower.book.templates, "no template is kept"
    )
    return customer


def nothing_is_kept(bench: TowerBench, customer: Customer) -> bool:
    book, held = bench.tower.book, bench.tower.book.reservations.get(customer.reservation_id)
    picture = held is not None and held.sealed_portrait is not None
    return not picture and customer.reservation_id not in book.templates


async def test_a_restart_needs_no_picture_again(keeping: TowerBench) -> None:
    bench = keeping
    customer = await enrolled(bench)
    erased = await bench.event("identity.picture_erased")
    assert (erased["what"], erased["why"]) == (["enrolment picture"], "enrolled")
    assert bench.tower.book.reservations[customer.reservation_id].sealed_portrait is None
    await bench.restart()
    await bench.in_service()
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not restored")
    bench.identity.die()
    await bench.identity.start()
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not restored")
    assert set(bench.identity.restored) == {customer.reservation_id}
    assert bench.identity.pictures_seen == 0
    await bench.collect(customer)
    receipt = await bench.event("identity.template_erased")
    assert receipt["why"] == "handed_over"
    assert (receipt["what"], receipt["was_held"]) == (["template"], True)
    assert nothing_is_kept(bench, customer)


async def test_without_a_vault_the_picture_stays_until_the_end(bench: TowerBench) -> None:
    customer = await bench.book(0)
    await bench.until(lambda: bench.identity.held == {customer.reservation_id}, "not enrolled")
    assert bench.tower.book.templates == {}
    assert bench.tower.book.reservations[customer.reservation_id].sealed_portrait is not None
    await bench.collect(customer)
    receipt = await bench.event("identity.template_erased")
    assert receipt["what"] == ["enrolment picture", "template"]


async def test_a_template_that_does_not_open(keeping: TowerBench) -> None:
    """The cloud is asked for a picture, and the other way is open meanwhile."""
    bench = keeping
    customer = await enrolled(bench)
    foreign = SealedTemplate(customer.reservation_id, 1, b"another tower's")
    await bench.tower.book.record(lambda: Change(templates=(foreign,)))
    await bench.restart()
    await bench.in_service()
    unusable = await bench.event("identity.template_unusable")
    assert (unusable["picture_wanted"], "does not open" in unusable["why"]) == (True, True)
    await bench.check_in(customer)
    case = await bench.case("identity")
    assert "could not be enrolled" in case["question"]
    await bench.settle(case, "try_again")
    await bench.phase(1, "free")
    bench.world.cloud.change(customer.reservation_id, portrait=b"a new picture")
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not enrolled again")
    await bench.collect(customer)


async def test_with_the_picture_at_hand_it_is_enrolled_again(keeping: TowerBench) -> None:
    bench = keeping
    customer = await enrolled(bench)
    held = signed_with_picture(
        bench, bench.tower.book.reservations[customer.reservation_id], b"a picture"
    )
    foreign = SealedTemplate(customer.reservation_id, 1, b"another tower's")
    await bench.tower.book.record(lambda: Change(reservations=(held,), templates=(foreign,)))
    await bench.restart()
    await bench.in_service()
    assert (await bench.event("identity.template_unusable"))["picture_wanted"] is False
    await bench.until(lambda: customer.reservation_id in bench.identity.held, "not enrolled again")
    await bench.collect(customer)


async def test_a_receipt_is_owed_while_the_process_is_away(keeping: TowerBench) -> None:
    """On disk the face goes at once; what the process holds is asked for when it is back."""
    bench = keeping
    customer = await enrolled(bench)
    bench.identity.die()
    bench.world.cloud.withdraw(customer.reservation_id)
    await bench.state(customer, VisitState.CANCELLED)
    assert nothing_is_kept(bench, customer)
    assert len(bench.tower.book.erasures) == 1
    assert bench.events("identity.template_erased") == []
    await bench.restart()
    await bench.in_service()
    receipt = await bench.event("identity.template_erased")
    assert (receipt["why"], receipt["reservation_id"]) == ("cancelled", customer.reservation_id)
    await bench.until(lambda: bench.tower.book.erasures == {}, "the receipt stays owed")
    assert len(bench.events("identity.template_erased")) == 1


async def test_a_customer_wants_to_be_forgotten(keeping: TowerBench) -> None:
    bench = keeping
    customer = await enrolled(bench)
    asked = {"reservation_id": customer.reservation_id, "by": STAFF}
    said = await bench.control("/api/identity/erase", asked)
    assert said["done"], said
    receipt = await bench.event("identity.template_erased")
    assert (receipt["why"], receipt["by"], receipt["was_held"]) == ("requested", STAFF, True)
    assert nothing_is_kept(bench, customer)
    again = await bench.control("/api/identity/erase", asked)
    assert "nothing of a face is kept" in again["message"]
    unknown = await bench.control("/api/identity/erase", asked | {"reservation_id": "R-none"})
    assert not unknown["done"]
    await bench.check_in(customer)
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)
    assert bench.identity.verified == []


async def test_another_picture_takes_the_place_of_the_first(keeping: TowerBench) -> None:
    bench = keeping
    customer = await enrolled(bench)
    bench.world.cloud.change(customer.reservation_id, portrait=b"a better picture")
    assert (await bench.event("identity.template_erased"))["why"] == "replaced"
    kept = bench.tower.book.templates
    await bench.until(
        lambda: (new := kept.get(customer.reservation_id)) is not None and new.revision == 2,
        "not enrolled anew",
    )
    await bench.collect(customer)


async def test_a_picture_that_ends_the_process_is_not_shown_for_ever(bench: TowerBench) -> None:
    bench.people.enrolments["R-bad"] = EnrolmentFailed("the process ended", judged=False)
    customer = await bench.book(3, reservation_id="R-bad")
    failed = await bench.event("identity.enrolment_failed")
    assert failed["reservation_id"] == "R-bad"
    assert bench.tower.unjudged["R-bad"] == 3
    await bench.check_in(customer)
    await bench.phase(1, "staff_route")
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)


async def test_how_customers_decided_is_in_the_history(bench: TowerBench) -> None:
    agreed = await bench.book(0)
    declined = await bench.book(1, face=False)
    bench.world.cloud.change(agreed.reservation_id, greeting="C.")
    bench.world.cloud.change(agreed.reservation_id, face_consent=False, portrait=None)
    await bench.event("identity.consent_recorded", 3)
    told = [
        (each["reservation_id"], each["revision"], each["consent"])
        for each in bench.events("identity.consent_recorded")
    ]
    assert told == [
        (agreed.reservation_id, 1, True),
        (declined.reservation_id, 1, False),
        (agreed.reservation_id, 3, False),
    ], "once for each decision, and not for every change"
    newest = bench.events("identity.consent_recorded")[-1]
    assert (newest["text_version"], newest["channel"]) == ("2026-02", "app")
    assert newest["decided_at"]
