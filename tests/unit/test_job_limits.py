"""Deadlines of a job's states come from figures, and its durations from the right clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.test_recovery import JOB
from tests.unit.web.tower_sample import sample_site
from vendtower.domain.job import Fate, JobState, Moment
from vendtower.domain.job_limits import job_limits, seconds_between

POLICIES = sample_site().policies
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_each_state_has_its_computed_limit() -> None:
    limits = job_limits(JOB, POLICIES)
    assert limits.of(Fate.PENDING) == 2.0 + 1.0 + POLICIES.job_time_margin_s
    assert limits.of(Fate.ACCEPTED) == 2 * POLICIES.snapshot_age_s_max + POLICIES.job_time_margin_s
    assert limits.of(Fate.RUNNING) == JOB.deadline_s


LIMITED = {Fate.PENDING, Fate.ACCEPTED, Fate.RUNNING}


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate not in LIMITED])
def test_nothing_else_is_late(fate: Fate) -> None:
    assert job_limits(JOB, POLICIES).of(fate) is None


def test_moments_are_kept_once() -> None:
    first, second = Moment(NOON, 10.0), Moment(NOON + timedelta(seconds=9), 12.5)
    job = JOB.become(JobState.STARTED, at=first)
    assert (job.accepted, job.started) == (first, first)
    job = job.become(JobState.STARTED, at=second).become(JobState.DONE, at=second)
    assert (job.accepted, job.started, job.ended) == (first, first, second)
    assert job.become(JobState.DONE, at=first).ended == second
    assert not job.is_open


def test_seconds_by_the_monotonic_clock_unless_the_controller_restarted() -> None:
    first, second = Moment(NOON, 10.0), Moment(NOON + timedelta(seconds=9), 12.5)
    assert seconds_between(JOB, first, second) == 2.5
    assert seconds_between(replace(JOB, runs=2), first, second) == 9.0
    assert seconds_between(JOB, None, second) is None
    assert seconds_between(JOB, first, None) is None
