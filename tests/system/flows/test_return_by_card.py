"""A return that is named by a card held to the reader of the kiosk's board, on its real line."""

import logging
from typing import Any

import pytest

from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench
from vendtower.adapters.kiosk_board_serial.presentation import RINGS
from vendtower.domain.code_guard import KIOSK_LIMITS, reader_place
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.ports.kiosk_board import RingPattern

pytestmark = pytest.mark.slow

CARD = "04a1b2c3d4e5f6"
OTHER_CARD = "04ffeeddccbbaa"
UNKNOWN_CARD = "deadbeef"


async def hold(bench: TowerBench, card: str, kiosk: int = 1) -> None:
    """Hold a card to the reader of a kiosk that nobody is busy with."""
    board = bench.world.boards[kiosk]
    await bench.phase(kiosk, "free")
    await bench.until(
        lambda: board.board.ring == RINGS[RingPattern.WELCOME],
        lambda: f"the board does not welcome anybody: {board.board.ring}",
    )
    board.nfc(bytes.fromhex(card))


async def refused(bench: TowerBench, card: str, reason: str) -> None:
    opened = bench.doors_opened(1)
    await hold(bench, card)
    await bench.phase(1, "refused", reason)
    assert bench.doors_opened(1) == opened
    assert bench.tower.book.dropoffs == {}


async def returned(bench: TowerBench, customer: Customer) -> Any:
    returns = Returns(bench)
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    return await bench.event("car.returned")


@pytest.mark.both_wires
async def test_a_card_names_the_car_that_is_out(
    bench: TowerBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    customer = await Returns(bench).car_is_out(0, cards=[OTHER_CARD, CARD])
    await hold(bench, CARD)
    back = await returned(bench, customer)
    assert back["reservation_id"] == customer.reservation_id
    await bench.until(lambda: bench.tower.book.loans == {}, "the loan with its cards is kept")
    await is_nowhere(bench, CARD, caplog)


async def is_nowhere(bench: TowerBench, card: str, caplog: pytest.LogCaptureFixture) -> None:
    """The card's number is in no log, no event, no page, and in no file of the tower."""
    raw = bytes.fromhex(card)
    told = [
        str(await bench.tower.book.journal.history(1000)),
        str(bench.world.cloud.events_received),
    ]
    told += [str(await bench.status()), repr(bench.tower.kiosks), caplog.text]
    assert not [text for text in told if card in text.lower()]
    files = [path for path in bench.world.directory.rglob("*") if path.is_file()]
    assert any(path.suffix.startswith(".sqlite") or "journal" in path.name for path in files)
    for path in files:
        content = path.read_bytes()
        assert card.encode() not in content.lower(), path
        assert raw not in content, path


async def test_it_counts_after_the_kiosk_has_noticed_somebody(bench: TowerBench) -> None:
    customer = await Returns(bench).car_is_out(0, cards=[CARD])
    board = bench.world.boards[1]
    board.somebody_near(True)
    await bench.phase(1, "checking_in")
    board.nfc(bytes.fromhex(CARD))
    await Returns(bench).state(customer.vin, DropoffState.ADMITTED)
    board.somebody_near(False)
    await returned(bench, customer)


async def test_a_loan_keeps_its_cards_over_a_restart(bench: TowerBench) -> None:
    customer = await Returns(bench).car_is_out(0, cards=[CARD])
    await bench.restart()
    await bench.in_service()
    await hold(bench, CARD)
    await returned(bench, customer)


async def test_a_card_alone_does_not_bring_another_car_in(bench: TowerBench) -> None:
    """The bay opens; what stands in it is measured, and drives out again."""
    returns = Returns(bench)
    customer = await returns.car_is_out(0, cards=[CARD])
    await hold(bench, CARD)
    await returns.park(customer.vin, length_mm=5600)
    kiosk = await bench.phase(1, "drive_out")
    assert "other_car" in kiosk["reason"]
    assert bench.executed() == 1


async def test_a_card_collects_nothing(bench: TowerBench) -> None:
    customer = await bench.book(0, cards=[CARD])
    await refused(bench, CARD, "card_for_return")
    assert bench.visit_state(customer) is VisitState.EXPECTED
    assert bench.executed() == 0
    assert bench.tower.book.guesses == {}, "a customer with a booking is no guesser"


async def test_a_card_does_not_replace_the_face(bench: TowerBench) -> None:
    customer = await bench.book(0, cards=[CARD])
    await bench.check_in(customer)
    await bench.phase(1, "verifying")
    bench.world.boards[1].nfc(bytes.fromhex(CARD))
    bench.people.match(1)
    await bench.depart(customer)
    assert bench.tower.kiosks[1].card is None, "a card held at another moment is not kept"
    assert (await bench.event("visit.identity_verified"))["method"] == "face_with_code"


async def test_one_card_for_two_cars_names_neither(bench: TowerBench) -> None:
    returns = Returns(bench)
    await returns.car_is_out(0, cards=[CARD])
    await returns.car_is_out(1, cards=[CARD])
    await refused(bench, CARD, "card_several_cars")


async def test_unknown_cards_are_counted_and_pause_no_codes(bench: TowerBench) -> None:
    known = await Returns(bench).car_is_out(0, cards=[CARD])
    for _ in range(KIOSK_LIMITS.free):
        await refused(bench, UNKNOWN_CARD, "unknown_card")
    told = await bench.event("kiosk.check_in_refused", KIOSK_LIMITS.free)
    assert told == {"kiosk": 1, "reason": "unknown_card"}
    paused = await bench.event("kiosk.codes_paused")
    assert (paused["place"], paused["pause_s"]) == (
        reader_place(1),
        KIOSK_LIMITS.pause_first_s,
    )
    await refused(bench, CARD, "cards_paused")
    await Returns(bench).announce(known)
    await returned(bench, known)


async def test_somebody_verified_ends_the_count(bench: TowerBench) -> None:
    await refused(bench, UNKNOWN_CARD, "unknown_card")
    assert bench.tower.book.guesses[reader_place(1)].failures == 1
    customer = await bench.book(0)
    await bench.collect(customer)
    assert bench.tower.book.guesses[reader_place(1)].failures == 0
