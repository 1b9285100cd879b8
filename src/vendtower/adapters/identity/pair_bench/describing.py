"""Pictures to descriptors, each once, in at most two processes.

Every picture goes the way of an enrolment picture: decoded the right way up, the face searched for
in several ways (more than at enrolment, where a customer waits), described. The result does not
depend on the number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from vendtower.adapters.identity.engine import Descriptor, StillFaceEngine
from vendtower.adapters.identity.engines import make_engine
from vendtower.adapters.identity.limits import FaceLimits, face_limits
from vendtower.adapters.identity.process_settings import ENVIRONMENT
from vendtower.adapters.identity.stills import NotAPictureError, acquire, decode
from vendtower.adapters.identity.stopwatch import Stage
from vendtower.adapters.identity.templates import still_findings

PROCESSES_MAX = 2


@dataclass(frozen=True)
class EngineChoice:
    """Which engine, and where its files are."""

    engine: str
    models_directory: Path

    @property
    def limits(self) -> FaceLimits:
        """The engine's own."""
        return face_limits(self.engine)


@dataclass(frozen=True, eq=False)
class Described:
    """A picture with its face as numbers."""

    file: str
    descriptor: Descriptor
    model: str
    found_by: str
    others: int
    """Further faces in the picture, which were left alone."""
    eye_distance_px: float
    not_enrollable: tuple[str, ...]
    """Why this picture would be refused at enrolment; empty when it would not."""
    spent_s: Mapping[Stage, float]


@dataclass(frozen=True)
class NotDescribed:
    """A failure to acquire."""

    file: str
    why: str
    spent_s: Mapping[Stage, float]


Description = Described | NotDescribed


def describe_file(
    engine: StillFaceEngine, limits: FaceLimits, images: Path, file: str
) -> Description:
    """One picture."""
    engine.watch.taken()
    try:
        still = decode((images / file).read_bytes())
    except NotAPictureError as error:
        return NotDescribed(file, str(error), {})
    except OSError as error:
        return NotDescribed(file, f"cannot be read: {error.strerror}", {})
    acquired = acquire(engine, still, limits, thorough=True)
    if acquired is None:
        return NotDescribed(file, "no face found", engine.watch.taken())
    if acquired.eye_distance_px < limits.still_eye_distance_px_min:
        why = (
            f"face too small: {acquired.eye_distance_px:.0f} px between the eyes, expected at "
            f"least {limits.still_eye_distance_px_min:.0f} px"
        )
        return NotDescribed(file, why, engine.watch.taken())
    descriptor = engine.describe(acquired.face)
    findings = still_findings(acquired, limits)
    if acquired.beyond_enrolment:
        findings.append(f"face found only by a thorough search ({acquired.found_by})")
    return Described(
        file=file,
        descriptor=descriptor,
        model=engine.model,
        found_by=acquired.found_by,
        others=acquired.others,
        eye_distance_px=acquired.eye_distance_px,
        not_enrollable=tuple(findings),
        spent_s=engine.watch.taken(),
    )


def describe_files(
    files: Sequence[str],
    images: Path,
    choice: EngineChoice,
    *,
    processes: int = PROCESSES_MAX,
    done: Callable[[str], None] = lambda _file: None,
) -> dict[str, Description]:
    """Every file, by name; ``done`` is told each one in turn.

    Raises:
        ModelsMissing: the engine cannot be loaded.

    """
    make_engine(choice.engine, choice.models_directory)  # to fail here, and not in the pool
    # The processes read these when they load OpenCV; dlib then uses one core each.
    os.environ.update({name: ENVIRONMENT[name] for name in ENVIRONMENT if name not in os.environ})
    count = max(1, min(processes, PROCESSES_MAX, len(files)))
    found: dict[str, Description] = {}
    with ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(choice, images),
    ) as pool:
        for description in pool.map(_describe, sorted(files), chunksize=1):
            found[description.file] = description
            done(description.file)
    return found


class _Worker:
    """What one process of the pool keeps between pictures."""

    engine: StillFaceEngine
    limits: FaceLimits
    images: Path


def _begin(choice: EngineChoice, images: Path) -> None:
    cv2.setNumThreads(1)
    _Worker.engine = make_engine(choice.engine, choice.models_directory)
    _Worker.limits = choice.limits
    _Worker.images = images


def _describe(file: str) -> Description:
    return describe_file(_Worker.engine, _Worker.limits, _Worker.images, file)
