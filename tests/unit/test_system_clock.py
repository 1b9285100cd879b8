"""The clock says how far wall time can be believed."""

import pytest

from vendtower.adapters.system_clock import SystemClock, quality_of
from vendtower.ports.clock import ClockQuality


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (0, ClockQuality.SYNCHRONIZED),
        (1, ClockQuality.SYNCHRONIZED),  # a leap second is announced
        (5, ClockQuality.UNSYNCHRONIZED),
        (-1, ClockQuality.UNKNOWN),
    ],
)
def test_what_the_kernel_answers(answer: int, meaning: ClockQuality) -> None:
    assert quality_of(answer) is meaning


def test_the_kernel_is_asked() -> None:
    """Linux answers everybody; which of the two depends on the machine."""
    assert SystemClock().quality() is not ClockQuality.UNKNOWN
