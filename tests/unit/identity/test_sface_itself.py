"""The OpenCV engine with the real SFace: where the file is, it tells two people apart.

At the limits of `face_limits`, on the views that dlib is tried with.

Its weights are not part of this repository. `tests/unit/identity/test_opencv_engine.py` covers
everything but what the numbers mean.
"""

import pytest

from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from tests.model_folder import SFACE_MISSING, real_models
from tests.unit.identity.conftest import Look
from tests.unit.identity.test_engine_on_people import GOOD_VIEWS, OTHER
from vendtower.adapters.identity.engine import Descriptor, distance
from vendtower.adapters.identity.faces_opencv import OpenCvFaces
from vendtower.adapters.identity.limits import face_limits
from vendtower.adapters.identity.quality import judge, people_in
from vendtower.adapters.identity.templates import make_template

MODELS = real_models()
LIMITS = face_limits("opencv")

pytestmark = pytest.mark.skipif(MODELS is None, reason=SFACE_MISSING)


@pytest.fixture(scope="module")
def sface() -> OpenCvFaces:
    assert MODELS is not None
    return OpenCvFaces(MODELS)


@pytest.fixture(scope="module")
def customers(sface: OpenCvFaces) -> dict[str, Descriptor]:
    return {
        name: make_template(sface, portrait.jpeg(), LIMITS).descriptor
        for name, portrait in PORTRAITS.items()
    }


@pytest.mark.parametrize("view", GOOD_VIEWS)
@pytest.mark.parametrize("who", [GRACE_HOPPER, EILEEN_COLLINS])
def test_genuine_matches_and_the_other_does_not(
    who: str, view: str, sface: OpenCvFaces, customers: dict[str, Descriptor], look: Look
) -> None:
    pose, rest = GOOD_VIEWS[view]
    picture = look(Person(who, pose), **rest)
    people = people_in(sface.find(picture), LIMITS)
    assert len(people) == 1, judge(picture, people, LIMITS)
    descriptor = sface.describe(people[0])
    assert distance(descriptor, customers[who]) <= LIMITS.distance_max
    assert distance(descriptor, customers[OTHER[who]]) > LIMITS.distance_max
