"""What the controller needs, looked at once a second from outside its processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from hardware_sim.demo.daemon_process import DaemonProcess, Screens

EVERY_S = 1.0


@dataclass(frozen=True)
class Sample:
    """One look; sizes in bytes. The identity process counts with whatever it has started."""

    at_s: float
    """Since the beginning of the soak."""
    control_rss: int
    control_fds: int
    control_threads: int
    control_cpu_s: float
    identity_rss: int
    identity_fds: int
    database: int
    """The journal's file and its log."""
    backlog: int
    """Events that the cloud is owed; -1 while the page gave no answer."""
    load: float
    """The machine's load average over a minute."""


@dataclass(frozen=True)
class Lag:
    """The daemon's own histogram of its event loop's delays."""

    bounds_s: Sequence[float]
    counts: Sequence[int]
    longest_s: float

    @classmethod
    def of(cls, page: Mapping[str, Any]) -> Lag:
        """From ``/api/loop-lag``."""
        return cls(page["bounds_s"], page["counts"], page["longest_s"])

    def since(self, earlier: Lag) -> Lag:
        """What came after; the longest stays that of the whole run."""
        counts = [now - then for now, then in zip(self.counts, earlier.counts, strict=True)]
        return Lag(self.bounds_s, counts, self.longest_s)

    def quantile_s(self, share: float) -> float:
        """The bucket's upper bound under which this share of all delays lies.

        Raises:
            ValueError: when nothing was measured.
        """
        total = sum(self.counts)
        if not total:
            raise ValueError("loop lag: nothing was measured")
        below = 0
        for bound_s, count in zip(self.bounds_s, self.counts, strict=False):
            below += count
            if below >= share * total:
                return bound_s
        return self.longest_s


class Sampler:
    """Looks at one daemon; the list grows until it is cancelled."""

    def __init__(self, daemon: DaemonProcess, screens: Screens, journal: Path) -> None:
        self.samples: list[Sample] = []
        self._control = psutil.Process(daemon.pid)
        self._screens = screens
        self._files = (journal, journal.with_name(journal.name + "-wal"))

    async def keep_looking(self) -> None:
        """For ever, at an even pace."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            self.samples.append(await self._look(loop.time() - began_s))
            await asyncio.sleep(max(0.0, began_s + EVERY_S * len(self.samples) - loop.time()))

    async def lag(self) -> Lag:
        """The daemon's histogram now; raises RuntimeError when it gives none."""
        page = await self._screens.read("/api/loop-lag")
        if page is None:
            raise RuntimeError("/api/loop-lag: no answer from the daemon")
        return Lag.of(page)

    async def _look(self, at_s: float) -> Sample:
        status = await self._screens.read("/api/status")
        control = self._control
        others = control.children(recursive=True)
        cpu = control.cpu_times()
        return Sample(
            at_s=at_s,
            control_rss=control.memory_info().rss,
            control_fds=control.num_fds(),
            control_threads=control.num_threads(),
            control_cpu_s=cpu.user + cpu.system,
            identity_rss=_sum(others, lambda process: process.memory_info().rss),
            identity_fds=_sum(others, lambda process: process.num_fds()),
            database=sum(file.stat().st_size for file in self._files if file.exists()),
            backlog=-1 if status is None else int(status["outbox"]["waiting"]),
            load=os.getloadavg()[0],
        )


def _sum(processes: Sequence[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    total = 0
    for process in processes:
        try:
            total += measure(process)
        except psutil.NoSuchProcess:
            continue  # it has just ended
    return total


def least_by_minute(samples: Sequence[Sample], value: Callable[[Sample], float]) -> list[Sample]:
    """Of each minute the sample with the smallest value; of a single minute, all."""
    least: dict[int, Sample] = {}
    for sample in samples:
        minute = int(sample.at_s // 60)
        if minute not in least or value(sample) < value(least[minute]):
            least[minute] = sample
    return list(least.values()) if len(least) > 1 else list(samples)


def slope_per_h(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """By how much a value grows in an hour: the straight line of least squares."""
    count = len(samples)
    if count < 2:
        raise ValueError(f"slope: {count} samples found, expected at least 2")
    hours = [sample.at_s / 3600.0 for sample in samples]
    values = [value(sample) for sample in samples]
    mean_h, mean = sum(hours) / count, sum(values) / count
    above = sum((h - mean_h) * (v - mean) for h, v in zip(hours, values, strict=True))
    return above / sum((h - mean_h) ** 2 for h in hours)
