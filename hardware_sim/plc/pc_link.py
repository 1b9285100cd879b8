"""What the PLC believes of the controller: its heartbeat, its session, its permits."""

from __future__ import annotations

from collections import deque

from firmware_bridge.meanings import PcLink, Permit

SILENCE_S = 0.6
"""Without a new heartbeat value for this long the controller counts as silent."""


SESSIONS_KEPT = 8
"""So many sessions that were left are remembered; none of them comes back."""


class PcLinkWatch:
    """Heartbeat freshness with its latch. A value that stands still is silence."""

    def __init__(self) -> None:
        self.state = PcLink.NEVER
        self.heartbeat = 0
        self.session = 0
        self._left: deque[int] = deque(maxlen=SESSIONS_KEPT)
        self._beat_s: float | None = None
        self._held = False

    def take(self, session: int) -> None:
        """Another session beats from now on."""
        self._left.append(self.session)
        self.session = session

    def has_left(self, session: int) -> bool:
        """Whether words of this session are late ones, of a connection that was given up."""
        return session in self._left

    def beat(self, heartbeat: int, now_s: float) -> None:
        """A heartbeat value is in the register."""
        if heartbeat == self.heartbeat:
            return
        self.heartbeat = heartbeat
        self._beat_s = now_s
        if self.state is PcLink.NEVER:
            self.state = PcLink.OK

    def fresh(self, now_s: float) -> bool:
        """Whether the heartbeat beats now, latched or not."""
        return self._held or (self._beat_s is not None and now_s < self._beat_s + SILENCE_S)

    def expires_s(self) -> float | None:
        """When the present freshness ends, if it is of interest."""
        if self._held or self._beat_s is None or self.state is not PcLink.OK:
            return None
        return self._beat_s + SILENCE_S

    def hold(self) -> None:
        """The controller beats on time from now on; its beats need not be told one by one."""
        self._held = True

    def release(self, last_beat_s: float) -> None:
        """The last beat came then; freshness counts from it."""
        self._held, self._beat_s = False, last_beat_s

    def check(self, now_s: float) -> bool:
        """Latch a loss; returns whether it was lost just now."""
        if self.state is PcLink.OK and not self.fresh(now_s):
            self.state = PcLink.LOST
            return True
        return False

    def reset(self, now_s: float) -> None:
        """End the latch, if the heartbeat beats."""
        if self.state is PcLink.LOST and self.fresh(now_s):
            self.state = PcLink.OK


def lift_permit(number: int) -> Permit:
    """The permit bit of a lift."""
    return Permit(1 << (number - 1))
