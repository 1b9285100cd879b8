"""Counters that go on over a replaced PLC, and what is due on each part."""

from datetime import UTC, datetime, timedelta

import pytest

from vendtower.domain.site_parts import Counter, PartSpec
from vendtower.domain.wear import (
    Care,
    Due,
    Meter,
    PartState,
    SignOff,
    part_state,
    read_on,
    reading_of,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def meter(total: float, shown: float, counter: Counter = Counter.CYCLES) -> Meter:
    return Meter("lift 1", counter, total, shown, NOON)


def test_a_new_meter_begins_where_the_plc_is() -> None:
    begun, jump = read_on(None, "lift 1", Counter.CYCLES, 812, NOON)
    assert (begun.total, begun.shown, jump) == (812, 812, None)
    assert begun.key == "lift 1 cycles"


def test_a_meter_adds_what_was_done_since() -> None:
    later, jump = read_on(meter(900, 812), "lift 1", Counter.CYCLES, 815, NOON)
    assert (later.total, later.shown, jump) == (903, 815, None)


@pytest.mark.parametrize(
    ("counter", "before", "shown", "hours_later", "believed"),
    [
        (Counter.CYCLES, 812, 0, 1, False),
        (Counter.CYCLES, 812, 811, 1, False),
        (Counter.CYCLES, 812, 912, 0, True),
        (Counter.CYCLES, 812, 913, 0, False),
        (Counter.CYCLES, 812, 50_000, 1, False),
        (Counter.CYCLES, 812, 4_400, 1, True),
        (Counter.HOURS, 100, 103, 1, False),
        (Counter.HOURS, 100, 102, 1, True),
        (Counter.ENERGY_KWH, 100, 401, 1, False),
        (Counter.ENERGY_KWH, 100, 390, 1, True),
    ],
)
def test_a_jump_is_told_and_not_believed(
    counter: Counter, before: float, shown: float, hours_later: float, believed: bool
) -> None:
    """Another PLC shows less, or more than the time between explains."""
    at = NOON + timedelta(hours=hours_later)
    after, jump = read_on(meter(5_000, before, counter), "lift 1", counter, shown, at)
    assert after.shown == shown
    if believed:
        assert (after.total, jump) == (5_000 + shown - before, None)
        return
    assert after.total == 5_000
    assert jump is not None
    assert f"from {before:g} to {shown:g}" in str(jump)
    further, none = read_on(after, "lift 1", counter, shown + 1, at)
    assert (further.total, none) == (5_001, None)


def test_a_clock_set_back_makes_no_jump_of_a_cycle() -> None:
    after, jump = read_on(meter(10, 10), "lift 1", Counter.CYCLES, 11, NOON - timedelta(days=3))
    assert (after.total, jump) == (11, None)


ROPES = PartSpec.model_validate(
    {
        "id": "ropes",
        "name": "Hoist ropes",
        "lift": 1,
        "check": "broken wires",
        "inspect_days": 100,
        "inspect_count": 1_000,
        "life_days": 1_000,
        "life_count": 10_000,
        "life_hours": 500,
    }
)


def signed(care: Care, days_ago: float, count: float = 0, hours: float = 0) -> SignOff:
    utc = NOON - timedelta(days=days_ago)
    return SignOff("ropes", care, utc, "technician on duty", "", count, hours)


def state_of(*records: SignOff, count: float = 0, hours: float = 0) -> PartState:
    meters = {each.key: each for each in (meter(count, count), meter(hours, hours, Counter.HOURS))}
    state = part_state(ROPES, records, meters, NOON, warn_share=0.9)
    assert state is not None
    return state


def test_a_part_nobody_has_seen_has_no_state() -> None:
    assert part_state(ROPES, (), {}, NOON, warn_share=0.9) is None


@pytest.mark.parametrize(
    ("days_ago", "count", "due"),
    [
        (89, 899, Due.FINE),
        (90, 0, Due.SOON),
        (0, 900, Due.SOON),
        (99.9, 999, Due.SOON),
        (100, 0, Due.OVERDUE),
        (0, 1_000, Due.OVERDUE),
        (400, 0, Due.OVERDUE),
    ],
)
def test_an_inspection_is_due_by_days_or_counts(days_ago: float, count: float, due: Due) -> None:
    state = state_of(signed(Care.FIRST_SEEN, days_ago), count=count)
    assert (state.inspection, state.life, state.worst) == (due, Due.FINE, due)


@pytest.mark.parametrize(
    ("days_ago", "count", "hours", "due"),
    [
        (899, 0, 0, Due.FINE),
        (900, 0, 0, Due.SOON),
        (1_000, 0, 0, Due.OVERDUE),
        (0, 9_000, 0, Due.SOON),
        (0, 10_000, 0, Due.OVERDUE),
        (0, 0, 450, Due.SOON),
        (0, 0, 500, Due.OVERDUE),
    ],
)
def test_a_life_ends_by_days_counts_or_hours(
    days_ago: float, count: float, hours: float, due: Due
) -> None:
    state = state_of(
        signed(Care.FIRST_SEEN, days_ago),
        signed(Care.INSPECTED, 1, count, hours),
        count=count,
        hours=hours,
    )
    assert (state.inspection, state.life, state.worst) == (Due.FINE, due, due)


def test_an_inspection_ends_the_interval_and_not_the_life() -> None:
    state = state_of(
        signed(Care.FIRST_SEEN, 950), signed(Care.INSPECTED, 2, 300), count=400, hours=3
    )
    assert state.inspection is Due.FINE
    assert state.inspection_share == pytest.approx(0.1)
    assert (state.life, state.count, state.hours) == (Due.SOON, 400, 3)
    assert str(state) == "Hoist ropes (ropes): life due soon (95%)"


def test_a_new_part_begins_anew() -> None:
    state = state_of(
        signed(Care.FIRST_SEEN, 1_100),
        signed(Care.INSPECTED, 90, 9_000),
        signed(Care.REPLACED, 10, 9_500, 490),
        count=9_600,
        hours=495,
    )
    assert state.worst is Due.FINE
    assert (state.count, state.hours) == (100, 5)
    assert state.fitted is state.last


def test_what_a_part_is_counted_by() -> None:
    base = {"id": "p", "name": "p", "check": "c"}
    assert PartSpec.model_validate(base).counter is None
    assert PartSpec.model_validate(base).place == "tower"
    assert PartSpec.model_validate(base | {"lift": 2}).counter is Counter.CYCLES
    assert PartSpec.model_validate(base | {"bay": 1}).counter is Counter.OUTER_DOOR
    inner = PartSpec.model_validate(base | {"bay": 1, "counts": "inner_door"})
    meters = {"bay 1 inner_door": Meter("bay 1", Counter.INNER_DOOR, 7, 7, NOON)}
    assert reading_of(inner, meters) == (7, 0)
