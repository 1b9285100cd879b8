"""The soak's judge finds what it is there to find."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.soak.customers import Trips
from benchmarks.soak.samples import Lag, Sample, slope_per_h
from benchmarks.soak.verdict import Soak, figures_of

STEADY = Sample(
    at_s=0.0,
    control_rss=90_000_000,
    control_fds=30,
    control_threads=3,
    control_cpu_s=0.0,
    identity_rss=280_000_000,
    identity_fds=40,
    database=1_000_000,
    backlog=2,
    load=0.5,
)


def samples(change: Callable[[Sample, float], Sample]) -> list[Sample]:
    """Half an hour, one sample a second, each as the change makes it of the steady one."""
    return [
        change(replace(STEADY, at_s=float(second), control_cpu_s=second / 50), second / 3600)
        for second in range(1800)
    ]


def missed(soak: Soak) -> list[str]:
    return [figure.name for figure in figures_of(soak) if figure.held is False]


def soak(**changes: object) -> Soak:
    lag = Lag((0.001, 0.02, 0.5), (30_000, 5_900, 100, 0), 0.02)
    good = Soak(
        samples=samples(lambda sample, _hours: sample),
        warm_up_s=180.0,
        lag=lag,
        trips=Trips(collected=60, returned=60, tries=123),
        violations=(),
        at_rest=True,
    )
    return replace(good, **changes)  # type: ignore[arg-type]  # fields by name


def test_a_steady_daemon_passes() -> None:
    assert missed(soak()) == []


def test_memory_that_comes_and_goes_is_no_leak() -> None:
    def change(sample: Sample, hours: float) -> Sample:
        looking = sample.at_s % 60 < 10 + 60 * hours
        return replace(sample, identity_rss=STEADY.identity_rss + 250_000_000 * looking)

    assert missed(soak(samples=samples(change))) == []


def _leaks(field: str, per_h: float) -> list[Sample]:
    def change(sample: Sample, hours: float) -> Sample:
        grown = getattr(STEADY, field) + int(per_h * hours)
        return replace(sample, **{field: grown})

    return samples(change)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"samples": _leaks("control_rss", 12e6)}, "memory (RSS) of the control process"),
        ({"samples": _leaks("identity_rss", 12e6)}, "memory (RSS) of the identity process"),
        ({"samples": _leaks("control_fds", 12.0)}, "open files of the control process"),
        ({"samples": _leaks("identity_fds", 12.0)}, "open files of the identity process"),
        ({"samples": _leaks("control_threads", 12.0)}, "threads of the control process"),
        ({"trips": Trips(collected=60, returned=59)}, "cars collected"),
        ({"trips": Trips(collected=9, returned=9, failed=["kiosk 1"])}, "cars collected"),
        ({"trips": Trips()}, "cars collected"),
        ({"violations": ("a lift moved with a door open",)}, "safety violations"),
        ({"at_rest": False}, "at the end nothing open"),
        ({"lag": Lag((0.001, 0.02, 0.5), (98, 0, 2, 0), 0.05)}, "lag of the control process, p99"),
        ({"lag": Lag((0.001, 0.02, 0.5), (999, 0, 0, 1), 0.6)}, "event loop lag, longest"),
    ],
)
def test_what_is_wrong_is_found(changes: dict[str, object], words: str) -> None:
    [name] = missed(soak(**changes))
    assert words in name


def test_the_slope_is_that_of_the_line() -> None:
    made = samples(lambda sample, hours: replace(sample, database=int(3600 * hours) * 7))
    assert slope_per_h(made, lambda sample: sample.database) == pytest.approx(7 * 3600, rel=1e-3)
    with pytest.raises(ValueError, match="1 samples found"):
        slope_per_h(made[:1], lambda sample: sample.database)
