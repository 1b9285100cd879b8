"""How long it is known that staff told the machine to hold."""

from vendtower.domain.machine import MachineSnapshot, is_paused
from vendtower.flows.tower import Tower

HOLD_TAKEN_S = 5.0
"""A PLC that obeys an order to hold, or to go on, shows it in this time, or never."""


def resumed(tower: Tower, asked_s: float) -> None:
    """Staff have told the machine to go on: what they told it before that explains nothing more."""
    tower.resumed_s = tower.clock.monotonic_s()
    if tower.hold_ordered_s is not None and tower.hold_ordered_s <= asked_s:
        tower.hold_ordered_s = None
    tower.bell.ring()


class HoldOrder:
    """Forgets the order once the machine goes on, so that it explains no later pause."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._paused_read_s = float("-inf")
        """When the newest words that tell of a pause were read."""
        self._goes_on_s: float | None = None
        """Since when the machine is seen not paused while an order stands; monotonic."""

    @property
    def due_s(self) -> float | None:
        """The monotonic time at which a machine that goes on counts as not having obeyed."""
        ordered_s = self._tower.hold_ordered_s
        if ordered_s is None or self._goes_on_s is None:
            return None
        return max(ordered_s, self._goes_on_s) + HOLD_TAKEN_S

    def look(self, machine: MachineSnapshot | None) -> None:
        """One look at the machine; what is not seen decides nothing."""
        tower = self._tower
        now_s = tower.clock.monotonic_s()
        if machine is None or is_paused(machine):
            self._goes_on_s = None
            if machine is not None:
                self._paused_read_s = tower.plc.read_at_s
            return
        if tower.hold_ordered_s is None:
            self._goes_on_s = None
            return
        self._goes_on_s = now_s if self._goes_on_s is None else self._goes_on_s
        was_held = self._paused_read_s > tower.hold_ordered_s
        if was_held or (self.due_s is not None and now_s >= self.due_s):
            tower.hold_ordered_s = self._goes_on_s = None
