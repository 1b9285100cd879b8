"""The port ``EvidenceStore`` as one file per content in a directory of its own."""

import asyncio
import hashlib
import os
from datetime import datetime
from pathlib import Path

from vendtower.domain.errors import LocalFault

DIRECTORY = "evidence"


class EvidenceFiles:
    """Files under ``evidence`` in the state directory, readable by the service alone."""

    def __init__(self, state_directory: Path) -> None:
        self._directory = state_directory / DIRECTORY

    async def keep(self, content: bytes) -> str:
        """Write once; the same content again is there already."""
        return await asyncio.to_thread(self._keep, content)

    async def read(self, sha256: str) -> bytes:
        """The content, checked against its name."""
        return await asyncio.to_thread(self._read, sha256)

    async def erase(self, sha256: str) -> None:
        """Remove it."""
        await asyncio.to_thread(self._erase, sha256)

    async def written_before(self, utc: datetime) -> tuple[str, ...]:
        """By the time that the file system has noted."""
        return await asyncio.to_thread(self._written_before, utc.timestamp())

    def _keep(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._directory / sha256
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return sha256
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync(self._directory)
        except OSError as error:
            raise LocalFault(f"evidence {path}: cannot be written: {error.strerror}") from error
        return sha256

    def _read(self, sha256: str) -> bytes:
        path = self._directory / sha256
        try:
            content = path.read_bytes()
        except OSError as error:
            raise LocalFault(f"evidence {path}: cannot be read: {error.strerror}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise LocalFault(f"evidence {path}: found content {found[:12]}, expected its name")
        return content

    def _erase(self, sha256: str) -> None:
        try:
            (self._directory / sha256).unlink(missing_ok=True)
        except OSError as error:
            raise LocalFault(f"evidence {sha256}: cannot be removed: {error.strerror}") from error

    def _written_before(self, time_s: float) -> tuple[str, ...]:
        if not self._directory.is_dir():
            return ()
        try:
            with os.scandir(self._directory) as files:
                return tuple(file.name for file in files if file.stat().st_mtime < time_s)
        except OSError as error:
            raise LocalFault(
                f"evidence {self._directory}: cannot be listed: {error.strerror}"
            ) from error


def _sync(directory: Path) -> None:
    """A new name is on the disk only once its directory is."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
