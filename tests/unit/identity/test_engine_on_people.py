"""The real engine on rendered people: found, and told apart, at many angles, distances, lights."""

import numpy as np
import pytest

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.engine import Descriptor, Face, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces, models_folder
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.model_files import ModelsMissing
from vendtower.adapters.identity.quality import PoorPicture, judge, people_in
from vendtower.domain.identity import CaptureHint, IdentityRefusal

LIMITS = FaceLimits()
OTHER = {GRACE_HOPPER: EILEEN_COLLINS, EILEEN_COLLINS: GRACE_HOPPER}

GOOD_VIEWS: dict[str, tuple[Pose, dict[str, float]]] = {
    "straight": (Pose(0.6), {}),
    "yaw -25": (Pose(0.6, yaw_deg=-25), {}),
    "yaw -15": (Pose(0.6, yaw_deg=-15), {}),
    "yaw 15": (Pose(0.6, yaw_deg=15), {}),
    "yaw 25": (Pose(0.6, yaw_deg=25), {}),
    "pitch -12": (Pose(0.6, pitch_deg=-12), {}),
    "pitch 12": (Pose(0.6, pitch_deg=12), {}),
    "0.4 m": (Pose(0.4), {}),
    "0.9 m": (Pose(0.9), {}),
    "1.1 m": (Pose(1.1), {}),
    "aside": (Pose(0.7, x_m=0.2), {}),
    "light 1.4": (Pose(0.6), {"light": 1.4}),
    "light 0.5": (Pose(0.6), {"light": 0.5}),
    "light 0.3": (Pose(0.6), {"light": 0.3}),
    "blur 2": (Pose(0.6), {"blur_px": 2.0}),
    "noise 12": (Pose(0.6), {"noise": 12.0}),
}


@pytest.mark.parametrize("view", GOOD_VIEWS)
@pytest.mark.parametrize("who", PORTRAITS)
def test_genuine_matches_and_the_other_does_not(
    who: str, view: str, engine: DlibFaces, enrolled: dict[str, Descriptor], look: Look
) -> None:
    pose, rest = GOOD_VIEWS[view]
    picture = look(Person(who, pose), **rest)
    face = judge(picture, people_in(engine.find(picture), LIMITS), LIMITS)
    assert isinstance(face, Face), face
    descriptor = engine.describe(face)
    assert distance(descriptor, enrolled[who]) < LIMITS.distance_max - 0.05
    assert distance(descriptor, enrolled[OTHER[who]]) > LIMITS.distance_max + LIMITS.grey_zone


POOR_VIEWS: dict[str, tuple[Pose, dict[str, float], CaptureHint, IdentityRefusal]] = {
    "dark": (Pose(0.6), {"light": 0.15}, CaptureHint.MORE_LIGHT, IdentityRefusal.TOO_DARK),
    "glaring": (Pose(0.5), {"light": 1.8}, CaptureHint.LESS_LIGHT, IdentityRefusal.TIMED_OUT),
    "far": (Pose(1.45), {}, CaptureHint.COME_CLOSER, IdentityRefusal.TIMED_OUT),
    "near": (Pose(0.27), {}, CaptureHint.STEP_BACK, IdentityRefusal.TIMED_OUT),
    "blurred": (Pose(0.6), {"blur_px": 5.0}, CaptureHint.HOLD_STILL, IdentityRefusal.TIMED_OUT),
    "turned": (
        Pose(0.6, yaw_deg=55),
        {},
        CaptureHint.LOOK_AT_CAMERA,
        IdentityRefusal.NO_FACE,
    ),
}


@pytest.mark.parametrize("view", POOR_VIEWS)
@pytest.mark.parametrize("who", PORTRAITS)
def test_a_poor_picture_is_not_judged_by(
    who: str, view: str, engine: DlibFaces, look: Look
) -> None:
    pose, rest, hint, refusal = POOR_VIEWS[view]
    picture = look(Person(who, pose), **rest)
    sight = judge(picture, people_in(engine.find(picture), LIMITS), LIMITS)
    assert sight == PoorPicture(hint, refusal)


def test_two_people_side_by_side_are_several(engine: DlibFaces, look: Look) -> None:
    picture = look(
        Person(GRACE_HOPPER, Pose(0.75, x_m=-0.18)), Person(EILEEN_COLLINS, Pose(0.76, x_m=0.18))
    )
    sight = judge(picture, people_in(engine.find(picture), LIMITS), LIMITS)
    assert sight == PoorPicture(CaptureHint.ONE_PERSON_ONLY, IdentityRefusal.SEVERAL_FACES)


def test_a_passer_by_far_behind_does_not_count(engine: DlibFaces, look: Look) -> None:
    picture = look(
        Person(GRACE_HOPPER, Pose(0.5, x_m=-0.12)), Person(EILEEN_COLLINS, Pose(1.5, x_m=0.5))
    )
    sight = judge(picture, people_in(engine.find(picture), LIMITS), LIMITS)
    assert isinstance(sight, Face)


@pytest.mark.parametrize("black", [False, True])
def test_an_empty_or_covered_view_has_no_face(black: bool, engine: DlibFaces, look: Look) -> None:
    picture = look(black=black)
    sight = judge(picture, people_in(engine.find(picture), LIMITS), LIMITS)
    expected = IdentityRefusal.TOO_DARK if black else IdentityRefusal.NO_FACE
    assert isinstance(sight, PoorPicture)
    assert sight.refusal is expected


def test_a_far_face_is_found_when_asked_for(engine: DlibFaces, look: Look) -> None:
    picture = look(Person(EILEEN_COLLINS, Pose(2.0)))
    assert people_in(engine.find(picture), LIMITS) == []
    (face,) = people_in(engine.find(picture, small_too=True), LIMITS)
    assert face.eye_distance_px < LIMITS.eye_distance_px_min


def test_the_nose_follows_the_turn_of_the_head(engine: DlibFaces, look: Look) -> None:
    turns = []
    for yaw_deg in (-20, -10, 0, 10, 20):
        (face,) = engine.find(look(Person(EILEEN_COLLINS, Pose(0.6, yaw_deg=yaw_deg))))
        turns.append(face.turn)
    assert turns == sorted(turns)
    assert turns[0] < -0.08
    assert turns[-1] > 0.08


def test_a_large_picture_gives_the_same_face(
    engine: DlibFaces, enrolled: dict[str, Descriptor], look: Look
) -> None:
    picture = look(Person(GRACE_HOPPER, Pose(0.6)))
    large = np.kron(picture, np.ones((2, 2, 1), np.uint8))
    (face,) = engine.find(large)
    (small,) = engine.find(picture)
    assert face.eye_distance_px == pytest.approx(2 * small.eye_distance_px, rel=0.1)
    assert distance(engine.describe(face), enrolled[GRACE_HOPPER]) < 0.3


def test_the_same_picture_gives_the_same_numbers(engine: DlibFaces, look: Look) -> None:
    picture = look(Person(GRACE_HOPPER, Pose(0.6)))
    one, two = (engine.describe(engine.find(picture)[0]) for _ in range(2))
    assert np.array_equal(one, two)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelsMissing, match="face_recognition_models is not installed"):
        models_folder()
