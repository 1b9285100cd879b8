"""Codes at the kiosk: typed, guessed, spent; the rules without a tower."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from vendtower.domain.code_guard import (
    FORGET_S,
    KIOSK_LIMITS,
    TOWER,
    TOWER_LIMITS,
    GuessCount,
    kiosk_place,
)
from vendtower.domain.keypad import DIGITS_MAX, KEYS, Typed
from vendtower.domain.spent_code import SpentCode, whose

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def typed(keys: str) -> Typed:
    entry = Typed()
    for key in keys:
        entry = entry.after(key)
    return entry


@pytest.mark.parametrize(
    ("keys", "digits", "complete"),
    [
        ("", "", False),
        ("4711", "4711", False),
        ("4711#", "4711", True),
        ("47*11#", "411", True),
        ("***#", "", False),
        ("4711#99*", "4711", True),
        ("1" * 40, "1" * DIGITS_MAX, False),
    ],
)
def test_typing(keys: str, digits: str, complete: bool) -> None:
    assert typed(keys) == Typed(digits, complete)


@pytest.mark.parametrize("key", ["", "A", "12", " ", "\u0663"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="no key of the pad") as caught:
        Typed().after(key)
    assert not key.strip() or key not in str(caught.value).replace(KEYS, "")


def test_what_was_typed_is_in_no_repr() -> None:
    assert "4711" not in repr(typed("4711#"))


def fail(place: str, times: int, apart_s: float = 1.0) -> GuessCount:
    count = GuessCount(place)
    for number in range(times):
        count = count.failed(NOW + timedelta(seconds=number * apart_s))
    return count


@pytest.mark.parametrize(
    ("failures", "pause_s"), [(1, 0), (3, 0), (4, 30), (5, 60), (6, 120), (9, 900), (500, 900)]
)
def test_the_pause_at_a_kiosk_doubles(failures: int, pause_s: float) -> None:
    assert fail(kiosk_place(2), failures).pause_s == pause_s
    assert KIOSK_LIMITS.pause_s(failures) == pause_s


def test_a_tower_is_more_patient_than_a_kiosk() -> None:
    assert fail(TOWER, 11).pause_s == 0
    assert fail(TOWER, 12).pause_s == TOWER_LIMITS.pause_first_s
    assert fail(TOWER, 300).pause_s == TOWER_LIMITS.pause_s_max


def test_long_after_the_last_one_it_begins_anew() -> None:
    count = fail(kiosk_place(1), 7)
    assert count.failed_utc is not None
    later = count.failed(count.failed_utc + timedelta(seconds=FORGET_S + 1))
    assert (later.failures, later.pause_s) == (1, 0)


@pytest.mark.parametrize(
    ("after_s", "left_s"), [(0, 30), (12, 18), (30, 0), (9999, 0), (-5000, 30)]
)
def test_what_is_left_of_a_pause(after_s: float, left_s: float) -> None:
    """A clock that was set back makes no pause longer than it was meant to be."""
    count = fail(kiosk_place(1), 4)
    assert count.failed_utc is not None
    assert count.left_s(count.failed_utc + timedelta(seconds=after_s)) == left_s
    assert GuessCount("kiosk 1").left_s(NOW) == 0


class Asked:
    """A holder that counts how often it was compared."""

    def __init__(self, fits: bool) -> None:
        self.fits = fits
        self.times = 0

    def accepts_code(self, code: str) -> bool:
        self.times += 1
        return self.fits


def test_every_code_is_compared_whichever_fits() -> None:
    holders = [Asked(fits) for fits in (False, True, False, True)]
    assert whose(holders, "471193") is holders[1]
    assert [each.times for each in holders] == [1, 1, 1, 1]
    assert whose([], "471193") is None


def test_a_spent_code_is_known_again() -> None:
    spent = SpentCode(hashlib.sha256(b"s471193").hexdigest(), "s", "R-1", NOW)
    assert spent.accepts_code("471193")
    assert not spent.accepts_code("471194")
    assert not spent.accepts_code("\ud800"), "a code that is no text fits nobody"
