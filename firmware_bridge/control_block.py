"""The words that the controller writes every heartbeat."""

from __future__ import annotations

from collections.abc import Callable

from firmware_bridge.errors import MapError
from firmware_bridge.meanings import ControlCommand, UnitMode
from firmware_bridge.write_guard import control_words


class ControlBlock:
    """Heartbeat, session, permits and the last command, as one write.

    The heartbeat counts every write; the command counter moves only with a new command, so that
    the PLC obeys each one once however often it sees it.
    """

    def __init__(self, session: int, utc_s: Callable[[], float]) -> None:
        if not 1 <= session <= 0xFFFF_FFFF:
            raise MapError(f"PLC link: session number {session}, expected 1..4294967295")
        self.session = session
        self.permit = 0
        self.mode = UnitMode.NO_REQUEST
        self._jog = (0, 0)
        self._jog_lease = 0
        self._utc_s = utc_s
        self._heartbeat = 0
        self._command = ControlCommand.NONE
        self._command_seq = 0

    def renew_session(self) -> None:
        """Take another session number, so that the PLC refuses whatever carries the old one."""
        self.session = self.session % 0xFFFF_FFFF + 1

    def command(self, command: ControlCommand) -> None:
        """Give a command with the next heartbeat."""
        self._command = command
        self._command_seq = self._command_seq % 0xFFFF + 1

    def jog(self, selection: int, speed: int) -> None:
        """Hold-to-run once more: the axis's selection and signed speed, with the lease moved on.

        The lease moves with these calls alone, never with the heartbeat: whoever holds has to
        come again.
        """
        self._jog = (selection, speed)
        self._jog_lease = self._jog_lease % 0xFFFF + 1

    def end_jog(self) -> None:
        """Select no axis."""
        self._jog = (0, 0)

    def beat(self, *, up: bool) -> list[int]:
        """The words of the next heartbeat; without any permit while the line is not up."""
        self._heartbeat = self._heartbeat + 1 & 0xFFFF
        return control_words(
            {
                "hb_pc": self._heartbeat,
                "session": self.session,
                "permit": self.permit if up else 0,
                "mode_req": int(self.mode if up else UnitMode.NO_REQUEST),
                "cntrl_cmd": int(self._command),
                "cntrl_seq": self._command_seq,
                "jog_sel": self._jog[0] if up else 0,
                "jog_speed": self._jog[1] if up else 0,
                "jog_lease": self._jog_lease,
                "pc_utc": int(self._utc_s()) & 0xFFFF_FFFF,
            }
        )
