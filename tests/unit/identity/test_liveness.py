"""The whole check on rendered people, in virtual time: who passes, who does not and why."""

import random
from collections.abc import Callable

import pytest

from hardware_sim.people.acting import Actor, Conditions, Follower, Manner, Presented, present
from hardware_sim.people.attempts import RenderedAttempt, RenderedAttempts
from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.people.relief import Person
from hardware_sim.people.renderer import View
from vendtower.adapters.identity.attack_bench.trial import Rig
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.engine import Face
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import Limits
from vendtower.domain.identity import FaceMatched, FaceRefused, IdentityRefusal
from vendtower.domain.liveness import ChallengeKind, ChallengeOutcome, LivenessRecord

QUICK = Manner(reaction_s=(0.5, 0.1), turn_deg=(20.0, 28.0), wrong_way=0.0)
ATTACK = IdentityRefusal.PRESENTATION_ATTACK_SUSPECTED
NOT_FOLLOWED = IdentityRefusal.CHALLENGE_NOT_FOLLOWED


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig(DlibFaces(), Limits(), RenderedAttempts())


def follower(shape: Callable[[Pose], Thing], manner: Manner = QUICK) -> Follower:
    return Follower(shape, Conditions(), random.Random(3), manner)


def hopper(pose: Pose) -> Thing:
    return Person(GRACE_HOPPER, pose)


def refusal(rig: Rig, actor: Actor, seed: int = 4) -> tuple[IdentityRefusal, LivenessRecord]:
    result, _ = rig.check(RenderedAttempt(actor, seed), GRACE_HOPPER, seed)
    assert isinstance(result, FaceRefused)
    assert result.record is not None
    assert result.record.liveness is not None
    return result.reason, result.record.liveness


def test_the_record_of_a_person_who_follows(rig: Rig) -> None:
    result, took_s = rig.check(RenderedAttempt(follower(hopper), 4), GRACE_HOPPER, seed=4)
    assert isinstance(result, FaceMatched)
    record = result.record.liveness
    assert record is not None
    assert record.wanted == len(record.challenges) == 2
    assert took_s < 10
    for challenge in record.challenges:
        assert challenge.outcome is ChallengeOutcome.FOLLOWED
        assert challenge.reaction_s is not None
        assert challenge.reaction_s > 0.25
        if challenge.kind is ChallengeKind.COME_CLOSER:
            assert challenge.closer >= 1.15
            continue
        side = 1 if challenge.kind is ChallengeKind.TURN_LEFT else -1
        assert side * challenge.angle_deg > 15
        assert challenge.planarity_residual is not None
        assert challenge.relief is not None
        assert challenge.planarity_residual >= 0.015
        assert side * challenge.relief >= 0.05
        assert challenge.points >= 30


@pytest.mark.parametrize(
    "what", [Presented.FLAT_PRINT, Presented.BENT_PRINT, Presented.STILL_SCREEN]
)
def test_pictures_do_not_pass(what: Presented, rig: Rig) -> None:
    actor = present(what, GRACE_HOPPER, Conditions(), random.Random(8))
    reason, record = refusal(rig, actor)
    assert reason in (ATTACK, NOT_FOLLOWED)
    assert all(each.outcome is not ChallengeOutcome.FOLLOWED for each in record.challenges)


class Exchange:
    """The customer's face for the match; another living head for the challenge."""

    def __init__(self) -> None:
        self._asked = False
        self._person = follower(self._shape)

    def _shape(self, pose: Pose) -> Thing:
        return Person(EILEEN_COLLINS if self._asked else GRACE_HOPPER, pose)

    def ask(self, hint: str, at_s: float) -> None:
        self._asked = self._asked or hint.startswith(("turn", "come"))
        self._person.ask(hint, at_s)

    def view(self, at_s: float) -> View:
        return self._person.view(at_s)


def test_another_living_head_does_not_pass_for_the_customer(rig: Rig) -> None:
    reason, record = refusal(rig, Exchange())
    assert reason in (ATTACK, NOT_FOLLOWED)
    assert all(each.outcome is not ChallengeOutcome.FOLLOWED for each in record.challenges)


class Contrary(Follower):
    """Mixes up left and right each time."""

    def ask(self, hint: str, at_s: float) -> None:
        swapped = {"turn_left": "turn_right", "turn_right": "turn_left"}
        super().ask(swapped.get(hint, "turn_left" if hint == "come_closer" else hint), at_s)


def test_the_mirrored_answer_is_the_wrong_way(rig: Rig) -> None:
    contrary = Contrary(hopper, Conditions(), random.Random(3), QUICK)
    reason, record = refusal(rig, contrary)
    assert reason is NOT_FOLLOWED
    assert [each.outcome for each in record.challenges] == [ChallengeOutcome.WRONG_WAY] * 2


class Statue:
    """Looks straight ahead whatever the screen says; ``place`` moves it by the prompt's number."""

    def __init__(self, place: Callable[[int, float], Pose]) -> None:
        self._place = place
        self._prompts = 0

    def ask(self, hint: str, at_s: float) -> None:
        self._prompts += hint.startswith(("turn", "come"))

    def view(self, at_s: float) -> View:
        return View((hopper(self._place(self._prompts, at_s)),))


def test_a_face_that_does_nothing_is_too_late(rig: Rig) -> None:
    reason, record = refusal(rig, Statue(lambda _prompts, _at_s: Pose(0.6)))
    assert reason is NOT_FOLLOWED
    assert [each.outcome for each in record.challenges] == [ChallengeOutcome.TOO_LATE] * 2
    assert all(each.reaction_s is None for each in record.challenges)
    assert record.wanted == 4, "each mistake is made up for by one more"


def test_a_face_that_jumps_is_not_one_face(rig: Rig) -> None:
    jumping = Statue(lambda prompts, _at_s: Pose(0.6, x_m=0.12 * (prompts % 2)))
    _, record = refusal(rig, jumping)
    assert record.challenges[0].outcome is ChallengeOutcome.INTERRUPTED


def test_a_face_that_never_rests_is_asked_nothing(rig: Rig) -> None:
    restless = Statue(lambda _prompts, at_s: Pose(0.6, yaw_deg=18 * (int(at_s / 0.35) % 2)))
    reason, record = refusal(rig, restless)
    assert reason is NOT_FOLLOWED
    assert record.challenges == ()


def test_who_leaves_is_not_refused_for_it(rig: Rig) -> None:
    def gone(_prompts: int, at_s: float) -> Pose:
        return Pose(0.6, x_m=0.0 if at_s < 1.3 else 9.0)

    result, took_s = rig.check(
        RenderedAttempt(Statue(gone), 4), GRACE_HOPPER, seed=4, timeout_s=5.0
    )
    assert isinstance(result, FaceRefused)
    assert result.reason is IdentityRefusal.NO_FACE
    assert took_s == pytest.approx(5.0, abs=0.5)


class Flat:
    """A depth camera that sees no depth."""

    def is_solid(self, frame: Frame, face: Face) -> bool | None:
        return False


def test_a_depth_camera_has_its_say(rig: Rig) -> None:
    result, _ = rig.check(RenderedAttempt(follower(hopper), 4), GRACE_HOPPER, seed=4, depth=Flat())
    assert isinstance(result, FaceRefused)
    assert result.reason is ATTACK
