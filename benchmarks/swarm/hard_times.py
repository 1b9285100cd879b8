"""When something was the matter with the tower: what may explain that somebody was not served.

Faults, the work of staff and who stands at a kiosk are written down from outside. What the
controller alone knows is read from it (`hardship_watch.py`, `overdue.py`): the machine as it reads
it, open cases, parts that are overdue, visits and ways in that are under way. That it calls itself
or a bay out of service explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.swarm.fault_plan import OF_BOARDS, FaultKind

AFTERMATH_S = 900.0
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
STOPS_NOTHING = OF_BOARDS | {
    FaultKind.CAMERA_DARK,
    FaultKind.CAMERA_FOOLED,
    FaultKind.CLOCK_STEP,
    FaultKind.CLOUD_DOWN,
    FaultKind.CLOUD_ERRORS,
    FaultKind.CLOUD_FORGETS,
    FaultKind.CLOUD_LINE_CUT,
    FaultKind.CLOUD_LINE_ROUGH,
    FaultKind.CLOUD_REFUSES,
    FaultKind.CLOUD_SKEWED,
    FaultKind.DISK_SLOW,
    FaultKind.GUESSER,
    FaultKind.IDENTITY_GONE,
    FaultKind.IDENTITY_RESTART,
    FaultKind.POWER_REDUCED,
}
"""What may cost a customer the time, but is no reason to be out of service."""


@dataclass
class _Time:
    """Something that was so, by the calendar."""

    what: str
    from_s: float
    until_s: float
    stops: bool = True
    bay: int | None = None
    """None: it is the whole tower's matter."""
    whose: str = ""


class HardTimes:
    """Everything of the kind in one run."""

    def __init__(self) -> None:
        self._times: list[_Time] = []
        self._last: dict[tuple[str, int | None, str], _Time] = {}

    def fault(self, kind: FaultKind, from_s: float, until_s: float) -> None:
        """One of the plan's, for so long at least."""
        if kind not in HARMLESS:
            self._times.append(_Time(kind.value, from_s, until_s, kind not in STOPS_NOTHING))

    def lasts(self, what: str, from_s: float, until_s: float) -> None:
        """Something keeps the whole tower from moving, for so long at least."""
        self._times.append(_Time(what, from_s, until_s))

    def seen(self, what: str, now_s: float, *, bay: int | None = None, whose: str = "") -> None:
        """It is so at this moment: the tower stands still, or others are at a bay."""
        key = (what, bay, whose)
        last = self._last.get(key)
        if last is None or now_s > last.until_s + SAME_S:
            last = self._last[key] = _Time(what, now_s, now_s, bay is None, bay, whose)
            self._times.append(last)
        last.until_s = now_s

    def why_out_of_service(self, from_s: float, until_s: float, own: set[str]) -> str:
        """What kept the tower from working then or shortly before; empty when nothing did.

        ``own`` are somebody's name and their car: a case about it is what came of their visit.
        """
        stops = [time for time in self._times if time.stops]
        return self._first(stops, from_s, until_s, own)

    def why_not_served(self, from_s: float, until_s: float, bays: set[int], own: set[str]) -> str:
        """The same of whatever cost somebody at these bays the time."""
        near = [time for time in self._times if time.bay is None or time.bay in bays]
        return self._first(near, from_s, until_s, own)

    @staticmethod
    def _first(times: list[_Time], from_s: float, until_s: float, own: set[str]) -> str:
        meanwhile = (t for t in times if t.from_s <= until_s and t.until_s >= from_s - AFTERMATH_S)
        return next((time.what for time in meanwhile if time.whose not in own), "")
