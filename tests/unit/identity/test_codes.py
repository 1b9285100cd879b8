"""Codes on phones: bright and dim, near and a little far, turned, and what is no code."""

import numpy as np
import pytest
import segno

from hardware_sim.people.optics import Pose
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.codes import CodeReader, CodeSight
from vendtower.adapters.identity.engine import Picture

CODE = "VT-7H2K-93QX"
BEHIND = Person(EILEEN_COLLINS, Pose(0.6))


@pytest.mark.parametrize("light", [1.0, 0.3])
@pytest.mark.parametrize("brightness", [1.0, 0.3, 0.15])
@pytest.mark.parametrize("distance_m", [0.2, 0.3, 0.38])
def test_a_code_is_read_within_two_pictures(
    distance_m: float, brightness: float, light: float, look: Look
) -> None:
    reader = CodeReader()
    pose = Pose(distance_m, yaw_deg=-10, pitch_deg=5, roll_deg=8)
    seen = [
        reader.read(look(BEHIND, Phone(CODE, pose, brightness=brightness), light=light, frame=n))
        for n in range(2)
    ]
    assert CODE in [sight.code for sight in seen]


@pytest.mark.parametrize(
    "phone",
    [
        Phone(CODE, Pose(0.25, yaw_deg=8), cracks=3),
        Phone(CODE, Pose(0.3, roll_deg=-12), cracks=7),
        Phone(CODE, Pose(0.25, pitch_deg=15), glare=0.6),
        Phone(CODE, Pose(0.22, yaw_deg=40, pitch_deg=-25)),
        Phone(CODE, Pose(0.25), cracks=3, brightness=0.3),
    ],
    ids=["cracked", "broken", "a lamp in the glass", "tilted", "dim and cracked"],
)
def test_a_phone_that_is_not_as_new(phone: Phone, look: Look) -> None:
    reader = CodeReader()
    seen = [reader.read(look(BEHIND, phone, frame=number)).code for number in range(6)]
    assert CODE in seen
    assert set(seen) <= {CODE, None}, "what is read is the code, or nothing"


def test_cracks_and_lamps_change_the_picture(look: Look) -> None:
    whole = look(Phone(CODE, Pose(0.25)))
    for worn in (Phone(CODE, Pose(0.25), cracks=3), Phone(CODE, Pose(0.25), glare=0.6)):
        assert np.abs(look(worn).astype(np.int16) - whole).mean() > 0.1


@pytest.mark.parametrize("roll_deg", [-90, -30, 0, 45, 90, 180])
def test_a_code_may_be_held_any_way_up(roll_deg: float, look: Look) -> None:
    picture = look(Phone(CODE, Pose(0.25, roll_deg=roll_deg, yaw_deg=12)))
    assert CodeReader().read(picture) == CodeSight(CODE, located=True)


def test_faces_and_an_empty_view_hold_no_code(look: Look) -> None:
    reader = CodeReader()
    sights = []
    for number in range(12):
        pose = Pose(0.4 + 0.05 * number, yaw_deg=4 * number - 20)
        for things in ((), (Person(GRACE_HOPPER, pose),), (Person(EILEEN_COLLINS, pose),)):
            sights.append(reader.read(look(*things, frame=number)))
    assert {sight.code for sight in sights} == {None}
    # Something on the clothes may look like a code now and then; that must stay rare.
    assert sum(sight.located for sight in sights) <= 3


def printed(text: str, *, torn: bool = False) -> Picture:
    """A code straight before the camera; torn, its middle is gone and its corners are left."""
    modules = np.array([list(row) for row in segno.make_qr(text).matrix], np.uint8)
    code = np.kron(255 * (1 - modules), np.ones((5, 5), np.uint8))
    if torn:
        edge = 8 * 5
        code[edge:-edge, edge:-edge] = 255
    top, left = (480 - code.shape[0]) // 2, (640 - code.shape[1]) // 2
    picture = np.full((480, 640, 3), 255, np.uint8)
    picture[top : top + code.shape[0], left : left + code.shape[1]] = code[..., None]
    return picture


def test_a_code_that_cannot_be_read_is_still_noticed() -> None:
    """Somebody holds up a phone: the face beside it has to wait."""
    assert CodeReader().read(printed(CODE)) == CodeSight(CODE, located=True)
    assert CodeReader().read(printed(CODE * 4, torn=True)) == CodeSight(None, located=True)


def test_a_long_text_is_no_check_in_code() -> None:
    assert CodeReader().read(printed("x" * 256)).code == "x" * 256
    assert CodeReader().read(printed("x" * 257)) == CodeSight(None, located=True)
