"""Enrolment pictures: what makes a template, what does not, and that erasing erases."""

import cv2
import numpy as np
import pytest

from hardware_sim.people.optics import Pose
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.engine import Descriptor, Picture, Template, distance
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.templates import (
    EnrolmentImpossibleError,
    Templates,
    make_template,
)

LIMITS = FaceLimits()


def encoded(picture: Picture, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def test_formats_and_sizes_give_the_same_person(
    engine: DlibFaces, enrolled: dict[str, Descriptor]
) -> None:
    picture = PORTRAITS[GRACE_HOPPER].picture()
    large = np.asarray(cv2.resize(picture, None, fx=4, fy=4), np.uint8)
    for made in (encoded(picture, ".png"), encoded(picture, ".webp"), encoded(large)):
        template = make_template(engine, made, LIMITS)
        assert distance(template.descriptor, enrolled[GRACE_HOPPER]) < 0.2
        assert (template.engine, template.model) == (engine.engine, engine.model)


def test_pictures_that_make_no_template(engine: DlibFaces, look: Look) -> None:
    two = look(
        Person(GRACE_HOPPER, Pose(0.75, x_m=-0.18)), Person(EILEEN_COLLINS, Pose(0.76, x_m=0.18))
    )
    for made, message in (
        (b"", "not a picture"),
        (b"\xff\xd8\xff but nothing more", "not a picture"),
        (encoded(look()), "no face found"),
        (encoded(two), "2 faces found"),
        (encoded(look(Person(GRACE_HOPPER, Pose(1.9)))), r"2\d px between the eyes, expected"),
    ):
        with pytest.raises(EnrolmentImpossibleError, match=message):
            make_template(engine, made, LIMITS)


def test_erasing_overwrites_the_numbers() -> None:
    templates = Templates()
    first, second = (np.full(128, value) for value in (1.0, 2.0))
    templates.put("R-1", Template("dlib", "m", first))
    templates.put("R-1", Template("dlib", "m", second))
    assert not first.any()
    kept = templates.get("R-1")
    assert kept is not None
    assert templates.forget("R-1")
    assert not second.any()
    assert kept.descriptor.all(), "a comparison that is under way keeps its copy"
    assert not templates.forget("R-1")
    assert templates.get("R-1") is None
