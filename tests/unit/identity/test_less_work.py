"""Where work is saved, and that the answers stay the same: mirror images, and looking nearby."""

import numpy as np
import pytest

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from tests.unit.identity.test_sessions import a_face
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.comparing import compared
from vendtower.adapters.identity.engine import Descriptor, Face, Picture, Template
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.nearby import NearbySearch, find_near

LIMITS = FaceLimits()


class OnALine:
    """Describes a face as a point; with its mirror image it lies 3 % nearer to 0."""

    engine, model = "fake", "line"

    def __init__(self, alone: float) -> None:
        self.alone = alone
        self.mirrored: list[bool] = []

    def find(self, _picture: Picture, *, small_too: bool = False) -> list[Face]:
        return []

    def describe(self, _face: Face, *, mirrored: bool = True) -> Descriptor:
        self.mirrored.append(mirrored)
        return np.array([self.alone * (0.97 if mirrored else 1.0)])


@pytest.mark.parametrize(
    ("alone", "also_mirrored", "away"),
    [
        (0.20, False, 0.20),
        (0.489, False, 0.489),
        (0.500, True, 0.4850),
        (0.540, True, 0.5238),
        (0.600, True, 0.582),
        (0.619, True, 0.60043),
        (0.621, False, 0.621),
        (0.90, False, 0.90),
    ],
)
def test_the_mirror_image_is_described_where_it_could_change_the_answer(
    alone: float, also_mirrored: bool, away: float
) -> None:
    engine = OnALine(alone)
    template = Template("fake", "line", np.array([0.0]))
    _, measured = compared(engine, a_face(), template, LIMITS)
    assert measured == pytest.approx(away)
    assert engine.mirrored == ([False, True] if also_mirrored else [False])


class Counting:
    """The engine, with the size of each picture that it was given."""

    def __init__(self, engine: DlibFaces) -> None:
        self.engine, self.model = engine.engine, engine.model
        self.searched: list[tuple[int, bool]] = []
        self._engine = engine

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        self.searched.append((picture.shape[1], small_too))
        return self._engine.find(picture, small_too=small_too)

    def describe(self, face: Face, *, mirrored: bool = True) -> Descriptor:
        return self._engine.describe(face, mirrored=mirrored)


def frames(look: Look, *views: tuple[Person, ...]) -> list[Frame]:
    return [
        Frame(look(*things, frame=number), number + 1, 10.0 + 0.12 * number)
        for number, things in enumerate(views)
    ]


def test_a_face_is_looked_for_where_it_was(engine: DlibFaces, look: Look) -> None:
    counting = Counting(engine)
    search = NearbySearch(counting, LIMITS.score_min)
    turning = [(Person(GRACE_HOPPER, Pose(0.6, yaw_deg=4.0 * n)),) for n in range(6)]
    for frame in frames(look, *turning):
        (near,) = search.find(frame)
        (whole,) = [f for f in engine.find(frame.picture) if f.score >= LIMITS.score_min]
        assert near.nose == pytest.approx(whole.nose, abs=8.0), "in pixels of the whole picture"
        assert near.eyes[0] == pytest.approx(whole.eyes[0], abs=8.0)
        assert near.left == pytest.approx(whole.left, abs=20.0)
    widths = [width for width, _ in counting.searched]
    assert [width == 640 for width in widths] == [True, False, False, True, False, False]
    assert max(width for width in widths if width != 640) < 640 * 0.7


def test_somebody_who_joins_is_noticed(engine: DlibFaces, look: Look) -> None:
    search = NearbySearch(engine, LIMITS.score_min)
    alone = (Person(GRACE_HOPPER, Pose(0.75, x_m=-0.2)),)
    joined = (*alone, Person(EILEEN_COLLINS, Pose(0.76, x_m=0.2)))
    seen = [len(search.find(each)) for each in frames(look, alone, *[joined] * 4)]
    assert seen[0] == 1
    assert 2 in seen[1:4], "by the third picture"


def test_a_face_that_went_elsewhere_is_found_again(engine: DlibFaces, look: Look) -> None:
    search = NearbySearch(engine, LIMITS.score_min)
    left = (Person(GRACE_HOPPER, Pose(0.8, x_m=-0.25)),)
    right = (Person(GRACE_HOPPER, Pose(0.8, x_m=0.25)),)
    first, second, third = frames(look, left, right, ())
    assert search.find(first)[0].nose[0] < 320
    assert search.find(second)[0].nose[0] > 320
    assert search.find(third) == []
    assert search.find_harder(third) == []


def test_a_face_before_the_edge_of_the_picture(engine: DlibFaces, look: Look) -> None:
    picture = look(Person(GRACE_HOPPER, Pose(0.6, x_m=0.2)))
    (face,) = [f for f in engine.find(picture) if f.score >= LIMITS.score_min]
    (again,) = [f for f in find_near(engine, picture, face) if f.score >= LIMITS.score_min]
    assert again.nose == pytest.approx(face.nose, abs=8.0)
    gone = Face(1.0, 900.0, 900.0, 50.0, 50.0, ((905, 910), (935, 910)), (920, 930), face.chip)
    assert find_near(engine, picture, gone) == []
