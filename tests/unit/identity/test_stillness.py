"""An empty view against people and phones that come into it, as the camera shows them."""

import pytest

from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import GRACE_HOPPER
from hardware_sim.people.relief import Person
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.camera import Frame
from vendtower.adapters.identity.stillness import LOOK_AGAIN_S, LOOKS_MIN, Stillness


def emptied(look: Look, light: float = 1.0, noise: float = 2.0) -> Stillness:
    view = Stillness()
    for number in range(LOOKS_MIN):
        frame = Frame(look(frame=number, light=light, noise=noise), number, 0.1 * number)
        assert not view.unchanged(frame), "each preparation has to have its look"
        view.found_nothing(frame)
    return view


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("light", [1.0, 0.3, 0.1])
def test_noise_is_no_change(light: float, noise: float, look: Look) -> None:
    view = emptied(look, light, noise)
    for number in range(20, 30):
        assert view.unchanged(Frame(look(frame=number, light=light, noise=noise), number, 1.0))


@pytest.mark.parametrize(
    "thing",
    [
        Person(GRACE_HOPPER, Pose(2.0)),
        Person(GRACE_HOPPER, Pose(1.2, x_m=0.5)),
        Phone("471193", Pose(0.4), brightness=0.15),
    ],
    ids=["far", "at the edge", "a dim phone"],
)
@pytest.mark.parametrize("light", [1.0, 0.3])
def test_somebody_is_a_change(thing: Thing, light: float, look: Look) -> None:
    view = emptied(look, light)
    assert not view.unchanged(Frame(look(thing, frame=40, light=light), 40, 1.0))


def test_after_a_while_it_is_looked_at_all_the_same(look: Look) -> None:
    view = emptied(look)
    assert not view.unchanged(Frame(look(frame=50), 50, 0.4 + LOOK_AGAIN_S))
