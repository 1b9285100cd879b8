"""Events that towers delivered: the effect of each happens once, whatever comes twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class ReceivedEvent:
    """One event, at its first arrival."""

    tower: str
    event_id: str
    sequence: int
    event_type: str
    subject: str
    time: str
    correlation_id: str
    data: Mapping[str, object]
    raw: Mapping[str, object]
    """The CloudEvent as it came."""


@dataclass(frozen=True)
class DuplicateEvent:
    """A later arrival of an event; it had no effect."""

    tower: str
    event_id: str
    differing: tuple[str, ...]
    """Attributes that are not what they were at the first arrival; empty is how it should be."""

    @property
    def content_differs(self) -> bool:
        """Whether the tower broke its promise that an event keeps its content."""
        return bool(self.differing)


class EventStore:
    """What towers said, in the order of arrival."""

    def __init__(self) -> None:
        self.events: list[ReceivedEvent] = []
        self.duplicates: list[DuplicateEvent] = []
        self.out_of_order: list[ReceivedEvent] = []
        """First arrivals whose sequence was below one that had come before."""
        self.reject_types: dict[str, str] = {}
        """Event type to the reason for which this cloud will never take it."""
        self.rejected: list[ReceivedEvent] = []
        self.listeners: list[Callable[[ReceivedEvent], None]] = []
        """Called with each event at its first arrival."""
        self._known: dict[tuple[str, str], ReceivedEvent] = {}
        self._sequences: dict[str, set[int]] = {}
        self._highest: dict[str, int] = {}

    def take(self, tower: str, batch: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """Apply a checked batch and give the contract's receipt for it."""
        accepted: list[str] = []
        rejected: list[dict[str, str]] = []
        for raw in batch:
            event = _received(tower, raw)
            reason = self._take_one(event)
            if reason is None:
                accepted.append(event.event_id)
            else:
                rejected.append({"id": event.event_id, "reason": reason})
        return {"accepted": accepted, "rejected": rejected}

    def gaps(self, tower: str) -> list[tuple[int, int]]:
        """First and last of each run of numbers that never came, below the highest that did.

        Refused events have come, so they are no hole; a hole is a loss.
        """
        numbers = sorted(self._sequences.get(tower, ()))
        return [(low + 1, high - 1) for low, high in pairwise(numbers) if high - low > 1]

    def _take_one(self, event: ReceivedEvent) -> str | None:
        """Why it is not taken; None when it is, now or before."""
        key = (event.tower, event.event_id)
        known = self._known.get(key)
        if known is not None:
            differing = _differing(known.raw, event.raw)
            self.duplicates.append(DuplicateEvent(event.tower, event.event_id, differing))
            return None
        self._sequences.setdefault(event.tower, set()).add(event.sequence)
        reason = self.reject_types.get(event.event_type)
        if reason is not None:
            self.rejected.append(event)
            return reason
        if event.sequence < self._highest.get(event.tower, -1):
            self.out_of_order.append(event)
        self._highest[event.tower] = max(event.sequence, self._highest.get(event.tower, -1))
        self._known[key] = event
        self.events.append(event)
        for listener in self.listeners:
            listener(event)
        return None


def _received(tower: str, raw: Mapping[str, object]) -> ReceivedEvent:
    data = raw["data"]
    return ReceivedEvent(
        tower=tower,
        event_id=str(raw["id"]),
        sequence=int(str(raw["sequence"])),
        event_type=str(raw["type"]),
        subject=str(raw.get("subject", "")),
        time=str(raw["time"]),
        correlation_id=str(raw.get("correlationid", "")),
        data=data if isinstance(data, Mapping) else {},
        raw=raw,
    )


def _differing(first: Mapping[str, object], later: Mapping[str, object]) -> tuple[str, ...]:
    names = first.keys() | later.keys()
    return tuple(sorted(name for name in names if first.get(name) != later.get(name)))
