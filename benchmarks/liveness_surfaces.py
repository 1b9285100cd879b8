"""How heads and sheets differ: ``python -m benchmarks.liveness_surfaces``.

Each is rendered while it turns to a given angle, at random distance, light, blur and noise, and
measured as in a check. The thresholds in `LivenessLimits` lie between the printed distributions;
`docs/identity.md` holds a copy. Simulation: two portraits on one shape of head.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from hardware_sim.people.optics import Pose, Thing
from hardware_sim.people.portraits import PORTRAITS
from hardware_sim.people.relief import Person
from hardware_sim.people.renderer import Renderer, View
from hardware_sim.people.sheets import Print
from vendtower.adapters.identity.engine import Picture
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.planarity import SurfaceTracker

HEAD_DEG = (18, 24, 30)
SHEET_DEG = (25, 35, 45)
STEP_DEG = 5.0
Shape = Callable[[str, Pose], Thing]

KINDS: dict[str, tuple[Shape, tuple[int, ...]]] = {
    "head": (Person, HEAD_DEG),
    "flat print": (Print, SHEET_DEG),
    "still screen": (lambda name, pose: Print(name, pose, screen=True), SHEET_DEG),
    "bent 12 cm, upright": (lambda name, pose: Print(name, pose, 0.12), SHEET_DEG),
    "bent 8 cm, upright": (lambda name, pose: Print(name, pose, 0.08), SHEET_DEG),
    "bent 10 cm, oblique": (lambda name, pose: Print(name, pose, 0.10, 45.0), SHEET_DEG),
    "bent 8 cm, level": (lambda name, pose: Print(name, pose, 0.08, 90.0), SHEET_DEG),
}


@dataclass(frozen=True)
class Measured:
    """One turn; signs are those of the turn's side."""

    turn: float
    foreshortened: float
    residual: float
    relief: float


def film(shape: Shape, name: str, end_deg: float, chance: random.Random) -> Iterator[Picture]:
    """The pictures of one turn, each through JPEG."""
    renderer = Renderer(chance.randrange(2**31))
    distance_m = chance.uniform(0.45, 0.9)
    light, blur_px, noise = chance.uniform(0.4, 1), chance.uniform(0, 1), chance.uniform(2, 5)
    phase = chance.uniform(0, 6.28)
    for number, yaw_deg in enumerate(np.linspace(0, end_deg, 1 + round(abs(end_deg) / STEP_DEG))):
        wave = np.sin(0.25 * number + phase)
        pose = Pose(
            distance_m + 0.01 * wave,
            x_m=0.008 * wave,
            yaw_deg=float(yaw_deg),
            pitch_deg=3 * wave,
            roll_deg=-3 * wave,
        )
        seen = renderer.frame(View((shape(name, pose),), light, blur_px, noise), number)
        _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 88])
        yield np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def measure(pictures: Iterator[Picture], side: int, engine: DlibFaces) -> Measured | None:
    """One turn; None when the face was not found at its beginning or end."""
    first = last = next(pictures)
    start = engine.find(first)
    if not start:
        return None
    tracker = SurfaceTracker(first, start[0])
    for last in pictures:
        tracker.follow(last)
    end, surface = engine.find(last, small_too=True), tracker.measure()
    if not end or surface is None:
        return None
    return Measured(
        side * (end[0].turn - start[0].turn),
        end[0].eye_distance_px / start[0].eye_distance_px,
        surface.planarity_residual,
        side * surface.relief,
    )


def main() -> int:
    """Measure and print 5th percentile, median and 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12, help="of each kind and angle")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    engine, chance, names = DlibFaces(), random.Random(arguments.seed), sorted(PORTRAITS)
    print("| Turned | seen | offset of the nose | eye distance | residual | relief |")
    print("|---|---|---|---|---|---|")
    for kind, (shape, angles_deg) in KINDS.items():
        for angle_deg in angles_deg:
            found = []
            for run in range(arguments.runs):
                side = 1 if run % 4 < 2 else -1
                pictures = film(shape, names[run % len(names)], side * angle_deg, chance)
                measured = measure(pictures, side, engine)
                found += [] if measured is None else [measured]
            cells = (
                spread([getattr(each, part) for each in found])
                for part in ("turn", "foreshortened", "residual", "relief")
            )
            share = f"{len(found)} of {arguments.runs}"
            print(f"| {kind}, {angle_deg} deg | {share} | {' | '.join(cells)} |", flush=True)
    return 0


def spread(values: list[float]) -> str:
    """5th percentile, median and 95th percentile."""
    if not values:
        return "none"
    low, middle, high = np.percentile(values, (5, 50, 95))
    return f"{low:.3f} / {middle:.3f} / {high:.3f}"


if __name__ == "__main__":
    sys.exit(main())
