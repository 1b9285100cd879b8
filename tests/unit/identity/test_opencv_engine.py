"""The OpenCV engine: the real detector, and a small network in the recogniser's place."""

from pathlib import Path

import numpy as np
import pytest

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from tests.model_folder import YUNET_MISSING, models_in, pinned, tiny_sface, yunet_path
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.engine import NotComparable, Template, compare, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.faces_opencv import OpenCvFaces
from vendtower.adapters.identity.limits import face_limits
from vendtower.adapters.identity.model_files import SFACE, YUNET, ModelsMissing
from vendtower.adapters.identity.quality import PoorPicture, judge, people_in
from vendtower.adapters.identity.templates import make_template
from vendtower.domain.identity import CaptureHint

LIMITS = face_limits("opencv")
REAL_YUNET = yunet_path()

pytestmark = pytest.mark.skipif(REAL_YUNET is None, reason=YUNET_MISSING)


def real_yunet() -> Path:
    assert REAL_YUNET is not None
    return REAL_YUNET


@pytest.fixture(scope="module")
def opencv(tmp_path_factory: pytest.TempPathFactory) -> OpenCvFaces:
    directory = tmp_path_factory.mktemp("models")
    return OpenCvFaces(directory, models_in(directory, real_yunet()))


@pytest.mark.parametrize("who", PORTRAITS)
@pytest.mark.parametrize(
    "pose", [Pose(0.6), Pose(0.6, yaw_deg=20), Pose(0.6, roll_deg=25), Pose(1.0, pitch_deg=10)]
)
def test_a_person_is_found_and_taken(who: str, pose: Pose, opencv: OpenCvFaces, look: Look) -> None:
    picture = look(Person(who, pose))
    (face,) = people_in(opencv.find(picture), LIMITS)
    assert judge(picture, [face], LIMITS) is face
    assert face.chip.shape == (112, 112, 3)
    (left_x, _), (right_x, _) = face.eyes
    assert left_x < face.nose[0] < right_x
    assert np.linalg.norm(opencv.describe(face)) == pytest.approx(1.0)


def test_the_eyes_are_where_dlib_sees_them(
    opencv: OpenCvFaces, engine: DlibFaces, look: Look
) -> None:
    picture = look(Person(EILEEN_COLLINS, Pose(0.6)))
    ours, dlibs = opencv.find(picture)[0], engine.find(picture)[0]
    assert np.abs(np.array(ours.eyes) - np.array(dlibs.eyes)).max() < 0.1 * ours.eye_distance_px


def test_colours_and_sides_are_not_swapped(opencv: OpenCvFaces, look: Look) -> None:
    """The chip is what the picture shows; a mirrored picture gives the same description."""
    picture = look(Person(EILEEN_COLLINS, Pose(0.5)))
    (face,) = opencv.find(picture)
    x, y = (round(value) for value in face.nose)
    around = picture[y - 10 : y + 10, x - 10 : x + 10].mean(axis=(0, 1))[::-1]
    assert np.abs(face.chip[60:80, 50:62].mean(axis=(0, 1)) - around).max() < 40
    (mirrored,) = opencv.find(np.ascontiguousarray(picture[:, ::-1]))
    assert distance(opencv.describe(face), opencv.describe(mirrored)) < 0.1


def test_distance_is_that_of_the_cosine(opencv: OpenCvFaces) -> None:
    one, other = (
        make_template(opencv, PORTRAITS[name].jpeg(), LIMITS)
        for name in (GRACE_HOPPER, EILEEN_COLLINS)
    )
    cosine = float(one.descriptor @ other.descriptor)
    assert compare(one, other) == pytest.approx(np.sqrt(2 - 2 * cosine))
    assert compare(one, one) == 0.0


def test_hints_are_the_same_as_with_dlib(opencv: OpenCvFaces, look: Look) -> None:
    for pose, hint in (
        (Pose(1.6), CaptureHint.COME_CLOSER),
        (Pose(0.6, yaw_deg=55), CaptureHint.LOOK_AT_CAMERA),
    ):
        picture = look(Person(GRACE_HOPPER, pose))
        sight = judge(picture, people_in(opencv.find(picture), LIMITS), LIMITS)
        assert isinstance(sight, PoorPicture)
        assert sight.hint is hint
    empty = look()
    assert people_in(opencv.find(empty, small_too=True), LIMITS) == []


def test_templates_of_two_engines_are_never_compared(
    opencv: OpenCvFaces, engine: DlibFaces
) -> None:
    portrait = PORTRAITS[GRACE_HOPPER].jpeg()
    ours = make_template(opencv, portrait, LIMITS)
    dlibs = make_template(engine, portrait, face_limits("dlib"))
    assert len(ours.descriptor) == len(dlibs.descriptor) == 128, "only the names keep them apart"
    with pytest.raises(NotComparable, match=r"opencv .* and dlib .* not comparable"):
        compare(ours, dlibs)
    with pytest.raises(NotComparable):
        compare(ours, Template("opencv", "another network", ours.descriptor))


def test_a_missing_or_other_file_is_named_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ModelsMissing, match=f"{YUNET.name}: not in .* models install"):
        OpenCvFaces(tmp_path)
    (tmp_path / YUNET.name).write_bytes(real_yunet().read_bytes())
    with pytest.raises(ModelsMissing, match=f"{SFACE.name}: not in"):
        OpenCvFaces(tmp_path)
    other = tiny_sface()
    (tmp_path / SFACE.name).write_bytes(other)
    wrong = rf"found {len(other)} bytes with sha256 \w+, expected 38696353 bytes with .*0ba9fbfa"
    with pytest.raises(ModelsMissing, match=wrong):
        OpenCvFaces(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a network", "cannot be loaded"),
        (tiny_sface(numbers=64), r"gives \(64,\) numbers, expected 128"),
    ],
)
def test_a_file_that_is_no_such_network_is_refused(
    content: bytes, message: str, tmp_path: Path
) -> None:
    models = dict(models_in(tmp_path, real_yunet()))
    (tmp_path / SFACE.name).write_bytes(content)
    models[SFACE.name] = pinned(SFACE, content)
    with pytest.raises(ModelsMissing, match=message):
        OpenCvFaces(tmp_path, models)


def test_dlib_asks_yunet_first_where_it_is_installed(engine: DlibFaces, look: Look) -> None:
    picture = look(Person(EILEEN_COLLINS, Pose(0.6, yaw_deg=40)))
    with_yunet = DlibFaces(models_directory=real_yunet().parent)
    (face,) = with_yunet.find_hard(picture)
    (other,) = engine.find_hard(picture)
    assert face.score < 1.0 < other.score, "scores of YuNet end at 1, those of MMOD go beyond"
    assert distance(engine.describe(face), engine.describe(other)) < 0.2


def test_dlib_goes_on_without_a_wrong_yunet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, look: Look
) -> None:
    (tmp_path / YUNET.name).write_bytes(b"something else")
    faces = DlibFaces(models_directory=tmp_path)
    assert "goes on without YuNet" in caplog.text
    assert len(faces.find(look(Person(GRACE_HOPPER, Pose(0.6))))) == 1
