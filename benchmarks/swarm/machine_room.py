"""The tower's computer as the controller sees it: clocks, room on the disk, line to the PLC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from benchmarks.swarm.calendar import Calendar
from benchmarks.swarm.journal_disk import JournalDisk
from hardware_sim.direct_line import DirectLine
from hardware_sim.plc.server import Cut
from hardware_sim.virtual.weather import Weather
from vendtower.ports.clock import ClockQuality


class SwarmClock:
    """The computer's clocks in the shape of the controller's port."""

    def __init__(self, calendar: Calendar, monotonic_s: Callable[[], float]) -> None:
        self._calendar = calendar
        self._monotonic_s = monotonic_s
        self.wrong_by_s = 0.0
        """How far the wall clock is ahead."""

    def monotonic_s(self) -> float:
        """Seconds that were lived."""
        return self._monotonic_s()

    def utc(self) -> datetime:
        """Wall time, as wrong as it was set."""
        return self._calendar.utc() + timedelta(seconds=self.wrong_by_s)

    def quality(self) -> ClockQuality:
        """Known to be wrong, or followed by a time service."""
        return ClockQuality.UNSYNCHRONIZED if self.wrong_by_s else ClockQuality.SYNCHRONIZED


class QuietHost:
    """A computer whose disk is the journal's; fulfils the port ``Host``."""

    def __init__(self, disk: JournalDisk) -> None:
        self._disk = disk

    def free_disk_bytes(self) -> int | None:
        """Enough, unless it is full."""
        return self._disk.free_bytes


class DirectPlcLine:
    """The line to the PLC in the shape of a line of the virtual network, for the faults."""

    def __init__(self, line: DirectLine) -> None:
        self._line = line

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self._line.fail(Cut.BLACK_HOLE)

    def cut_answers(self) -> None:
        """What is asked arrives, what is answered does not."""
        self._line.fail_answers()

    def mend(self) -> None:
        """Everything arrives again."""
        self._line.mend()

    def reset(self) -> None:
        """The connection breaks."""
        self._line.reset()

    @property
    def weather(self) -> Weather:
        """How it behaves."""
        return self._line.weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._line.weather = weather
