"""Fetching model files: from a folder or over HTTP, into a directory, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from vendtower.adapters.identity.model_files import FileFound, ModelFile, look_at, mismatch
from vendtower.domain.errors import LocalFault, VendtowerError

_BLOCK_BYTES = 1 << 16
_MODE = 0o644
"""Weights are public; the daemon runs as another user than whoever installs them."""

Progress = Callable[[int], None]
"""Told how many bytes of the file are there."""


class ModelRefused(VendtowerError):
    """A file could not be had, or is not the pinned one; nothing was installed."""


class ModelsDirectoryUnusable(LocalFault):
    """The directory for the models cannot be written."""


@dataclass(frozen=True)
class Source:
    """Where model files come from: the publisher, another URL, or a folder."""

    place: str = ""
    """Empty for the publisher; a URL or folder has the files directly in it."""

    def of(self, model: ModelFile) -> str:
        """The URL or path of one file."""
        if not self.place:
            return model.url
        if self.over_http:
            return f"{self.place.rstrip('/')}/{model.name}"
        return str(Path(self.place) / model.name)

    @property
    def over_http(self) -> bool:
        """Whether files are fetched rather than copied."""
        return not self.place or self.place.startswith(("http://", "https://"))


def installed(directory: Path, model: ModelFile) -> bool:
    """Whether the pinned file is there."""
    try:
        return look_at(directory / model.name).is_of(model)
    except OSError:
        return False


def install(
    model: ModelFile, source: Source, directory: Path, *, timeout_s: float, progress: Progress
) -> Path:
    """Fetch a file and put it in place; the old one stays until the new one is whole and right.

    ``timeout_s`` is how long to wait for the next bytes of a server.

    Raises:
        ModelRefused: the source does not give the file, or gives another one.
        ModelsDirectoryUnusable: it cannot be written to.

    """
    with _temporary(directory, model) as (path, file):
        found = _copy(model, source, file, timeout_s, progress)
        if not found.is_of(model):
            raise ModelRefused(f"{mismatch(model, found)}; from {source.of(model)}")
        target = directory / model.name
        try:
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
            os.replace(path, target)
            _sync_directory(directory)
        except OSError as error:
            raise ModelsDirectoryUnusable(
                f"models directory {directory}: {model.name} cannot be written: {error.strerror}"
            ) from error
    return target


@contextlib.contextmanager
def _temporary(directory: Path, model: ModelFile) -> Iterator[tuple[Path, BinaryIO]]:
    """A file beside the target, gone afterwards whatever happens."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{model.name}.", suffix=".part", dir=directory)
    except OSError as error:
        raise ModelsDirectoryUnusable(
            f"models directory {directory}: cannot be written: {error.strerror}"
        ) from error
    path = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield path, file
    finally:
        path.unlink(missing_ok=True)


def _copy(
    model: ModelFile, source: Source, file: BinaryIO, timeout_s: float, progress: Progress
) -> FileFound:
    """Write what the source gives; no more than the pinned size and a byte, to see that."""
    digest, size = hashlib.sha256(), 0
    try:
        with _opened(source, model, timeout_s) as stream:
            while size <= model.size_bytes:
                block = stream.read(min(_BLOCK_BYTES, model.size_bytes + 1 - size))
                if not block:
                    break
                _write(file, block, model)
                digest.update(block)
                size += len(block)
                progress(size)
    except urllib.error.HTTPError as error:
        raise ModelRefused(
            f"model file {model.name}: {source.of(model)} answered {error.code} {error.reason}, "
            "expected 200"
        ) from error
    except (OSError, HTTPException) as error:
        raise ModelRefused(
            f"model file {model.name}: {source.of(model)} gave {size} bytes and no more, expected "
            f"{model.size_bytes}: {_reason(error)}"
        ) from error
    return FileFound(size, digest.hexdigest())


def _write(file: BinaryIO, block: bytes, model: ModelFile) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise ModelsDirectoryUnusable(
            f"models directory: {model.name} cannot be written: {error.strerror}"
        ) from error


@contextlib.contextmanager
def _opened(source: Source, model: ModelFile, timeout_s: float) -> Iterator[BinaryIO]:
    if source.over_http:
        request = urllib.request.Request(source.of(model), headers={"User-Agent": "vendtower"})
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            yield answer
    else:
        with Path(source.of(model)).open("rb") as stream:
            yield stream


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _sync_directory(directory: Path) -> None:
    """The new name has to survive a power cut too."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
