"""Single pictures as people take them: every one of these shows a face, and it is found."""

import cv2
import numpy as np
import pytest

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.engine import Descriptor, Picture, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.stills import Acquired, acquire, decode
from vendtower.adapters.identity.templates import enrolment_trial

LIMITS = FaceLimits()


def encoded(picture: cv2.typing.MatLike, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def found(engine: DlibFaces, data: bytes) -> Acquired:
    acquired = acquire(engine, decode(data), LIMITS)
    assert acquired is not None
    return acquired


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that says how the camera was held."""
    tiff = b"II*\0\x08\0\0\0\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0])
    content = b"Exif\0\0" + tiff + b"\0\0\0\0"
    return jpeg[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + jpeg[2:]


@pytest.fixture(scope="module")
def hopper() -> Picture:
    return PORTRAITS[GRACE_HOPPER].picture()


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_picture_on_its_side_without_a_word_about_it(
    turns: int, engine: DlibFaces, enrolled: dict[str, Descriptor], hopper: Picture
) -> None:
    acquired = found(engine, encoded(np.rot90(hopper, turns)))
    assert acquired.found_by == "tilted"
    assert distance(engine.describe(acquired.face), enrolled[GRACE_HOPPER]) < 0.25


def test_exif_says_which_side_is_up(engine: DlibFaces, hopper: Picture) -> None:
    data = with_orientation(encoded(np.rot90(hopper)), 6)
    assert decode(data).picture.shape[0] > decode(data).picture.shape[1]
    assert found(engine, data).found_by == "plain"


@pytest.mark.parametrize("side_px", [100, 4000])
def test_small_and_large_files(
    side_px: int, engine: DlibFaces, enrolled: dict[str, Descriptor], hopper: Picture
) -> None:
    """A hundred pixels of nothing but face, and twelve million of the whole portrait."""
    picture = hopper[90:330, 150:380] if side_px == 100 else hopper
    scale = side_px / max(picture.shape[:2])
    acquired = found(engine, encoded(cv2.resize(picture, None, fx=scale, fy=scale)))
    eyes_px = 84.0 * scale
    assert acquired.eye_distance_px == pytest.approx(eyes_px, rel=0.1), "in pixels of the file"
    assert distance(engine.describe(acquired.face), enrolled[GRACE_HOPPER]) < 0.4


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_grey_pictures(suffix: str, engine: DlibFaces, hopper: Picture) -> None:
    grey = cv2.cvtColor(hopper, cv2.COLOR_BGR2GRAY)
    assert found(engine, encoded(grey, suffix)).face.score > LIMITS.certain_score_min


def test_colours_with_transparency_and_sixteen_bits(engine: DlibFaces, hopper: Picture) -> None:
    clear = cv2.cvtColor(hopper, cv2.COLOR_BGR2BGRA)
    assert found(engine, encoded(clear, ".png")).found_by == "plain"
    deep = hopper.astype(np.uint16) * 257
    assert found(engine, encoded(deep, ".png")).found_by == "plain"


HARD_VIEWS: dict[str, tuple[Pose, dict[str, float]]] = {
    "turned": (Pose(0.6, yaw_deg=35), {}),
    "tilted": (Pose(0.6, roll_deg=50), {}),
    "turned, tilted, dark": (Pose(0.6, yaw_deg=-20, roll_deg=30), {"light": 0.3}),
    "far, blurred": (Pose(1.9), {"blur_px": 1.0}),
}


@pytest.mark.slow
@pytest.mark.parametrize("view", HARD_VIEWS)
@pytest.mark.parametrize("who", PORTRAITS)
def test_faces_that_a_camera_would_ask_to_move(
    who: str, view: str, engine: DlibFaces, enrolled: dict[str, Descriptor], look: Look
) -> None:
    pose, rest = HARD_VIEWS[view]
    acquired = found(engine, encoded(look(Person(who, pose), **rest)))
    assert not acquired.others
    other = next(name for name in PORTRAITS if name != who)
    descriptor = engine.describe(acquired.face)
    assert distance(descriptor, enrolled[who]) < distance(descriptor, enrolled[other])


def test_the_largest_of_several_is_taken_and_the_others_are_counted(
    engine: DlibFaces, enrolled: dict[str, Descriptor], look: Look
) -> None:
    picture = look(
        Person(GRACE_HOPPER, Pose(0.7, x_m=-0.16)), Person(EILEEN_COLLINS, Pose(0.9, x_m=0.25))
    )
    acquired = found(engine, encoded(picture))
    assert acquired.others == 1
    assert distance(engine.describe(acquired.face), enrolled[GRACE_HOPPER]) < LIMITS.distance_max


@pytest.mark.slow
def test_everything_wrong_with_a_picture_is_said(engine: DlibFaces, look: Look) -> None:
    """What staff read when a customer's picture was not taken."""

    def findings(*people: Person, **view: float) -> str:
        trial = enrolment_trial(engine, encoded(look(*people, **view)), LIMITS)
        return "; ".join(trial.findings)

    hopper = Person(GRACE_HOPPER, Pose(0.6))
    assert findings(hopper) == ""
    assert "face too dark: mean grey level" in findings(hopper, light=0.15)
    assert "face overexposed:" in findings(hopper, light=3.0)
    assert "face blurred: sharpness" in findings(hopper, blur_px=5.0)
    assert "px between the eyes, expected at least 30 px" in findings(
        Person(GRACE_HOPPER, Pose(1.9))
    )
    both = findings(Person(GRACE_HOPPER, Pose(1.9)), light=0.15)
    assert "too small" in both
    assert "too dark" in both


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_texture_has_no_face(seed: int, engine: DlibFaces) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (12, 16, 3)).astype(np.uint8)
    texture = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    assert acquire(engine, decode(encoded(texture)), LIMITS, thorough=seed == 1) is None
