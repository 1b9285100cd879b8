"""Delays, chatter and floods, with the time given by hand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_filter import AlarmFilter, Delays, FilterLimits

DOOR = AlarmKey("P20", "bay 1")
LINK = AlarmKey("C01")
FATAL = AlarmKey("P00")
LIMITS = FilterLimits()


def new_filter(on_s: float = 0.0, off_s: float = 0.0) -> AlarmFilter:
    return AlarmFilter(lambda code: Delays(on_s, off_s), LIMITS, ungrouped=frozenset({"P00"}))


def test_a_condition_has_to_hold_and_to_be_gone() -> None:
    seen = new_filter(on_s=2.0, off_s=1.0)
    assert not seen.look(0.0, {LINK: "down"})
    assert not seen.look(1.9, {LINK: "down"})
    assert not seen.look(1.95, {})
    assert not seen.look(2.1, {LINK: "down"})
    standing = seen.look(4.2, {LINK: "down for longer"})
    assert standing[LINK].text == "down for longer"
    assert standing[LINK].since_s == 2.1
    assert LINK in seen.look(5.0, {})
    assert LINK in seen.look(5.9, {})
    assert LINK not in seen.look(6.0, {})


def test_a_chattering_condition_stands_until_there_is_quiet() -> None:
    seen = new_filter()
    turns = []
    for second in range(10):
        standing = seen.look(float(second), {DOOR: "stuck"} if second % 2 == 0 else {})
        turns.append(DOOR in standing)
    assert turns == [True, False, True, False, True, False, True, False, True, True]
    assert seen.look(10.0, {})[DOOR].chattering
    assert DOOR in seen.look(9.0 + LIMITS.chatter_quiet_s - 0.1, {})
    assert DOOR not in seen.look(9.0 + LIMITS.chatter_quiet_s, {})
    again = seen.look(200.0, {DOOR: "stuck"})
    assert not again[DOOR].chattering


def test_chatter_that_no_delay_would_let_through_is_told() -> None:
    seen = new_filter(on_s=30.0)
    for second in range(9):
        standing = seen.look(float(second), {DOOR: "stuck"} if second % 2 == 0 else {})
    assert standing[DOOR].chattering


def test_many_alarms_within_seconds_are_a_flood_and_the_later_ones_grouped() -> None:
    seen = new_filter()
    many = {AlarmKey("C40", f"slot {n}"): "differs" for n in range(LIMITS.flood_alarms_max + 5)}
    standing = seen.look(0.0, {**many, FATAL: "pressed"})
    assert seen.flood
    assert sum(each.grouped for each in standing.values()) == 5
    assert not standing[FATAL].grouped
    seen.look(LIMITS.flood_window_s - 0.1, many)
    assert seen.flood
    seen.look(LIMITS.flood_window_s, many)
    assert not seen.flood


def test_what_cannot_be_judged_stays_as_it_was() -> None:
    seen = new_filter()
    seen.take_up(DOOR, "from before the restart", 0.0)
    assert seen.look(5.0, {}, lambda key: key == DOOR)[DOOR].text == "from before the restart"
    assert DOOR not in seen.look(6.0, {})
    assert not seen.look(7.0, {}, lambda key: key == DOOR)


def test_an_alarm_taken_up_does_not_count_as_new() -> None:
    seen = new_filter()
    for n in range(50):
        seen.take_up(AlarmKey("C40", f"slot {n}"), "differs", 0.0)
    seen.look(0.0, {})
    assert not seen.flood


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.01, 30.0), st.booleans()), max_size=60))
def test_memory_stays_small_and_quiet_ends_everything(steps: list[tuple[float, bool]]) -> None:
    seen, now_s = new_filter(on_s=1.0, off_s=1.0), 0.0
    for wait_s, holds in steps:
        now_s += wait_s
        seen.look(now_s, {DOOR: "stuck"} if holds else {})
        assert all(len(line.starts_s) <= 1 + 60 / 0.01 for line in seen._lines.values())
    seen.look(now_s + 0.1, {})
    assert seen.look(now_s + 0.1 + LIMITS.chatter_quiet_s, {}) == {}
    seen.look(now_s + 100.0, {})
    assert seen._lines == {}
