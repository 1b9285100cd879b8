"""How often codes on phones are read: ``python -m benchmarks.code_reading [--phones 20]``.

Each phone has a code of its own and is held up for six pictures (0.7 s) by a hand that trembles,
at a random distance from 0.18 to 0.38 m, with a random turn, tilt and roll, under the camera's
blur and noise. Printed by condition: how many were read, with the 95 % interval (Wilson), and the
mean number of pictures until then. Rendered phones, one simulated camera: figures of a simulation.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.identity_rig import machine
from hardware_sim.people.optics import Pose
from hardware_sim.people.phone import Phone
from hardware_sim.people.renderer import Renderer, View
from vendtower.adapters.identity.codes import CodeReader
from vendtower.adapters.identity.engine import Picture
from vendtower.adapters.identity.pair_bench.rates import rate_of

PICTURES = 6


@dataclass(frozen=True)
class Condition:
    """What is hard about it."""

    brightness: float = 1.0
    light: float = 1.0
    cracks: int = 0
    glare: float = 0.0
    tilt_deg: float = 20.0
    """Largest turn and tilt of the phone."""
    blur_px: float = 0.6


CONDITIONS: Mapping[str, Condition] = {
    "bright phone, well-lit kiosk": Condition(),
    "bright phone, dark evening": Condition(light=0.15),
    "phone on power saving": Condition(brightness=0.15),
    "power saving in the dark": Condition(brightness=0.15, light=0.4),
    "three cracks": Condition(cracks=3),
    "seven cracks": Condition(cracks=7),
    "a lamp in the glass, half": Condition(glare=0.5),
    "a lamp in the glass, strong": Condition(glare=0.85),
    "tilted up to 45 degrees": Condition(tilt_deg=45.0),
    "out of focus": Condition(blur_px=1.6),
    "dim, cracked, tilted, a lamp": Condition(0.3, 1.0, 5, 0.4, 35.0, 0.9),
}


@dataclass(frozen=True)
class Rate:
    """What came of one condition."""

    phones: int
    read: int
    misread: int
    """Another text than the code: must never happen."""
    pictures_mean: float


def held_up(condition: Condition, number: int, seed: int) -> int | None:
    """The picture in which this phone's code was read, from 1; None in none, 0 when misread."""
    rng = np.random.default_rng((seed, number))
    code = f"{int(rng.integers(10**6)):06d}"
    reach = condition.tilt_deg
    yaw_deg, pitch_deg = (float(rng.uniform(-reach, reach)) for _ in range(2))
    distance_m, roll_deg = float(rng.uniform(0.18, 0.38)), float(rng.uniform(-25, 25))
    reader, renderer = CodeReader(), Renderer(seed=seed)
    for picture in range(PICTURES):
        x_m, y_m, more_deg = (float(rng.normal(0, spread)) for spread in (0.004, 0.004, 1.5))
        pose = Pose(distance_m, x_m, y_m, yaw_deg + more_deg, pitch_deg, roll_deg)
        phone = Phone(
            code,
            pose,
            brightness=condition.brightness,
            cracks=condition.cracks and condition.cracks + number % 3,
            glare=condition.glare,
        )
        view = View((phone,), light=condition.light, blur_px=condition.blur_px, noise=3.0)
        sight = reader.read(through_camera(renderer.frame(view, 100 * number + picture)))
        if sight.code is not None:
            return picture + 1 if sight.code == code else 0
    return None


def through_camera(picture: Picture) -> Picture:
    """Once through JPEG, as cameras send it."""
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("JPEG of our own cannot be read")
    return np.asarray(decoded, np.uint8)


def rate(condition: Condition, phones: int, seed: int) -> Rate:
    """So many phones under this condition."""
    results = [held_up(condition, number, seed) for number in range(phones)]
    read = [each for each in results if each]
    return Rate(
        phones, len(read), results.count(0), sum(read) / len(read) if read else float("nan")
    )


def main() -> int:
    """Measure every condition; status 1 when any code was misread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    print(json.dumps(machine()))
    misread = 0
    for name, condition in CONDITIONS.items():
        found = rate(condition, asked.phones, asked.seed)
        interval = rate_of(found.read, found.phones)
        misread += found.misread
        print(
            f"{name:32} {found.read:3} of {found.phones} "
            f"({100 * interval.low:.0f} to {100 * interval.high:.0f} %), "
            f"after {found.pictures_mean:.1f} pictures, misread {found.misread}"
        )
    return 1 if misread else 0


if __name__ == "__main__":
    sys.exit(main())
