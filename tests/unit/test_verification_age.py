"""For how long a customer counts as the one who was verified, by either clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.web.tower_sample import bay_report
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.pickup_events import VerificationLapsed
from vendtower.domain.verification_age import has_lapsed, nobody_within

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
VALID_S = 900.0


@pytest.mark.parametrize(
    ("by_run_s", "by_wall_s", "lapsed"),
    [
        (0.0, 0.0, False),
        (900.0, 900.0, False),
        (900.1, 900.1, True),
        (60.0, 4000.0, True),
        (4000.0, -3600.0, True),
        (60.0, -3600.0, False),
        (-5000.0, 60.0, False),
        (-5000.0, 4000.0, True),
        (-5000.0, -1.0, True),
    ],
    ids=[
        "at once",
        "at the limit",
        "beyond the limit",
        "the machine was off, and runs for longer than before",
        "the wall clock was set back",
        "the wall clock was set back, and it was just now",
        "the machine was started since, a minute ago",
        "the machine was started since, an hour ago",
        "the machine was started since, and nobody knows when it was",
    ],
)
def test_the_greater_of_both_ages_counts(
    by_run_s: float, by_wall_s: float, *, lapsed: bool
) -> None:
    visit = Visit(
        "v", "r", "VIN1", VisitState.VERIFIED, 1, verified_utc=NOON, verified_monotonic_s=10_000.0
    )
    utc = NOON + timedelta(seconds=by_wall_s)
    assert has_lapsed(visit, VALID_S, utc, 10_000.0 + by_run_s) is lapsed


def test_a_verification_of_unknown_age_does_not_count() -> None:
    visit = Visit("v", "r", "VIN1", VisitState.VERIFIED, 1)
    assert has_lapsed(visit, VALID_S, NOON, 0.0)


def test_staff_who_have_decided_once_do_not_send_the_car_back_meanwhile() -> None:
    visit = Visit("v", "r", "VIN1", VisitState.VERIFIED, 1, doubt="the list is too old")
    again = visit.apply(VerificationLapsed())
    assert (again.state, again.method, again.wants_car) == (VisitState.AT_KIOSK, None, True)
    assert not replace(again, reason="").wants_car


@pytest.mark.parametrize(
    ("bay", "within"),
    [
        (bay_report(1), False),
        (replace(bay_report(1), person_inside=True), True),
        (bay_report(1, DoorState.OPEN), True),
        (bay_report(1, DoorState.CLOSING), True),
        (bay_report(1, DoorState.UNKNOWN), False),
        (replace(bay_report(1), outer_locked=False), False),
    ],
)
def test_who_may_be_within(bay: BayReport, *, within: bool) -> None:
    assert nobody_within(bay) is not within
