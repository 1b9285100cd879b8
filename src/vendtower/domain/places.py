"""Where a car can stand, by the numbers painted in the tower."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Slot:
    """A storage place."""

    number: int

    def __str__(self) -> str:
        return f"slot {self.number}"


@dataclass(frozen=True, order=True)
class Bay:
    """A transfer room between the tower and the street."""

    number: int

    def __str__(self) -> str:
        return f"bay {self.number}"


@dataclass(frozen=True, order=True)
class OnLift:
    """The car stands on the lift itself."""

    number: int

    def __str__(self) -> str:
        return f"lift {self.number}"


@dataclass(frozen=True)
class Outside:
    """The car has left the tower with its driver."""

    def __str__(self) -> str:
        return "outside"


@dataclass(frozen=True)
class Unsettled:
    """Nobody knows for certain; a person has to say."""

    def __str__(self) -> str:
        return "unsettled"


Place = Slot | Bay | OnLift
"""A place in the tower that holds one car at most."""

Whereabouts = Place | Outside | Unsettled
"""What the ledger can say of a car."""


def parse_whereabouts(text: str) -> Whereabouts:
    """The inverse of ``str``, for instance ``"slot 12"`` or ``"outside"``.

    Raises:
        ValueError: when the text is none of these.

    """
    match text.split():
        case ["slot", number]:
            return Slot(int(number))
        case ["bay", number]:
            return Bay(int(number))
        case ["lift", number]:
            return OnLift(int(number))
        case ["outside"]:
            return Outside()
        case ["unsettled"]:
            return Unsettled()
        case _:
            raise ValueError(
                f"place {text!r}: expected 'slot N', 'bay N', 'lift N', 'outside' or 'unsettled'"
            )
