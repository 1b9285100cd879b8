"""From the samples to figures with their limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.figure import Figure, told
from benchmarks.soak.customers import Trips
from benchmarks.soak.samples import Lag, Sample, least_by_minute, slope_per_h

MB = 1e6
GROWTH_MB_MAX = 4.0
GROWTH_MB_PER_H_MAX = 1.0
"""A process may grow by the former, and by the latter in each hour, along the fitted line."""
MORE_MAX = 1
"""A browser's or a command's connection may by chance be there in one half alone."""
LAG_P99_MS_MAX = 20.0
LAG_LONGEST_MS_MAX = 400.0
"""From here on the PLC may stop the tower: 200 ms heartbeat, 600 ms of its patience."""


@dataclass(frozen=True)
class Soak:
    """Everything that was seen."""

    samples: Sequence[Sample]
    """After the warm-up."""
    warm_up_s: float
    lag: Lag
    """After the warm-up; the longest counts from the start."""
    trips: Trips
    violations: Sequence[str]
    at_rest: bool

    @property
    def hours(self) -> float:
        """From the first to the last sample."""
        return (self.samples[-1].at_s - self.samples[0].at_s) / 3600.0


def figures_of(soak: Soak) -> list[Figure]:
    """What held and what did not, in the order in which one asks."""
    return [*_service(soak), *_memory(soak), *_handles(soak), *_lag(soak), *_information(soak)]


def _service(soak: Soak) -> list[Figure]:
    trips = soak.trips
    as_due = not trips.failed and trips.collected == trips.returned > 0
    return [
        Figure(
            "cars collected / brought back and stored / not as due",
            "as many, none",
            f"{trips.collected} / {trips.returned} / {len(trips.failed)}",
            as_due,
        ),
        Figure(
            "safety violations",
            "0",
            str(len(soak.violations)),
            not soak.violations,
        ),
        Figure("at the end nothing open, nothing owed", "yes", _word(soak.at_rest), soak.at_rest),
    ]


def _memory(soak: Soak) -> list[Figure]:
    return [
        _flat("memory (RSS) of the control process", soak, lambda sample: sample.control_rss),
        _flat("memory (RSS) of the identity process", soak, lambda sample: sample.identity_rss),
    ]


def _flat(name: str, soak: Soak, value: Callable[[Sample], float]) -> Figure:
    """The least of each minute counts: looking at faces takes memory and gives it back."""
    least = least_by_minute(soak.samples, value)
    per_h = slope_per_h(least, value) / MB
    grown = per_h * soak.hours
    limit = GROWTH_MB_MAX + GROWTH_MB_PER_H_MAX * soak.hours
    first, last = value(least[0]) / MB, value(least[-1]) / MB
    return Figure(
        f"{name}, fitted growth",
        f"< {limit:.1f} MB",
        f"{grown:+.1f} MB ({per_h:+.1f} MB/h; {first:.1f} to {last:.1f} MB)",
        grown < limit,
    )


def _handles(soak: Soak) -> list[Figure]:
    return [
        _no_more("open files of the control process", soak, lambda sample: sample.control_fds),
        _no_more("open files of the identity process", soak, lambda sample: sample.identity_fds),
        _no_more("threads of the control process", soak, lambda sample: sample.control_threads),
    ]


def _no_more(name: str, soak: Soak, value: Callable[[Sample], float]) -> Figure:
    """The most of each half is compared: connections come and go up to a number, leaks go on."""
    half = len(soak.samples) // 2
    first = max(value(sample) for sample in soak.samples[:half])
    second = max(value(sample) for sample in soak.samples[half:])
    return Figure(
        f"{name}, most in the first / second half",
        "no growth",
        f"{first:.0f} / {second:.0f}",
        second <= first + MORE_MAX,
    )


def _lag(soak: Soak) -> list[Figure]:
    p99_ms, longest_ms = 1000 * soak.lag.quantile_s(0.99), 1000 * soak.lag.longest_s
    return [
        Figure(
            "event loop lag of the control process, p99 (bucket's bound)",
            f"<= {LAG_P99_MS_MAX:g} ms",
            f"{p99_ms:g} ms",
            p99_ms <= LAG_P99_MS_MAX,
        ),
        Figure(
            "event loop lag, longest since the start",
            f"< {LAG_LONGEST_MS_MAX:g} ms",
            f"{longest_ms:.0f} ms",
            longest_ms < LAG_LONGEST_MS_MAX,
        ),
    ]


def _information(soak: Soak) -> list[Figure]:
    samples, trips = soak.samples, soak.trips
    used = samples[-1].control_cpu_s - samples[0].control_cpu_s
    faults = ", ".join(f"{name} {count}" for name, count in sorted(trips.faults.items()))
    silent = sum(sample.backlog < 0 for sample in samples)
    longest_gap_s = max((b.at_s - a.at_s for a, b in pairwise(samples)), default=0.0)
    loads = sorted(sample.load for sample in samples)
    return [
        told(
            "measured for, after a warm-up of", f"{soak.hours * 60:.1f} min, {soak.warm_up_s:g} s"
        ),
        told("times somebody stood at a kiosk", str(trips.tries)),
        told("faults meanwhile", faults or "none"),
        told("CPU of the control process, of one core", f"{used / (36 * soak.hours):.1f} %"),
        told("journal and its log", f"{slope_per_h(samples, lambda s: s.database) / MB:+.2f} MB/h"),
        told("events owed to the cloud, most", str(max(sample.backlog for sample in samples))),
        told("looks at the status page without an answer", f"{silent} of {len(samples)}"),
        told("longest pause between two looks", f"{longest_gap_s:.1f} s"),
        told(
            "the machine's load average, least / median / most",
            f"{loads[0]:.1f} / {loads[len(loads) // 2]:.1f} / {loads[-1]:.1f}",
        ),
    ]


def _word(so: bool) -> str:
    return "yes" if so else "no"
