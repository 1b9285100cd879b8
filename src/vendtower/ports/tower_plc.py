"""The PLC that moves the tower, as the flows see it."""

from collections.abc import Set as AbstractSet
from typing import Protocol

from vendtower.domain.job import Job, JobAnswer
from vendtower.domain.machine import MachineSnapshot, PlcLink


class TowerPlc(Protocol):
    """The PC asks, the PLC decides."""

    @property
    def link(self) -> PlcLink:
        """The line's state now."""
        ...

    @property
    def snapshot(self) -> MachineSnapshot | None:
        """The last complete snapshot, None before the first; judge it by its age."""
        ...

    async def wait_news(self) -> None:
        """Return when a newer snapshot has come or the link's state has changed."""
        ...

    async def ask(self, job: Job) -> JobAnswer:
        """Write the job to its mailbox once and await the PLC's acknowledgement.

        Never repeats the write. Does not wait for the movement. Never raises for a broken line:
        that is ``JobUnanswered``.
        """
        ...

    async def reset(self) -> None:
        """Command a reset of the latched, non-safety stop (lost PC link, failed job)."""
        ...

    def permit(self, lifts: AbstractSet[int]) -> None:
        """Set which lifts may move; the lease is renewed with every heartbeat."""
        ...

    def follow(self, moving: bool) -> None:
        """Say whether a job is open: true makes the polling fast."""
        ...
