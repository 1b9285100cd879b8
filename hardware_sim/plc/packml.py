"""The tower's PackML state (ISA-TR88.00.02), with the transitions this tower uses.

Acting states (those on ...ING) end by themselves in the scan after their work is done.
"""

from __future__ import annotations

from firmware_bridge.meanings import ControlCommand as Cmd
from firmware_bridge.meanings import MachineState as State

COMMANDED: dict[tuple[State, Cmd], State] = {
    (State.STOPPED, Cmd.RESET): State.RESETTING,
    (State.IDLE, Cmd.START): State.STARTING,
    (State.IDLE, Cmd.HOLD): State.HOLDING,
    (State.EXECUTE, Cmd.HOLD): State.HOLDING,
    (State.HELD, Cmd.UNHOLD): State.UNHOLDING,
    (State.IDLE, Cmd.SUSPEND): State.SUSPENDING,
    (State.EXECUTE, Cmd.SUSPEND): State.SUSPENDING,
    (State.SUSPENDED, Cmd.UNSUSPEND): State.UNSUSPENDING,
    (State.ABORTED, Cmd.CLEAR): State.CLEARING,
}
COMPLETED: dict[State, State] = {
    State.RESETTING: State.IDLE,
    State.STARTING: State.EXECUTE,
    State.HOLDING: State.HELD,
    State.SUSPENDING: State.SUSPENDED,
    State.UNHOLDING: State.EXECUTE,
    State.UNSUSPENDING: State.EXECUTE,
    State.STOPPING: State.STOPPED,
    State.ABORTING: State.ABORTED,
    State.CLEARING: State.STOPPED,
}
ABORT_SIDE = frozenset({State.ABORTING, State.ABORTED, State.CLEARING})
STOP_SIDE = frozenset({State.STOPPING, State.STOPPED}) | ABORT_SIDE
PAUSED = frozenset({State.HOLDING, State.HELD, State.SUSPENDING, State.SUSPENDED})
STANDSTILL_FIRST = frozenset({State.HOLDING, State.SUSPENDING, State.STOPPING, State.ABORTING})
"""Acting states which end only when everything stands."""


class PackMl:
    """One state for the whole tower; lifts show their own view of it."""

    def __init__(self, state: State) -> None:
        self.state = state

    def command(self, command: Cmd) -> bool:
        """Carry out a command of the controller; False when the state does not know it."""
        if command is Cmd.STOP:
            return self.stop()
        if command is Cmd.ABORT:
            return self.abort()
        following = COMMANDED.get((self.state, command))
        if following is None:
            return False
        self.state = following
        return True

    def stop(self) -> bool:
        """Controlled stop of everything."""
        if self.state in STOP_SIDE:
            return False
        self.state = State.STOPPING
        return True

    def abort(self) -> bool:
        """Stop for a fault or a safety function."""
        if self.state in {State.ABORTING, State.ABORTED}:
            return False
        self.state = State.ABORTING
        return True

    def settle(self, *, standing: bool) -> bool:
        """End an acting state whose work is done; returns whether the state changed."""
        following = COMPLETED.get(self.state)
        if following is None or (self.state in STANDSTILL_FIRST and not standing):
            return False
        self.state = following
        return True
