"""Cards held to a kiosk's reader: what the tower keeps of one, and how one is recognised."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from vendtower.domain.spent_code import fits


@dataclass(frozen=True)
class KnownCard:
    """The salted hash of a card's number; the number itself is nowhere in the tower."""

    salt: str
    sha256: str
    """Lower-case hex of SHA-256 over ``salt + number`` in UTF-8."""

    def is_of(self, number: str) -> bool:
        """Whether this is the hash of that card; compared in constant time."""
        return fits(self.salt, self.sha256, number)


@dataclass(frozen=True)
class CardHeld:
    """A card that was held to a kiosk's reader. Anybody can copy it: it proves nothing."""

    number: str = field(repr=False)
    """The card's UID as lower-case hex in the reader's order of bytes, without separators."""


def any_is_of(cards: Iterable[KnownCard], number: str) -> bool:
    """Whether one of the cards has this number; all are compared, so that the time tells nothing.

    An empty number fits nothing, whatever was hashed.
    """
    fitting = [card.is_of(number) for card in cards]
    return bool(number) and any(fitting)
