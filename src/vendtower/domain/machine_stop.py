"""A stop of the machine that was not the loss of our own heartbeat: a person leads it on."""

from dataclasses import dataclass
from datetime import datetime

from vendtower.domain.machine import MachineState

STANDING_STILL = frozenset({MachineState.STOPPED, MachineState.ABORTED})


@dataclass(frozen=True)
class StopSeen:
    """The machine was seen stopped while our heartbeat was heard; journaled.

    The same command that ends the latch of a silent controller also leads a stopped machine on.
    Without this record a restart of the controller would undo somebody's stop.
    """

    state: MachineState
    boot_id: int
    seen_utc: datetime
    led_on_by: str = ""
    """The person who led it on; ``the machine`` when it went on without us."""
    led_on_utc: datetime | None = None

    key = "machine stop"

    @property
    def ended(self) -> bool:
        """Whether somebody has led the machine on."""
        return self.led_on_utc is not None

    def __str__(self) -> str:
        return f"the machine was {self.state.value} at {self.seen_utc:%Y-%m-%d %H:%M:%S} UTC"
