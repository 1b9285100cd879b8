from collections.abc import Callable

import cv2
import numpy as np
import pytest

from hardware_sim.people.optics import Thing
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.people.renderer import Renderer, View
from vendtower.adapters.identity.engine import Descriptor, Picture
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import FaceLimits
from vendtower.adapters.identity.templates import make_template

Look = Callable[..., Picture]


@pytest.fixture(scope="session")
def engine() -> DlibFaces:
    return DlibFaces()


@pytest.fixture(scope="session")
def enrolled(engine: DlibFaces) -> dict[str, Descriptor]:
    """The descriptor of each portrait, made from its file as an enrolment is."""
    return {
        name: make_template(engine, portrait.jpeg(), FaceLimits()).descriptor
        for name, portrait in PORTRAITS.items()
    }


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(seed=11)


@pytest.fixture
def look(renderer: Renderer) -> Look:
    """A picture as it comes out of the camera: rendered, and once through JPEG."""

    def take(*things: Thing, frame: int = 0, **view: float | bool) -> Picture:
        picture = renderer.frame(View(things, **view), frame)  # type: ignore[arg-type]  # by name
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
        decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert decoded is not None
        return np.asarray(decoded, np.uint8)

    return take
