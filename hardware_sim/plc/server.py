"""What the PLC's servers have in common, whatever the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

SERVED = frozenset({3, 6, 16})
"""Function codes: read and write holding registers. Every PLC has these."""


class RegisterBank(Protocol):
    """Whoever owns the words."""

    def read(self, address: int, count: int) -> list[int]:
        """Words as they are now."""

    def write(self, address: int, values: list[int]) -> bool:
        """Take words; False when any of them is not the client's to write."""


class Cut(StrEnum):
    """How a link fails."""

    DROP = "drop"
    """TCP: connections are reset and new ones refused. Serial: the adapter is pulled out."""
    BLACK_HOLE = "black hole"
    """Nothing that is sent arrives. Over TCP it arrives late once restored; a serial line
    forgets it."""


class PlcServer(Protocol):
    """The PLC's end of a line: start, stop, start again, cut, restore."""

    bank: RegisterBank
    """Who is asked for words at every request."""

    async def start(self) -> None:
        """Answer requests."""

    async def stop(self) -> None:
        """Answer no more, as a PLC without power."""

    async def cut(self, how: Cut = Cut.BLACK_HOLE) -> None:
        """Let the link fail; cutting a cut link changes nothing."""

    async def restore(self) -> None:
        """Mend the link."""

    @property
    def is_cut(self) -> bool:
        """Whether the link fails now."""
