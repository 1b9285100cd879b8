"""The power lost at single commits of one trip; `benchmarks/crash_points.py` tries all of them."""

import pytest

from benchmarks.crash_points import CrashPoint, crash_points, play_crash_point
from benchmarks.swarm.journal_disk import AT_THE_COMMIT, Moment

SAMPLE = [
    CrashPoint(3, Moment.BEFORE, 0),
    CrashPoint(8, Moment.INSIDE, 1),
    CrashPoint(12, Moment.AFTER, 2),
    CrashPoint(17, Moment.INSIDE, 0),
    CrashPoint(24, Moment.AFTER, 0),
    CrashPoint(30, Moment.BEFORE, 3),
    CrashPoint(52, Moment.AFTER, 0),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", SAMPLE, ids=str)
def test_the_trip_survives(point: CrashPoint) -> None:
    """What must hold holds, and whoever came is served or in a person's hands."""
    result = play_crash_point(point)
    assert result.problems == []
    assert result.boots == (3 if point.again_at else 2)
    assert result.counts[f"crash {point.moment.value} a commit"] >= 1


def test_every_commit_has_each_moment_once() -> None:
    points = list(crash_points(20))
    assert {(point.commit, point.moment) for point in points} == {
        (commit, moment) for commit in range(1, 21) for moment in AT_THE_COMMIT
    }
    assert len(points) == 60
    assert sum(point.again_at > 0 for point in points) == 20
