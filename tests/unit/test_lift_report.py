"""What one lift's report says of whether it may be left to itself."""

from dataclasses import replace

import pytest

from tests.unit.web.tower_sample import lift_report
from vendtower.domain.job import PlcJobState


@pytest.mark.parametrize("state", PlcJobState)
def test_a_lift_that_stands_between_two_phases_of_its_job_does_not_rest(
    state: PlcJobState,
) -> None:
    report = lift_report()
    standing = replace(report, standstill=True, job=replace(report.job, state=state))
    goes_on = state in {PlcJobState.ACCEPTED, PlcJobState.ACTIVE}
    assert standing.rests is not goes_on
    assert not replace(standing, standstill=False).rests
