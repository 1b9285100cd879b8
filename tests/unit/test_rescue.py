"""The steps of a rescue: which lead where, and what each of them is asked to look at."""

from datetime import UTC, datetime
from itertools import product

import pytest

from vendtower.domain.errors import IllegalEvent
from vendtower.domain.places import Outside, Slot
from vendtower.domain.rescue import (
    CHECKS,
    RESCUE_ENDED,
    RESCUE_TABLE,
    CarBrought,
    CarSecured,
    Confirmation,
    LiftHomed,
    LiftIsolated,
    PeopleClear,
    PowerBack,
    Rescue,
    RescueCancelled,
    RescueEvent,
    RescueState,
)

S = RescueState
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVENTS: tuple[RescueEvent, ...] = (
    LiftIsolated(),
    CarSecured(),
    CarBrought(Slot(7)),
    PeopleClear(),
    PowerBack(),
    LiftHomed(),
    RescueCancelled(),
)
WAY: dict[tuple[RescueState, type], RescueState] = {
    (S.ISOLATE, LiftIsolated): S.SECURE,
    (S.ISOLATE, RescueCancelled): S.CANCELLED,
    (S.SECURE, CarSecured): S.BRING,
    (S.SECURE, RescueCancelled): S.CANCELLED,
    (S.BRING, CarBrought): S.CLEAR,
    (S.CLEAR, CarBrought): S.CLEAR,
    (S.CLEAR, PeopleClear): S.POWER,
    (S.POWER, CarBrought): S.CLEAR,
    (S.POWER, PowerBack): S.HOME,
    (S.HOME, LiftHomed): S.DONE,
}


def rescue(state: RescueState) -> Rescue:
    return Rescue(3, "VIN", 1, "burnt", "technician on duty", NOON, state)


@pytest.mark.parametrize(
    ("state", "event"),
    list(product(S, EVENTS)),
    ids=lambda part: part.value if isinstance(part, S) else type(part).__name__,
)
def test_every_event_in_every_state(state: RescueState, event: RescueEvent) -> None:
    target = WAY.get((state, type(event)))
    assert RESCUE_TABLE.allows(state, type(event)) is (target is not None)
    if target is None:
        with pytest.raises(IllegalEvent):
            rescue(state).apply(event)
        return
    after = rescue(state).apply(event, Confirmation(state, "technician on duty", NOON))
    assert after.state is target
    assert [each.step for each in after.confirmations] == [state]


def test_no_car_that_was_touched_is_left_without_its_steps() -> None:
    """Only before the crank is in anybody's hand does a rescue end without its goal."""
    assert {state for state, event in WAY if event is RescueCancelled} == {S.ISOLATE, S.SECURE}
    assert {WAY[key] for key in WAY if WAY[key] in RESCUE_ENDED} == RESCUE_ENDED


def test_where_the_car_was_brought_is_the_last_word() -> None:
    brought = rescue(S.BRING).apply(CarBrought(Slot(7)))
    assert brought.where == Slot(7)
    assert brought.apply(CarBrought(Outside())).where == Outside()
    assert brought.apply(PeopleClear()).where == Slot(7)


@pytest.mark.parametrize("state", S)
def test_every_step_says_what_to_look_at(state: RescueState) -> None:
    assert bool(CHECKS[state]) == (state not in RESCUE_ENDED)
    assert rescue(state).ended == (state in RESCUE_ENDED)
