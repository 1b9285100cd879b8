"""A power door with a lock: linear travel, reversible on the way, locked only when closed."""

from __future__ import annotations

from enum import StrEnum


class DoorPosition(StrEnum):
    """What the door really does."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    BETWEEN = "between"


class Door:
    """`opened_share` runs from 0 (closed) to 1 (open) at a constant rate."""

    def __init__(self, travel_s: float, at_s: float) -> None:
        self.travel_s = travel_s
        self._from_share = 0.0
        self._to_share = 0.0
        self._start_s = at_s
        self._end_s = at_s
        self.jammed = False
        self.lock_broken = False

    def opened_share(self, at_s: float) -> float:
        """How far it is open at a time."""
        if at_s >= self._end_s:
            return self._to_share
        done = max(0.0, at_s - self._start_s) / (self._end_s - self._start_s)
        return self._from_share + (self._to_share - self._from_share) * done

    @property
    def end_s(self) -> float:
        """When the present travel ends."""
        return self._end_s

    def moving(self, at_s: float) -> bool:
        """Whether the leaf is on its way."""
        return at_s < self._end_s

    def position(self, at_s: float) -> DoorPosition:
        """What the door does at a time."""
        if self.moving(at_s):
            opening = self._to_share > self._from_share
            return DoorPosition.OPENING if opening else DoorPosition.CLOSING
        if self._to_share == 0.0:
            return DoorPosition.CLOSED
        return DoorPosition.OPEN if self._to_share == 1.0 else DoorPosition.BETWEEN

    def closed(self, at_s: float) -> bool:
        """Whether the leaf stands closed."""
        return self.position(at_s) is DoorPosition.CLOSED

    def locked(self, at_s: float) -> bool:
        """The bolt falls in as soon as the leaf stands closed, unless it is broken."""
        return self.closed(at_s) and not self.lock_broken

    def travel_to(self, share: float, at_s: float) -> None:
        """Start opening (1) or closing (0) from wherever the leaf is; jammed: it stays."""
        here = self.opened_share(at_s)
        self._from_share, self._start_s = here, at_s
        if self.jammed:
            self._to_share, self._end_s = here, at_s
            return
        self._to_share = share
        self._end_s = at_s + abs(share - here) * self.travel_s

    def stop(self, at_s: float) -> None:
        """Stand where the leaf is now."""
        here = self.opened_share(at_s)
        self._from_share = self._to_share = here
        self._start_s = self._end_s = at_s

    def jam(self, at_s: float) -> None:
        """The leaf blocks where it is until `free`."""
        self.stop(at_s)
        self.jammed = True

    def free(self) -> None:
        """Undo `jam`."""
        self.jammed = False
