"""The simulated cloud knows which withdrawals a tower has taken: by the cursor it comes with."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hardware_sim.cloud.bookings import BookedCar
from hardware_sim.cloud.state import CloudState
from hardware_sim.cloud.telling import ListTeller, ListTelling

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TELLING = ListTelling(ListTeller("tower-1", None, lambda: NOON), "", None)
CAR = BookedCar(
    vin="VTDEMA00000000001",
    plate="VT-001",
    model="city car",
    length_mm=3700,
    width_mm=1680,
    height_mm=1520,
    weight_kg=1180,
)


def test_a_withdrawal_is_heard_once_the_tower_comes_back_for_more() -> None:
    state = CloudState(
        tokens={"tower-1": "token"}, seal=None, chance=random.Random(1), utc=lambda: NOON
    )
    booked = state.add_reservation(
        car=CAR,
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        tower=None,
        language="en",
        face_consent=False,
        portrait=None,
        slot=None,
        greeting="",
        returns_by=None,
        reservation_id=None,
        code=None,
    )
    log, one = state.tower_of(None).log, booked.reservation_id
    log.withdraw(one)
    page = log.page(None, 10, TELLING)
    assert not log.heard_withdrawn(one)  # the answer may have been lost on its way
    log.page(page.cursor, 10, TELLING)
    assert log.heard_withdrawn(one)
    log.tell_again(0)
    late = log.page(page.cursor, 10, TELLING)
    log.page(late.cursor, 10, TELLING)
    assert not log.heard_withdrawn(one)  # the last word it has heard is the booking
