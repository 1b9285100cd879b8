"""Which face engine a tower uses, by its name in the site file."""

from __future__ import annotations

from pathlib import Path

from vendtower.adapters.identity.engine import StillFaceEngine
from vendtower.adapters.identity.faces_dlib import DlibFaces
from vendtower.adapters.identity.faces_opencv import OpenCvFaces
from vendtower.adapters.identity.model_files import ENGINES, ModelsMissing


def make_engine(name: str, models_directory: Path) -> StillFaceEngine:
    """Load the engine's weights.

    Raises:
        ModelsMissing: there is no such engine, or its files are not all there as pinned.

    """
    match name:
        case "dlib":
            return DlibFaces(models_directory=models_directory)
        case "opencv":
            return OpenCvFaces(models_directory)
    raise ModelsMissing(f"face engine: found {name!r}, expected one of {', '.join(ENGINES)}")
