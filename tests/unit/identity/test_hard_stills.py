"""Photographs made worse as `benchmarks.hard_faces` makes them: the right face is found."""

import cv2
import pytest

from benchmarks.hard_faces import ALONE, CROWDED, Photograph, between_neighbours
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from vendtower.adapters.identity.engine import Descriptor, Picture, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.stills import acquire, decode

LIMITS = FaceLimits()
OTHER = {GRACE_HOPPER: EILEEN_COLLINS, EILEEN_COLLINS: GRACE_HOPPER}


@pytest.fixture(scope="module")
def photos(engine: DlibFaces) -> dict[str, Photograph]:
    found = {}
    for name in OTHER:
        still = decode(PORTRAITS[name].jpeg())
        acquired = acquire(engine, still, LIMITS)
        assert acquired is not None
        found[name] = Photograph(name, "portrait", still.picture, acquired.face)
    return found


def _is_the_person(
    who: str, picture: Picture, quality: int, engine: DlibFaces, enrolled: dict[str, Descriptor]
) -> None:
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    acquired = acquire(engine, decode(jpeg), LIMITS, thorough=True)
    assert acquired is not None, "failure to acquire"
    descriptor = engine.describe(acquired.face)
    assert distance(descriptor, enrolled[who]) <= LIMITS.distance_max
    assert distance(descriptor, enrolled[OTHER[who]]) > LIMITS.distance_max


@pytest.mark.parametrize(
    ("who", "kind"), [(tuple(OTHER)[nth % 2], kind) for nth, kind in enumerate(ALONE)]
)
def test_a_face_made_worse(
    who: str,
    kind: str,
    photos: dict[str, Photograph],
    engine: DlibFaces,
    enrolled: dict[str, Descriptor],
) -> None:
    change, quality = ALONE[kind]
    _is_the_person(who, change(photos[who]), quality, engine, enrolled)


@pytest.mark.parametrize("who", OTHER)
def test_the_face_in_the_middle_of_three(
    who: str, photos: dict[str, Photograph], engine: DlibFaces, enrolled: dict[str, Descriptor]
) -> None:
    """Called `CROWDED` in the benchmark's table."""
    stranger = photos[OTHER[who]]
    picture = between_neighbours(photos[who], (stranger, stranger))
    assert picture.shape[:2] == (250, 250), CROWDED
    _is_the_person(who, picture, 75, engine, enrolled)
