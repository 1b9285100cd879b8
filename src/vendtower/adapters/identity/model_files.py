"""The model files that an operator installs: what they are, and whether a file is one of them.

Nothing else is loaded: a network decides who gets a car, so its bytes are pinned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vendtower.domain.errors import LocalFault

ENGINES = ("dlib", "opencv")
MODELS_URL = "https://github.com/opencv/opencv_zoo/raw/main/models"
"""Where the publisher keeps the files, each in the folder of its model."""
_BLOCK_BYTES = 1 << 20


class ModelsMissing(LocalFault):
    """An engine's model files are not on this machine, or are not the pinned ones."""


@dataclass(frozen=True)
class ModelFile:
    """One pinned file."""

    name: str
    size_bytes: int
    sha256: str
    engine: str
    """The engine that cannot work without it."""
    purpose: str
    licence: str
    published_in: str
    """Folder under ``MODELS_URL``."""

    @property
    def url(self) -> str:
        """The publisher's address of the file."""
        return f"{MODELS_URL}/{self.published_in}/{self.name}"


YUNET = ModelFile(
    name="face_detection_yunet_2023mar.onnx",
    size_bytes=232_589,
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    engine="opencv",
    purpose="finds faces (YuNet); dlib uses it too for enrolment pictures when it is there",
    licence="MIT",
    published_in="face_detection_yunet",
)
SFACE = ModelFile(
    name="face_recognition_sface_2021dec.onnx",
    size_bytes=38_696_353,
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    engine="opencv",
    purpose="describes faces (SFace)",
    licence="Apache-2.0",
    published_in="face_recognition_sface",
)
CATALOGUE: Mapping[str, ModelFile] = {model.name: model for model in (YUNET, SFACE)}


@dataclass(frozen=True)
class FileFound:
    """Size and hash of a file as it is."""

    size_bytes: int
    sha256: str

    def is_of(self, model: ModelFile) -> bool:
        """Whether these are the pinned bytes."""
        return self.size_bytes == model.size_bytes and self.sha256 == model.sha256


def look_at(path: Path) -> FileFound:
    """Read a file for its size and hash.

    Raises:
        OSError: it cannot be read.

    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return FileFound(size, digest.hexdigest())


def mismatch(model: ModelFile, found: FileFound) -> str:
    """What is wrong with a file that is not the pinned one."""
    return (
        f"model file {model.name}: found {found.size_bytes} bytes with sha256 {found.sha256}, "
        f"expected {model.size_bytes} bytes with sha256 {model.sha256}"
    )


def checked(directory: Path, model: ModelFile) -> Path:
    """The path of an installed file, after its bytes were compared with the pin.

    Raises:
        ModelsMissing: it is not there, cannot be read, or is another file.

    """
    path = directory / model.name
    try:
        found = look_at(path)
    except FileNotFoundError as error:
        raise ModelsMissing(
            f"model file {model.name}: not in {directory} "
            f"(vendtower models install --to {directory})"
        ) from error
    except OSError as error:
        raise ModelsMissing(f"model file {path}: cannot be read: {error.strerror}") from error
    if not found.is_of(model):
        raise ModelsMissing(f"{mismatch(model, found)} (in {directory})")
    return path
