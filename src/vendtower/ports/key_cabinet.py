"""The key cabinet beside a kiosk: compartments that are released one at a time, and sensors."""

from dataclasses import dataclass
from typing import Protocol

from vendtower.domain.errors import LinkDown, PeerFault


class CabinetUnreachable(LinkDown):
    """The line broke: the compartment was released once or not at all."""


class CabinetRefused(PeerFault):
    """The board answered, and the compartment's door is shut."""


@dataclass(frozen=True)
class CabinetState:
    """What the cabinet's sensors say now."""

    boot_id: int
    """The board's present start."""
    drawers_open: frozenset[int]
    """Compartments whose door is open, counted from 0."""
    keys_present: frozenset[int]
    """Compartments in which a key lies, counted from 0."""


class KeyCabinet(Protocol):
    """One cabinet."""

    @property
    def state(self) -> CabinetState | None:
        """None while the board is not reached, or has no sensors for keys."""
        ...

    async def release(self, compartment: int, transaction_id: int) -> None:
        """Release a compartment, counted from 0; returns when its door has opened.

        The same transaction id again gets the answer of the first time and releases nothing, as
        long as the board was not started anew.

        Raises:
            CabinetRefused: the door is shut, and stays so.
            CabinetUnreachable: nobody knows.

        """
        ...
