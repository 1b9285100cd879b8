"""Whether a movement follows a challenge: direction, size, time; and how challenges are chosen."""

import random

import pytest

from vendtower.adapters.identity.challenge import (
    Following,
    Reached,
    Stance,
    angle_deg,
    choose,
)
from vendtower.adapters.identity.limits import LivenessLimits
from vendtower.domain.liveness import ChallengeKind, ChallengeOutcome

LIMITS = LivenessLimits()
LEFT, RIGHT, CLOSER = ChallengeKind.TURN_LEFT, ChallengeKind.TURN_RIGHT, ChallengeKind.COME_CLOSER
ASKED_S = 10.0
Answer = ChallengeOutcome | Reached | None


def follow(kind: ChallengeKind, *seen: tuple[float, float, float]) -> list[Answer]:
    """Each ``(seconds after the prompt, turn, eye distance)``; the start is 0.02 and 60 px."""
    following = Following(kind, Stance(ASKED_S, 0.02, 60.0), ASKED_S, LIMITS)
    return [following.see(Stance(ASKED_S + after, turn, px)) for after, turn, px in seen]


def test_left_is_the_persons_own_left() -> None:
    """Which the camera sees on the picture's right, where the offset of the nose is above 0."""
    assert follow(LEFT, (0.8, 0.10, 60), (0.9, 0.17, 57)) == [None, Reached.REACHED]
    assert follow(RIGHT, (0.8, -0.06, 60), (0.9, -0.13, 57)) == [None, Reached.REACHED]


@pytest.mark.parametrize(
    ("kind", "turn"), [(LEFT, -0.14), (RIGHT, 0.18), (CLOSER, 0.18), (CLOSER, -0.14)]
)
def test_the_other_way(kind: ChallengeKind, turn: float) -> None:
    assert follow(kind, (0.8, turn, 58)) == [ChallengeOutcome.WRONG_WAY]


def test_too_little_is_nothing_until_it_is_too_late() -> None:
    answers = follow(LEFT, (0.8, 0.12, 59), (2.0, 0.14, 59), (4.01, 0.14, 59))
    assert answers == [None, None, ChallengeOutcome.TOO_LATE]
    assert follow(LEFT, (2.1, 0.03, 60), (2.3, 0.03, 60)) == [None, ChallengeOutcome.TOO_LATE]


def test_nobody_reacts_within_a_quarter_second() -> None:
    assert follow(LEFT, (0.2, 0.10, 60)) == [ChallengeOutcome.TOO_EARLY]
    assert follow(CLOSER, (0.2, 0.02, 66)) == [ChallengeOutcome.TOO_EARLY]
    assert follow(LEFT, (0.26, 0.10, 60)) == [None]


def test_closer_is_measured_by_the_eyes() -> None:
    assert follow(CLOSER, (0.9, 0.02, 66), (1.0, 0.02, 70)) == [None, Reached.REACHED]


def test_the_reaction_is_kept() -> None:
    following = Following(LEFT, Stance(ASKED_S, 0.0, 60.0), ASKED_S, LIMITS)
    assert following.reaction_s is None
    following.see(Stance(ASKED_S + 0.7, 0.08, 60.0))
    following.see(Stance(ASKED_S + 0.9, 0.20, 55.0))
    assert following.reaction_s == pytest.approx(0.7)
    assert following.closer == pytest.approx(55 / 60)


def test_the_angle_is_signed_and_grows() -> None:
    assert angle_deg(0.0) == 0.0
    assert 15 < angle_deg(0.13) < 19
    assert angle_deg(-0.25) == -angle_deg(0.25)


def test_challenges_are_of_every_kind_and_always_hold_a_turn() -> None:
    seen = set()
    for seed in range(200):
        chance = random.Random(seed)
        first = choose(chance, [], last=False, may_come_closer=True)
        second = choose(chance, [first], last=True, may_come_closer=True)
        seen.add((first, second))
        assert {first, second} & {LEFT, RIGHT}
    assert len(seen) == 8, "all pairs but coming closer twice"


def test_a_single_challenge_is_a_turn() -> None:
    kinds = {choose(random.Random(seed), [], last=True, may_come_closer=True) for seed in range(50)}
    assert kinds == {LEFT, RIGHT}


def test_who_is_near_is_not_asked_to_come_closer() -> None:
    kinds = {
        choose(random.Random(seed), [LEFT], last=True, may_come_closer=False) for seed in range(50)
    }
    assert kinds == {LEFT, RIGHT}
