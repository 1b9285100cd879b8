"""When something was the matter with the tower: what may explain that somebody was not served.

It is written down from outside, as the run's faults, staff and people have it, and not by what the
controller says of itself: a tower that calls itself out of service without need explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.swarm.fault_plan import FaultKind

AFTERMATH_S = 1800.0
"""So long it may take until somebody has come, looked, and led the tower on."""
SAME_S = 60.0
"""What is seen again within this has lasted all the time."""
HARMLESS = frozenset(
    {
        FaultKind.INTAKE,
        FaultKind.AUDIT,
        FaultKind.INSPECTION,
        FaultKind.ALARMS_SHELVED,
        FaultKind.CLOUD_REPEATS,
        FaultKind.CLOUD_REJECTS,
    }
)
"""What keeps no tower from serving, although it is planned like a fault."""


@dataclass
class _Time:
    """Something that was so, by the calendar."""

    what: str
    from_s: float
    until_s: float
    bay: int | None
    """None: it is the whole tower's matter."""
    whose: str


class HardTimes:
    """Everything of the kind in one run."""

    def __init__(self) -> None:
        self._times: list[_Time] = []
        self._last: dict[tuple[str, int | None, str], _Time] = {}

    def lasts(self, what: str, from_s: float, until_s: float) -> None:
        """Something is the matter with the tower for so long at least."""
        self._times.append(_Time(what, from_s, until_s, None, ""))

    def seen(self, what: str, now_s: float, *, bay: int | None = None, whose: str = "") -> None:
        """It is so at this moment; a car or a person at a bay is named."""
        key = (what, bay, whose)
        last = self._last.get(key)
        if last is None or now_s > last.until_s + SAME_S:
            last = self._last[key] = _Time(what, now_s, now_s, bay, whose)
            self._times.append(last)
        last.until_s = now_s

    def between(
        self, from_s: float, until_s: float, *, bays: set[int], own: set[str]
    ) -> Iterator[str]:
        """What there was for somebody at these bays, shortly before included.

        ``own`` are their own name and car, which do not stand in their own way.
        """
        for time in self._times:
            near = time.bay is None or time.bay in bays
            meanwhile = time.from_s <= until_s and time.until_s >= from_s - AFTERMATH_S
            if near and meanwhile and time.whose not in own:
                yield time.what
