"""One reason why nothing new is asked for, and who imposes it."""

from dataclasses import dataclass
from enum import Enum


class ImposedBy(Enum):
    """Whose word a hindrance is."""

    MACHINE = "machine"
    """The PLC or a safety function: nobody here can lift it."""
    PERSON = "person"
    """A question that a person has to answer, or a mode that a person has chosen."""
    SOFTWARE = "software"
    """The controller's own caution and nothing else; an override may lift it."""


@dataclass(frozen=True)
class Hindrance:
    """A reason with the name under which people speak of it."""

    key: str
    """For instance ``flow board 1``; the same as long as the reason is the same."""
    text: str
    """The sentence for people."""
    imposed_by: ImposedBy = ImposedBy.MACHINE
