"""The port ``KeyCabinet`` over a kiosk board's line."""

from firmware_bridge.kiosk_board.messages import CABINET_COMPARTMENTS, Status
from vendtower.adapters.kiosk_board_serial.board import SerialKioskBoard
from vendtower.adapters.kiosk_board_serial.errands import RequestRefused
from vendtower.domain.errors import LinkDown, PeerFault
from vendtower.ports.key_cabinet import CabinetRefused, CabinetState, CabinetUnreachable

_SAID = {
    Status.NOT_OPENED: "the compartment was released and its door stayed shut",
    Status.BUSY: "another compartment is being released",
}


class SerialKeyCabinet:
    """One cabinet, behind the board of its kiosk."""

    def __init__(self, board: SerialKioskBoard) -> None:
        self._board = board

    @property
    def state(self) -> CabinetState | None:
        """None while the board is lost, or its firmware knows no key sensors."""
        cabinet, boot_id = self._board.cabinet, self._board.boot_id
        if cabinet is None or boot_id is None or not self._board.reached:
            return None
        return CabinetState(boot_id, _bits(cabinet.drawers_open), _bits(cabinet.keys_present))

    async def release(self, compartment: int, transaction_id: int) -> None:
        """Release a compartment once for each transaction id.

        Raises:
            CabinetRefused: the door is shut.
            CabinetUnreachable: the line broke.

        """
        try:
            await self._board.release_compartment(compartment, transaction_id)
        except RequestRefused as refused:
            said = _SAID.get(refused.status, refused.status.name)
            raise CabinetRefused(f"kiosk {self._board.kiosk}: {said}") from refused
        except (LinkDown, PeerFault) as error:
            raise CabinetUnreachable(str(error)) from error


def _bits(mask: int) -> frozenset[int]:
    return frozenset(bit for bit in range(CABINET_COMPARTMENTS) if mask >> bit & 1)
