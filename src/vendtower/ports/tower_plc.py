"""The PLC that moves the tower, as the flows see it."""

from collections.abc import Set as AbstractSet
from typing import Protocol

from vendtower.domain.job import Job, JobAnswer, JobFate
from vendtower.domain.jog import JogAxis
from vendtower.domain.machine import ControlMode, MachineCommand, MachineSnapshot, PlcLink


class TowerPlc(Protocol):
    """The PC asks, the PLC decides."""

    @property
    def link(self) -> PlcLink:
        """The line's state now."""
        ...

    @property
    def snapshot(self) -> MachineSnapshot | None:
        """The last complete snapshot, None before the first; judge it by ``read_at_s``.

        While it tells the same it is the same object, however often it was read anew.
        """
        ...

    @property
    def read_at_s(self) -> float:
        """Monotonic time of the oldest part of the snapshot, as it was last read.

        Minus infinity before the first one.
        """
        ...

    async def wait_news(self) -> None:
        """Return when a newer snapshot has come or the link's state has changed."""
        ...

    async def wait_older_than(self, age_s: float) -> None:
        """Return once the last snapshot is older than this, or when there is none.

        No news tells of silence: whoever must not go on with old data waits for it here.
        """
        ...

    async def ask(self, job: Job) -> JobAnswer:
        """Write the job to its mailbox once and await the PLC's acknowledgement.

        Never repeats the write. Does not wait for the movement. Never raises for a broken line:
        that is ``JobUnanswered``.
        """
        ...

    def fate(self, job: Job) -> JobFate:
        """What the newest snapshot proves of a job that this or an earlier run has planned.

        Judged against ``job.before`` (boot id, acknowledged sequence number and count of starts
        when it was planned), and under the abort that ``job.stop`` names. ``UNHEARD`` while the
        line is down, ``PENDING`` while nothing is proven yet;
        ``NEVER_TAKEN`` only when the PLC echoes this run's session, still shows the acknowledged
        number from before, and a write of ours cannot be under way any more (it was planned by
        an earlier run, or ``ask`` has returned and its validity is over).
        """
        ...

    async def command(self, command: MachineCommand) -> bool:
        """Give one PackML command to the whole machine; False when the line is down.

        Returns once it is written; what came of it shows in the snapshots.
        """
        ...

    def permit(self, lifts: AbstractSet[int]) -> None:
        """Set which lifts may move; the lease is renewed with every heartbeat."""
        ...

    def request_mode(self, mode: ControlMode | None) -> None:
        """Ask for a unit mode with every heartbeat; None asks for no change.

        The PLC decides, and its key switch has the last word; what came of it shows in the
        snapshots.
        """
        ...

    def jog(self, lift: int, axis: JogAxis, speed: float) -> None:
        """Renew the lease under which an axis is jogged, once; in mm/s or degrees/s, signed.

        The PLC decides, clamps the speed, and stops 150 ms after the lease stood still.
        """
        ...

    def end_jog(self) -> None:
        """Take the lease back."""
        ...

    def follow(self, moving: bool) -> None:
        """Say whether a job is open: true makes the polling fast."""
        ...
