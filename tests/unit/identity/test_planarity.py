"""Head or sheet, on points whose movement is computed, and on rendered ones."""

import numpy as np
import pytest

from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.portraits import EILEEN_COLLINS, GRACE_HOPPER
from hardware_sim.people.relief import Person
from hardware_sim.people.sheets import Print
from tests.unit.identity.conftest import Look
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.limits import LivenessLimits
from vendtower.adapters.identity.planarity import (
    Points,
    SurfaceMeasure,
    SurfaceTracker,
    measure_surface,
)

LIMITS = LivenessLimits()
NOSE = np.array([0.0, 0.62])
EYES_AWAY = 9.0
"""The camera's distance in eye distances: 57 cm."""


def scattered(count: int = 120) -> Points:
    rng = np.random.default_rng(4)
    return np.column_stack([rng.uniform(-0.9, 0.9, count), rng.uniform(-0.6, 1.5, count)])


def turned(places: Points, depth: Points, yaw_deg: float, pitch_deg: float = 0.0) -> Points:
    """Where a camera sees the points of this depth after the whole turned about its middle."""
    yaw, pitch = np.deg2rad([yaw_deg, pitch_deg])
    x = places[:, 0] * np.cos(yaw) + depth * np.sin(yaw)
    z = -places[:, 0] * np.sin(yaw) + depth * np.cos(yaw)
    y = places[:, 1] * np.cos(pitch) - z * np.sin(pitch)
    z = places[:, 1] * np.sin(pitch) + z * np.cos(pitch)
    seen = np.column_stack([x, y]) * (EYES_AWAY / (EYES_AWAY - z))[:, None]
    return np.asarray(seen + np.random.default_rng(5).normal(0, 0.003, seen.shape))


def head(places: Points) -> Points:
    x, y = places.T
    skull = 1.4 * np.sqrt(np.clip(1 - (x / 1.3) ** 2 - ((y - 0.3) / 1.9) ** 2, 0, None))
    nose = 0.35 * np.exp(-((x / 0.2) ** 2) - ((y - 0.5) / 0.35) ** 2)
    return np.asarray(skull + nose)


def cylinder(places: Points, radius: float, axis_deg: float) -> Points:
    across = places @ [np.cos(np.deg2rad(axis_deg)), np.sin(np.deg2rad(axis_deg))]
    return np.asarray(np.sqrt(np.maximum(radius**2 - across**2, 0)) - radius)


def measured(depth: Points, yaw_deg: float, pitch_deg: float = 0.0) -> SurfaceMeasure:
    places = scattered()
    before = turned(places, depth, 0.0)
    measure = measure_surface(before, turned(places, depth, yaw_deg, pitch_deg), NOSE)
    assert measure is not None
    return measure


@pytest.mark.parametrize("yaw_deg", [17, 25, -17, -25])
def test_a_head(yaw_deg: float) -> None:
    measure = measured(head(scattered()), yaw_deg, 3.0)
    assert measure.planarity_residual >= LIMITS.planarity_residual_min
    assert np.sign(yaw_deg) * measure.relief >= LIMITS.relief_min


@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(20, 0), (45, 5), (-45, -8)])
def test_a_flat_sheet_however_it_is_turned(yaw_deg: float, pitch_deg: float) -> None:
    measure = measured(np.zeros(120), yaw_deg, pitch_deg)
    assert measure.planarity_residual < LIMITS.planarity_residual_min / 2
    assert abs(measure.relief) < LIMITS.relief_min / 2


@pytest.mark.parametrize("axis_deg", [0, 30, 90])
@pytest.mark.parametrize("radius", [1.5, 2.5])
def test_a_bent_sheet_has_no_nose(radius: float, axis_deg: float) -> None:
    """It breaks the homography; what tells it from a head is the relief."""
    measure = measured(cylinder(scattered(), radius, axis_deg), 35.0)
    assert measure.relief < LIMITS.relief_min


def test_too_few_points_say_nothing() -> None:
    few = scattered(14)
    assert measure_surface(few, few, NOSE) is None
    same = np.zeros((40, 2))
    assert measure_surface(same, same, NOSE) is None


@pytest.mark.parametrize("name", [GRACE_HOPPER, EILEEN_COLLINS])
@pytest.mark.parametrize("side", [1, -1])
def test_rendered(name: str, side: int, look: Look, engine: DlibFaces) -> None:
    """A head that turned by 20 degrees and prints that were turned by 40, through JPEG."""

    def film(thing: type[Person] | type[Print], end_deg: float) -> SurfaceMeasure:
        def at(yaw_deg: float) -> Thing:
            return thing(name, Pose(0.6, yaw_deg=yaw_deg, pitch_deg=yaw_deg / 8))

        first = look(at(0.0))
        tracker = SurfaceTracker(first, engine.find(first)[0])
        for frame, yaw_deg in enumerate(np.linspace(0, side * end_deg, 6)[1:]):
            tracker.follow(look(at(float(yaw_deg)), frame=frame + 1))
        measure = tracker.measure()
        assert measure is not None
        return measure

    living, flat = film(Person, 20.0), film(Print, 40.0)
    assert living.points >= LIMITS.points_min
    assert living.planarity_residual >= LIMITS.planarity_residual_min
    assert side * living.relief >= LIMITS.relief_min
    assert flat.planarity_residual < LIMITS.planarity_residual_min
    assert side * flat.relief < LIMITS.relief_min / 2
