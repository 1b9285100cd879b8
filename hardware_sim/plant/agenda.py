"""What is going to happen by itself, in order of time, and what has happened."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Appointment:
    """One thing that happens at a time; `cancelled` ones are skipped."""

    at_s: float
    order: int
    what: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Agenda:
    """A queue of appointments; equal times keep the order of making."""

    def __init__(self) -> None:
        self._heap: list[Appointment] = []
        self._made = 0

    def at(self, at_s: float, what: Callable[[], None]) -> Appointment:
        """Make an appointment."""
        self._made += 1
        appointment = Appointment(at_s, self._made, what)
        heapq.heappush(self._heap, appointment)
        return appointment

    def next_s(self) -> float | None:
        """Time of the next appointment, or None."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0].at_s if self._heap else None

    def take(self) -> Appointment:
        """Remove and return the next appointment; call only when `next_s` is not None."""
        return heapq.heappop(self._heap)


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """Something that really happened, e.g. `lift 1`, `gripped`, `VIN123 from slot 7`."""

    at_s: float
    subject: str
    what: str
    detail: str = ""


class TruthLog:
    """The latest events of the plant and whoever wants to hear of them at once."""

    def __init__(self, kept: int = 20_000) -> None:
        self.events: deque[TruthEvent] = deque(maxlen=kept)
        self.listeners: list[Callable[[TruthEvent], None]] = []

    def note(self, event: TruthEvent) -> None:
        """Record an event and tell the listeners."""
        self.events.append(event)
        for listener in self.listeners:
            listener(event)

    def told(self, what: str, subject: str | None = None) -> list[TruthEvent]:
        """The events of one kind, optionally of one subject."""
        return [
            event
            for event in self.events
            if event.what == what and subject in (None, event.subject)
        ]
