"""What explains that somebody was not served, and what does not."""

import pytest

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.hard_times import AFTERMATH_S, SAME_S, HardTimes

ME = {"customer 1", "VIN 1"}


def served(times: HardTimes, from_s: float, until_s: float) -> str:
    return times.why_not_served(from_s, until_s, {1}, ME)


def stopped(times: HardTimes, from_s: float, until_s: float) -> str:
    return times.why_out_of_service(from_s, until_s, ME)


def test_a_quiet_run_explains_nothing() -> None:
    times = HardTimes()
    assert served(times, 0.0, 3600.0) == stopped(times, 0.0, 3600.0) == ""


def test_a_fault_explains_what_comes_with_it_and_shortly_after() -> None:
    times = HardTimes()
    times.fault(FaultKind.PLC_LINE_CUT, 100.0, 160.0)
    why = FaultKind.PLC_LINE_CUT.value
    assert served(times, 0.0, 99.0) == "", "it came afterwards"
    assert served(times, 0.0, 100.0) == why
    assert served(times, 160.0 + AFTERMATH_S, 9999.0) == why
    assert served(times, 161.0 + AFTERMATH_S, 9999.0) == ""
    assert stopped(times, 100.0, 100.0) == why


@pytest.mark.parametrize("kind", [FaultKind.INTAKE, FaultKind.AUDIT, FaultKind.CLOUD_REPEATS])
def test_what_disturbs_nobody_explains_nothing(kind: FaultKind) -> None:
    times = HardTimes()
    times.fault(kind, 0.0, 60.0)
    assert served(times, 0.0, 60.0) == ""


@pytest.mark.parametrize("kind", [FaultKind.CLOUD_DOWN, FaultKind.CAMERA_DARK])
def test_a_dark_camera_is_no_reason_to_be_out_of_service(kind: FaultKind) -> None:
    times = HardTimes()
    times.fault(kind, 0.0, 60.0)
    assert served(times, 0.0, 60.0) == kind.value
    assert stopped(times, 0.0, 60.0) == ""


def test_others_stand_in_the_way_at_their_bay_and_nobody_in_the_own_way() -> None:
    times = HardTimes()
    times.seen("another's visit is under way", 10.0, bay=2, whose="VIN 2")
    times.seen("another's visit is under way", 10.0, bay=1, whose="VIN 1")
    assert served(times, 0.0, 60.0) == ""
    times.seen("somebody else is there", 10.0, bay=1, whose="stranger 1")
    assert served(times, 0.0, 60.0) == "somebody else is there"
    assert stopped(times, 0.0, 60.0) == ""


def test_what_is_seen_again_soon_has_lasted_and_later_it_is_another_time() -> None:
    times = HardTimes()
    times.seen("a case is open", 0.0)
    times.seen("a case is open", SAME_S)
    after_s = SAME_S + AFTERMATH_S + 1.0
    assert served(times, SAME_S / 2.0, SAME_S / 2.0) == "a case is open"
    assert served(times, after_s, after_s + 1.0) == ""
    times.seen("a case is open", 5000.0)
    assert served(times, after_s, 4999.0) == "", "in between nothing was open"
    assert stopped(times, 5000.0, 5000.0) == "a case is open"


def test_a_case_about_the_own_car_is_what_came_of_the_own_visit() -> None:
    times = HardTimes()
    times.seen("a case is open", 10.0, whose="VIN 1")
    assert stopped(times, 0.0, 60.0) == served(times, 0.0, 60.0) == ""
    times.seen("a case is open", 10.0, whose="VIN 2")
    assert stopped(times, 0.0, 60.0) == served(times, 0.0, 60.0) == "a case is open"
