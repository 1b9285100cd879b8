"""The tower's computer as the controller sees it: clock, disk, journal file."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.swarm.calendar import Calendar
from hardware_sim.direct_line import DirectLine
from hardware_sim.plc.server import Cut
from hardware_sim.virtual.executor import VirtualExecutor
from hardware_sim.virtual.weather import Weather
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.daemon.wiring import JOURNAL_FILE
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
    """A computer with room on its disk; fulfils the port ``Host``."""

    def free_disk_bytes(self) -> int | None:
        """Enough."""
        return 10**11


class DirectPlcLine:
    """The line to the PLC in the shape of a line of the virtual network, for the faults."""

    def __init__(self, line: DirectLine) -> None:
        self._line = line

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self._line.fail(Cut.BLACK_HOLE)

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


class JournalDisk:
    """The journal's file through every life of the controller.

    What a power cut leaves is what stood on the disk in that moment: SQLite's log is not
    written back, a transaction that was not committed is lost.
    """

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self._path = directory / JOURNAL_FILE
        self._chance = chance
        self._open: SqliteJournal | None = None
        self._executor: VirtualExecutor | None = None
        self.slow_s = 0.0
        """How much longer than usual a commit takes, at most."""

    def executor(self) -> AbstractContextManager[VirtualExecutor]:
        """The journal's thread of one life."""
        self._executor = VirtualExecutor(self._chance, ran=self._ran)
        self.be_slow(self.slow_s)
        return self._executor

    def be_slow(self, slow_s: float) -> None:
        """Let each piece of work take up to so much longer, from now on."""
        self.slow_s = slow_s
        if self._executor is not None:
            self._executor.before_s = (0.0001, 0.003 + slow_s)
            self._executor.after_s = (0.0, 0.002 + slow_s)

    def _ran(self, result: object) -> None:
        if isinstance(result, SqliteJournal):
            self._open = result

    def power_cut(self) -> None:
        """Take the file away from whoever had it, as it stands on the disk."""
        journal, self._open, self._executor = self._open, None, None
        if journal is None:
            return
        kept = {path: path.read_bytes() for path in self._parts() if path.exists()}
        # Closing writes the log back, which a computer without power cannot do: undone below.
        journal._connection.close()  # noqa: SLF001 # the wire to the disk is cut here
        journal._lock.release()  # noqa: SLF001 # the kernel drops a dead process's locks
        for path in self._parts():
            path.unlink(missing_ok=True)
        for path, content in kept.items():
            path.write_bytes(content)

    def _parts(self) -> list[Path]:
        """The database and its log; the index of the log (``-shm``) is made anew."""
        return [self._path.with_name(self._path.name + end) for end in ("", "-wal", "-shm")][:2]
