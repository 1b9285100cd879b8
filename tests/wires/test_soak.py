"""One customer of `python -m benchmarks.soak`: there and back, and everything is measured.

Whether memory is flat shows in half an hour and not in half a minute (docs/soak.md has the last
long run); here the bounds are wide, and say that the measurement works.
"""

from pathlib import Path

import pytest

from benchmarks.soak.run import soak
from benchmarks.soak.verdict import figures_of

STEADY = ("collected", "safety", "nothing open", "control process, fitted", "threads")
"""What must hold in half a minute as in a month, by words of the figures' names."""


@pytest.mark.timeout(400)
async def test_somebody_collects_a_car_and_brings_it_back(tmp_path: Path) -> None:
    seen = await soak(
        tmp_path,
        seconds=1.0,
        warm_up_s=5.0,
        fault_every_s=5.0,
        seed=2,
        tell=lambda _where, _what: None,
        progress=lambda _sampler, _trips: None,
        kiosks=(1,),
        liveness=False,
    )
    figures = figures_of(seen)
    told = "\n".join(f"{each.name}: {each.measured}" for each in figures)
    for words in STEADY:
        [figure] = [each for each in figures if words in each.name]
        assert figure.held, told
    assert seen.trips.collected == 1, told
    assert sum(seen.trips.faults.values()) >= 1, told
    assert seen.samples[-1].at_s - seen.samples[0].at_s > 10.0
    assert {sample.backlog for sample in seen.samples} != {-1}, "the page was never read"
    assert seen.samples[-1].control_cpu_s > seen.samples[0].control_cpu_s
    assert all(sample.identity_rss > 1e7 for sample in seen.samples)
    # Twenty measurements a second; a machine that is busy otherwise makes them fewer.
    assert sum(seen.lag.counts) > 2 * len(seen.samples), told
    assert seen.lag.quantile_s(0.5) <= 0.1, told
