"""From distances to one answer."""

import pytest

from vendtower.adapters.identity.decision import OneToFew, OneToOne, Recognised, Verdict
from vendtower.adapters.identity.limits import FaceLimits, Limits

LIMITS = FaceLimits()


def decide(*distances: float) -> Verdict | None:
    decision = OneToOne(LIMITS)
    verdict = None
    for distance in distances:
        assert verdict is None, "decided before the last frame"
        verdict = decision.add(distance)
    return verdict


@pytest.mark.parametrize(
    ("distances", "verdict"),
    [
        ((0.1,), None),
        ((0.1, 0.1), None),
        ((0.3, 0.3, 0.3), Verdict(True, 0.3, 3)),
        ((0.53, 0.53, 0.53), Verdict(True, 0.53, 3)),
        ((0.2, 0.9, 0.3), Verdict(True, 0.3, 3)),
        ((0.7, 0.7, 0.7), Verdict(False, 0.7, 3)),
        ((0.2, 0.7, 0.7), Verdict(False, 0.7, 3)),
        ((0.55, 0.55, 0.55), None),
        ((0.55, 0.55, 0.55, 0.30), None),
        ((0.55, 0.55, 0.55, 0.25, 0.25, 0.25), Verdict(True, 0.4, 6)),
        ((0.55,) * 7, Verdict(False, 0.55, 7)),
    ],
)
def test_one_to_one(distances: tuple[float, ...], verdict: Verdict | None) -> None:
    assert decide(*distances) == verdict


def test_another_person_starts_the_count_again() -> None:
    decision = OneToOne(LIMITS)
    decision.add(0.2)
    decision.add(0.2)
    decision.start_again()
    assert decision.add(0.2) is None


def few(*frames: dict[str, float]) -> Recognised | None:
    decision = OneToFew(LIMITS)
    found = None
    for frame in frames:
        found = decision.add(frame)
    return found


def test_one_to_few_takes_the_clear_best() -> None:
    frame = {"a": 0.3, "b": 0.7}
    assert few(frame, frame) is None
    assert few(frame, frame, frame) == Recognised("a", 0.3, 3)


def test_one_to_few_is_stricter_than_one_to_one() -> None:
    frame = {"a": 0.45, "b": 0.8}
    assert few(frame, frame, frame) is None
    assert few(*[{"a": 0.42}] * 3) == Recognised("a", 0.42, 3)


def test_one_to_few_wants_a_margin_to_the_second_best() -> None:
    """Twins and look-alikes among the due are left to code and staff."""
    assert few(*[{"a": 0.30, "b": 0.35}] * 7) is None
    assert few(*[{"a": 0.30, "b": 0.37}] * 3) == Recognised("a", 0.30, 3)


def test_one_to_few_forgets_old_frames() -> None:
    stranger, customer = {"a": 0.7}, {"a": 0.2}
    assert few(*[stranger] * 20, *[customer] * 3) is None
    assert few(*[stranger] * 20, *[customer] * 4) == Recognised("a", 0.2, 7)


def test_nobody_due_is_nobody_recognised() -> None:
    assert few({}, {}, {}) is None


def test_limits_travel_to_the_process_unchanged() -> None:
    limits = Limits(face=FaceLimits(distance_max=0.47, frames_min=4))
    assert Limits.from_json(limits.to_json()) == limits
