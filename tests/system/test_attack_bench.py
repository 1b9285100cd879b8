"""The attack benchmark with few trials and a fixed seed; its full run is `docs/identity.md`'s."""

import pytest

from benchmarks.identity_attacks import plan, report_of, run_all, wilson
from hardware_sim.people.acting import Presented

HELD = (Presented.GENUINE, Presented.FLAT_PRINT, Presented.BENT_PRINT, Presented.STILL_SCREEN)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", HELD)
def test_a_few_of_each(kind: Presented) -> None:
    report = report_of(run_all(plan([kind], 3, seed=20), jobs=1))
    overall = report["overall"]
    assert isinstance(overall, dict)
    assert overall["trials"] == 3
    assert report["errors"] == []
    assert overall["errors"] == 0


def test_the_interval_is_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(0, 60)
    assert low == 0.0
    assert high == pytest.approx(0.0602, abs=1e-4)
    assert wilson(5, 100) == pytest.approx((0.0215, 0.1118), abs=1e-4)


def test_the_plan_is_the_seeds() -> None:
    one, same, other = (plan(HELD, 4, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert len(one) == 16
