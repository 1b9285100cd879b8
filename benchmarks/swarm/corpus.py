"""Plans that failed once, kept in the repository so that they never fail again.

Each file of `tests/swarm_corpus` is a plan (`plan.py`) that also says its story in a sentence and
what was mended. One without trips and faults stands for the plan that its options draw.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.swarm.plan import ROOT, Options, Plan, PlanError, read_plan

FOLDER = ROOT / "tests" / "swarm_corpus"


@dataclass(frozen=True)
class Entry:
    """One plan that failed once."""

    name: str
    options: Options
    plan: Plan
    story: str
    """What happened, in a sentence."""
    mended: str
    """What was wrong, and where it was mended."""


def corpus(folder: Path = FOLDER) -> list[Entry]:
    """All entries by name.

    Raises:
        PlanError: a file is no plan, does not fit any more, or does not say what it is.

    """
    return [_entry(path) for path in sorted(folder.glob("*.json"))]


def _entry(path: Path) -> Entry:
    options, plan = read_plan(path)
    said = json.loads(path.read_text(encoding="utf-8"))
    for key in ("story", "mended"):
        if not isinstance(said.get(key), str) or not said[key].strip():
            raise PlanError(f"plan {path}: {key!r} is missing, expected a sentence")
    return Entry(path.stem, options, plan, said["story"], said["mended"])
