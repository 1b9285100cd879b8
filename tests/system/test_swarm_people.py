"""The run's people: what they read on a screen, and what they make of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.record_of_visit import NOT_HEARD_OF
from benchmarks.swarm.run import run_seed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("arrives_s", [103.0, 103.5, 104.0])
def test_a_booking_that_is_heard_of_while_its_code_is_refused(
    arrives_s: float, tmp_path: Path
) -> None:
    """The line to the cloud comes back in the second in which the customer shows the code."""
    customer = replace(trip(), booked_at_s=10.0, arrives_s=arrives_s)
    cut = fault(FaultKind.CLOUD_LINE_CUT, 90.0, at_s=5.0)
    result = run_seed(AIMED, tmp_path, plan(customer, cut))
    assert result.problems == []
    assert result.records[0].reasons == [NOT_HEARD_OF]


def test_nobody_gets_out_of_a_car_that_rolls(tmp_path: Path) -> None:
    """The light curtain shows clear while the car is still in it."""
    blind = fault(
        FaultKind.SENSOR_STUCK, 60.0, upon="driver 1 drives in", name="bay1.curtain_clear"
    )
    result = run_seed(replace(AIMED, settling_s_max=3600.0), tmp_path, plan(trip(), blind))
    assert result.problems == []
    assert result.counts["fault: a sensor shows one value whatever happens"] == 1
