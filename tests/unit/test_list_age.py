"""How old the list is, whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vendtower.domain.reservation_list import (
    AHEAD_MAX,
    BACK_MAX,
    ListAge,
    ListStanding,
    ListState,
    heard,
    page_problem,
    resumed_age_s,
)
from vendtower.flows.list_memory import ListMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIRMED = ListStanding(NOON, NOON, 0.0, NOON)


def hear(
    known: ListStanding | None,
    issued: datetime,
    now: datetime = NOON,
    *,
    complete: bool = True,
    trusted: bool = True,
) -> ListStanding | None:
    return heard(known, issued, now, complete=complete, clock_trusted=trusted)


@pytest.mark.parametrize(
    ("age_h", "state", "too_old"),
    [
        (None, ListState.NEVER_CONFIRMED, True),
        (0.0, ListState.CONFIRMED, False),
        (53.9, ListState.CONFIRMED, False),
        (54.0, ListState.AGES, False),
        (71.9, ListState.AGES, False),
        (72.0, ListState.TOO_OLD, True),
    ],
)
def test_what_an_age_means(age_h: float | None, state: ListState, too_old: bool) -> None:
    age = ListAge(None if age_h is None else age_h * 3600.0, 72 * 3600.0)
    assert (age.state, age.too_old) == (state, too_old)
    assert age.left_s == pytest.approx(0.0 if age_h is None else (72.0 - age_h) * 3600.0)


def test_a_page_that_ends_the_list_confirms_it() -> None:
    assert hear(None, NOON) == CONFIRMED
    later = NOON + HOUR
    assert hear(CONFIRMED, later, later) == ListStanding(later, later, 0.0, later)


def test_a_page_with_more_to_come_confirms_nothing_and_moves_time() -> None:
    first = hear(None, NOON, complete=False)
    assert first == ListStanding(NOON, None, 0.0, NOON)
    found = hear(CONFIRMED, NOON + HOUR, NOON + HOUR, complete=False)
    assert found == replace(CONFIRMED, issued_utc=NOON + HOUR)


def test_the_same_page_again_confirms_nothing_new() -> None:
    assert hear(CONFIRMED, NOON, NOON + HOUR) is None
    assert hear(CONFIRMED, NOON - timedelta(minutes=5), NOON) is None


def test_a_page_that_was_held_back_is_as_old_as_it_is() -> None:
    found = hear(CONFIRMED, NOON + HOUR, NOON + 5 * HOUR)
    assert found is not None
    assert found.age_s == 4 * 3600.0


def test_a_clock_that_is_known_to_be_wrong_is_not_asked_how_long_it_took() -> None:
    found = hear(CONFIRMED, NOON + HOUR, NOON + timedelta(days=400), trusted=False)
    assert found is not None
    assert found.age_s == 0.0


def test_pages_of_another_time_are_not_taken() -> None:
    def problem(issued: datetime, known: datetime | None = NOON) -> str:
        return page_problem(CONFIRMED, issued, known)

    second = timedelta(seconds=1)
    assert problem(NOON) == ""
    assert problem(NOON - BACK_MAX) == ""
    assert "an old page is played back" in problem(NOON - BACK_MAX - second)
    assert problem(NOON + AHEAD_MAX) == ""
    assert "expected at most 3600 s after" in problem(NOON + AHEAD_MAX + second)
    # A tower whose clock stands at the wrong year still hears the cloud.
    assert problem(NOON + timedelta(days=9000), None) == ""
    assert page_problem(None, NOON - 1000 * HOUR, NOON) == ""


def test_the_clouds_own_pages_tell_the_time() -> None:
    memory = ListMemory(standing=CONFIRMED)
    assert memory.cloud_utc(5.0) is None
    memory.heard_s = 10.0
    assert memory.cloud_utc(70.0) == NOON + timedelta(seconds=60)


def test_the_age_grows_while_the_controller_is_off_and_never_shrinks() -> None:
    noted = ListStanding(NOON, NOON, 3600.0, NOON + HOUR)
    assert resumed_age_s(noted, NOON + 3 * HOUR) == 3 * 3600.0
    # The clock was set back, or its battery is empty.
    assert resumed_age_s(noted, NOON - timedelta(days=2000)) == 3600.0


def test_in_a_run_the_monotonic_clock_counts() -> None:
    memory = ListMemory()
    assert memory.age_at(5.0) is None
    memory.confirmed(100.0, 10.0)
    assert memory.age_at(40.0) == 130.0
    assert memory.age_at(9.0) == 100.0
