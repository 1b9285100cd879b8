"""A return that is named by a card held to the kiosk's reader."""

from enum import Enum

from vendtower.domain.card import any_is_of
from vendtower.domain.code_guard import reader_place
from vendtower.domain.loan import Loan
from vendtower.flows.code_desk import pause_left_s
from vendtower.flows.intake import loans_out
from vendtower.flows.tower import Kiosk, Tower


class CardRefusal(Enum):
    """Why a card names no return; what the screen and the history say."""

    UNKNOWN = "unknown_card"
    FOR_RETURN_ONLY = "card_for_return"
    """It is known for a car that has not been collected; a card collects nothing."""
    SEVERAL_CARS = "card_several_cars"
    """More than one car is out with this card."""
    PAUSED = "cards_paused"
    """Too many unknown cards were held to this reader; for a while none is looked at."""


def loan_of_card(tower: Tower, kiosk: Kiosk, number: str) -> Loan | CardRefusal:
    """The car that is out and that this card brings back, or why there is none.

    A card is no secret and can be copied: like a plate it opens an empty bay, and nothing else.
    """
    if pause_left_s(tower, reader_place(kiosk.number)):
        return CardRefusal.PAUSED
    out = [loan for loan in loans_out(tower) if any_is_of(loan.cards, number)]
    expected = [each for each in tower.book.reservations.values() if any_is_of(each.cards, number)]
    match out:
        case [loan]:
            return loan
        case []:
            return CardRefusal.FOR_RETURN_ONLY if expected else CardRefusal.UNKNOWN
        case _:
            return CardRefusal.SEVERAL_CARS
