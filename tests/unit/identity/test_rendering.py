"""The simulated people: the same for the same seed, and shaped like people."""

import cv2
import numpy as np
import pytest

from hardware_sim.people.optics import Lens, Pose
from hardware_sim.people.phone import Phone
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER, PORTRAITS
from hardware_sim.people.relief import Person, person_relief
from hardware_sim.people.renderer import Renderer, View
from hardware_sim.people.scene import Scene

SHE = Person(GRACE_HOPPER, Pose(0.6, yaw_deg=12))


def test_the_same_seed_gives_the_same_picture() -> None:
    view = View((SHE,))
    one, other = Renderer(3).frame(view, 5), Renderer(3).frame(view, 5)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, Renderer(4).frame(view, 5))
    assert not np.array_equal(one, Renderer(3).frame(view, 6))


@pytest.mark.parametrize("who", PORTRAITS)
def test_a_person_half_as_far_is_twice_as_large(who: str, renderer: Renderer) -> None:
    empty = renderer.frame(View(noise=0), 0).astype(int)

    def area(distance_m: float) -> int:
        there = renderer.frame(View((Person(who, Pose(distance_m)),), noise=0), 0)
        return int((np.abs(there - empty).max(axis=2) > 40).sum())

    assert area(1.6) / area(3.2) == pytest.approx(4.0, rel=0.15)


def test_the_nearer_one_hides_the_farther_one(renderer: Renderer) -> None:
    near, far = Person(GRACE_HOPPER, Pose(0.5)), Person(EILEEN_COLLINS, Pose(0.9))
    one = renderer.frame(View((near, far)), 0)
    assert np.array_equal(one, renderer.frame(View((far, near)), 0))
    assert not np.array_equal(one, renderer.frame(View((far,)), 0))


def test_a_head_is_not_flat() -> None:
    """Points that lie on one line in the picture must not stay on one line when it turns."""
    heights_m = person_relief(EILEEN_COLLINS).heights_m
    assert 0.08 < float(heights_m.max()) < 0.13
    assert float(heights_m.min()) < 0.01


def test_somebody_behind_the_camera_is_not_drawn(renderer: Renderer) -> None:
    empty = renderer.frame(View(), 0)
    assert np.array_equal(empty, renderer.frame(View((Person(GRACE_HOPPER, Pose(-0.6)),)), 0))
    aside = View((Person(GRACE_HOPPER, Pose(0.6, x_m=5.0)), Phone("X", Pose(0.01))))
    assert np.array_equal(empty, renderer.frame(aside, 0))


def test_light_black_and_size() -> None:
    renderer = Renderer(1, Lens(320, 240, 300.0))
    bright, dim = (renderer.frame(View((SHE,), light=light), 0) for light in (1.0, 0.3))
    assert bright.shape == (240, 320, 3)
    assert dim.mean() == pytest.approx(0.3 * bright.mean(), rel=0.05)
    assert renderer.frame(View((SHE,), black=True, noise=2.0), 0).mean() < 3
    sharp, soft = (
        cv2.Laplacian(renderer.frame(View((SHE,), blur_px=blur_px, noise=0), 0), cv2.CV_64F).var()
        for blur_px in (0.0, 3.0)
    )
    assert soft < sharp / 10


def test_a_scene_moves_with_its_own_clock() -> None:
    now_s = 100.0
    scene = Scene(lambda: now_s)
    scene.walk_up(GRACE_HOPPER, from_m=2.0, to_m=0.6, over_s=2.0)
    distances_m = []
    for moment_s in (100.0, 101.0, 102.0, 110.0):
        now_s = moment_s
        distances_m.append(scene.view().things[0].pose.distance_m)
    assert distances_m == pytest.approx([2.0, 1.3, 0.6, 0.6])


def test_a_scene_can_be_unplugged_and_plugged_in() -> None:
    scene = Scene()

    def state() -> tuple[bool, bool]:
        return scene.plugged_in, scene.frozen

    scene.off()
    assert state() == (False, False)
    scene.freeze()
    assert state() == (False, True)
    scene.nobody()
    assert state() == (True, False)
    with pytest.raises(KeyError, match=r"no portrait 'nobody', expected one of \['eileen_collins'"):
        scene.person("nobody")
