"""Trials in one or more processes, each outcome written down as it comes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from vendtower.adapters.identity.attack_bench.plan import plan
from vendtower.adapters.identity.attack_bench.renderers import load_renderer
from vendtower.adapters.identity.attack_bench.results import ResultsFile
from vendtower.adapters.identity.attack_bench.trial import Outcome, Rig, Trial
from vendtower.adapters.identity.engine import Picture
from vendtower.adapters.identity.engines import make_engine
from vendtower.adapters.identity.limits import Limits, LivenessLimits, face_limits
from vendtower.adapters.identity.process_settings import ENVIRONMENT

_IN_A_ROW = 12


@dataclass(frozen=True)
class Setup:
    """Everything but the trials."""

    engine: str
    models_directory: Path
    renderer: str | None = None
    distance_max: float | None = None
    """Of the site; None: the engine's own."""
    challenges: int | None = None
    """How many the site has followed; None: the usual number."""

    @property
    def limits(self) -> Limits:
        """Those of the identity process at a site with these values."""
        liveness = LivenessLimits()
        if self.challenges is not None:
            liveness = replace(liveness, challenges=self.challenges)
        return Limits(face=face_limits(self.engine, self.distance_max), liveness=liveness)

    @property
    def fingerprint(self) -> str:
        """Engine, renderer and limits in a few characters, for files with outcomes."""
        limits = json.dumps(self.limits.to_json(), sort_keys=True)
        digest = hashlib.sha256(limits.encode()).hexdigest()[:12]
        return f"engine {self.engine}, renderer {self.renderer or 'default'}, limits {digest}"


@cache
def rig_of(setup: Setup) -> Rig:
    """The rig of this process.

    Raises:
        RendererMissing: nobody can stand before the camera.
        ModelsMissing: the engine cannot be loaded.

    """
    cv2.setNumThreads(1)
    engine = make_engine(setup.engine, setup.models_directory)
    return Rig(engine, setup.limits, load_renderer(setup.renderer))


def run_trials(
    trials: Sequence[Trial],
    setup: Setup,
    *,
    processes: int = 1,
    results: ResultsFile | None = None,
    done: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """The outcome of each trial, in their order; those in ``results`` are not made again.

    Raises:
        RendererMissing: nobody can stand before the camera.
        ModelsMissing: the engine cannot be loaded.
        ResultsUnusable: the file with outcomes cannot be used.

    """
    known = {} if results is None else {each.trial: each for each in results.begin()}
    missing = [trial for trial in trials if trial not in known]
    for _ in range(len(trials) - len(missing)):
        done()
    for outcome in _made(missing, setup, processes):
        known[outcome.trial] = outcome
        if results is not None:
            results.add(outcome)
        done()
    return [known[trial] for trial in trials]


def _made(trials: Sequence[Trial], setup: Setup, processes: int) -> Iterator[Outcome]:
    if processes == 1 or len(trials) < 2:
        rig = rig_of(setup) if trials else None
        for trial in trials:
            assert rig is not None
            yield rig.run(trial)
        return
    # A forked child would share what dlib and OpenCV have begun.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, _begin, (ENVIRONMENT,)) as pool:
        for future in as_completed([pool.submit(_run_one, setup, trial) for trial in trials]):
            yield future.result()


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def _run_one(setup: Setup, trial: Trial) -> Outcome:
    return rig_of(setup).run(trial)


def contact_sheet(kinds: Sequence[str], people: Sequence[str], seed: int, setup: Setup) -> Picture:
    """What the camera saw of one trial of each kind: a row of twelve pictures each."""
    rows = []
    for trial in plan(kinds, people, 1, seed):
        pictures: list[Picture] = []
        rig_of(setup).run(trial, pictures)
        picked = [pictures[round(at)] for at in np.linspace(0, len(pictures) - 1, _IN_A_ROW)]
        row = np.hstack([cv2.resize(each, (160, 120)) for each in picked])
        cv2.putText(row, trial.kind, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1)
        rows.append(np.asarray(row, np.uint8))
    return np.vstack(rows)
