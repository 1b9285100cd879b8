"""What a person's answer to a case says beside its name, and why it may not be taken."""

from dataclasses import dataclass


class NotSettled(Exception):
    """The answer cannot be taken; the message says why and nothing has changed."""


@dataclass(frozen=True)
class Particulars:
    """Which place or car the answer means; what it does not need is left out."""

    slot: int | None = None
    bay: int | None = None
    car: str = ""
    """VIN or plate."""
