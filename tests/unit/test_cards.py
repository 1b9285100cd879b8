"""Cards held to a reader: the rules without a tower."""

import hashlib

import pytest

from vendtower.domain.card import CardHeld, KnownCard, any_is_of
from vendtower.domain.code_guard import (
    KIOSK_LIMITS,
    TOWER,
    GuessCount,
    kiosk_place,
    reader_place,
)

NUMBER = "04a1b2c3"


def known(number: str, salt: str) -> KnownCard:
    return KnownCard(salt, hashlib.sha256((salt + number).encode()).hexdigest())


@pytest.mark.parametrize(
    ("cards", "number", "fits"),
    [
        ([known(NUMBER, "a")], NUMBER, True),
        ([known("ffffffff", "a"), known(NUMBER, "b")], NUMBER, True),
        ([known(NUMBER, "a")], NUMBER.upper(), False),
        ([known(NUMBER, "a")], NUMBER[:-2], False),
        ([known("", "a")], "", False),
        ([], NUMBER, False),
    ],
)
def test_which_card_it_is(cards: list[KnownCard], number: str, fits: bool) -> None:
    assert any_is_of(cards, number) is fits


def test_a_number_is_in_no_repr() -> None:
    assert NUMBER not in repr(CardHeld(NUMBER))


def test_cards_are_counted_apart_from_codes() -> None:
    assert reader_place(1) not in {kiosk_place(1), TOWER, reader_place(2)}
    count = GuessCount(reader_place(1))
    assert count.place == "card reader 1"
    assert KIOSK_LIMITS.pause_s(KIOSK_LIMITS.free) > 0
