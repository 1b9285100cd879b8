"""Liveness by YuNet's landmarks: ``python -m benchmarks.yunet_liveness --models DIR --trials 30``.

The OpenCV engine finds faces and their eyes and nose with YuNet and describes them with SFace. The
weights of SFace are not needed to measure liveness: here YuNet finds, dlib describes, and the
sessions, limits, people and sheets are those of ``vendtower identity attack-bench``. What it says
of prints, screens and heads holds for the OpenCV engine as far as its landmarks decide; whether one
face was there all along is told by dlib's descriptors instead of SFace's.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import dlib
import numpy as np

from hardware_sim.people.attempts import RenderedAttempts
from vendtower.adapters.identity.attack_bench.plan import plan
from vendtower.adapters.identity.attack_bench.report import report_of, text_lines
from vendtower.adapters.identity.attack_bench.results import ResultsFile
from vendtower.adapters.identity.attack_bench.trial import Rig
from vendtower.adapters.identity.engine import Descriptor, Face, Picture
from vendtower.adapters.identity.faces_dlib import DlibFaces, models_folder
from vendtower.adapters.identity.limits import OPENCV_FACE_LIMITS, FaceLimits, Limits
from vendtower.adapters.identity.model_files import YUNET, checked
from vendtower.adapters.identity.stopwatch import Stopwatch
from vendtower.adapters.identity.yunet import Found, YuNet

SIDE_PX, SIDE_SMALL_TOO_PX = 640, 1280
CHIP_PX, CHIP_PADDING = 150, 0.25


class YuNetHeads:
    """Faces as the OpenCV engine finds them, described by dlib's network."""

    engine, model = "opencv", "yunet with dlib's descriptor"

    def __init__(self, models: Path) -> None:
        self.watch = Stopwatch()
        self._yunet = YuNet(checked(models, YUNET))
        self._dlib = DlibFaces()
        landmarks = models_folder() / "shape_predictor_5_face_landmarks.dat"
        self._landmarks = dlib.shape_predictor(str(landmarks))

    def find(self, picture: Picture, *, small_too: bool = False) -> list[Face]:
        """As `OpenCvFaces.find`."""
        side_px = SIDE_SMALL_TOO_PX if small_too else SIDE_PX
        rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        return [self._face(rgb, each) for each in self._yunet.find(picture, side_px_max=side_px)]

    def find_hard(self, picture: Picture) -> list[Face]:
        """As `OpenCvFaces.find_hard`."""
        rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        return [self._face(rgb, each) for each in self._yunet.find(picture, side_px_max=320)]

    def describe(self, face: Face, *, mirrored: bool = True) -> Descriptor:
        """As `DlibFaces.describe`."""
        return self._dlib.describe(face, mirrored=mirrored)

    def _face(self, rgb: Picture, found: Found) -> Face:
        left, top, width, height = found.box
        middle_x, middle_y, half = left + width / 2, top + 0.55 * height, width / 2
        around = dlib.rectangle(
            *(
                round(edge)
                for edge in (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
            )
        )
        shape = self._landmarks(rgb, around)
        chip = np.asarray(dlib.get_face_chip(rgb, shape, CHIP_PX, CHIP_PADDING), np.uint8)
        eyes = (found.point(0), found.point(1))
        return Face(found.score, left, top, width, height, eyes, found.point(2), chip)


def limits() -> Limits:
    """The OpenCV engine's, with dlib's distances."""
    dlibs = FaceLimits()
    face = replace(
        OPENCV_FACE_LIMITS,
        distance_max=dlibs.distance_max,
        grey_zone=dlibs.grey_zone,
        clear_by=dlibs.clear_by,
        same_person_max=dlibs.same_person_max,
    )
    return Limits(face=face)


def main() -> int:
    """Run the trials by turns, each outcome written down, and print the attack bench's report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=30, help="of each kind")
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, required=True, help="a run goes on from there")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    renderer = RenderedAttempts()
    kinds = asked.kind or list(renderer.kinds)
    rig = Rig(YuNetHeads(asked.models), limits(), renderer)
    results = ResultsFile(asked.results, f"YuNet and dlib, {Limits.to_json(limits())}")
    known = {each.trial: each for each in results.begin()}
    trials = plan(kinds, renderer.people, asked.trials, asked.seed)
    for trial in trials:
        if trial not in known:
            known[trial] = rig.run(trial)
            results.add(known[trial])
    reports = [report_of([known[each] for each in trials if each.kind == kind]) for kind in kinds]
    print("\n".join(text_lines(reports)))
    return 0 if all(report["met"] for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
