"""Who gets a car for which two customers stand there."""

from datetime import UTC, datetime, timedelta

import pytest

from vendtower.domain.pickup import Visit, VisitState
from vendtower.flows.wishes import wanting_visits

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_S = VisitState


def visit(name: str, bay: int, state: VisitState, after_s: float) -> Visit:
    """A customer of the one car, who came so long after noon."""
    arrived = NOON + timedelta(seconds=after_s)
    return Visit(name, f"R-{name}", "VIN", state=state, bay=bay, arrived_utc=arrived)


@pytest.mark.parametrize("turned", [False, True], ids=["booked first", "booked last"])
@pytest.mark.parametrize(
    ("first", "second"),
    [(_S.VERIFIED, _S.AT_KIOSK), (_S.PRESENTED, _S.VERIFIED), (_S.AT_KIOSK, _S.AT_KIOSK)],
)
def test_who_came_first_has_it(first: VisitState, second: VisitState, turned: bool) -> None:
    both = [visit("first", 1, first, 0.0), visit("second", 2, second, 60.0)]
    found = wanting_visits(reversed(both) if turned else both)
    assert found["VIN"].visit_id == "first"


@pytest.mark.parametrize("turned", [False, True])
def test_nobody_takes_it_from_before_a_customer(turned: bool) -> None:
    """Also where the clock was set back between the two."""
    both = [visit("early", 1, _S.VERIFIED, 0.0), visit("at the car", 2, _S.PRESENTED, 60.0)]
    found = wanting_visits(reversed(both) if turned else both)
    assert found["VIN"].visit_id == "at the car"
