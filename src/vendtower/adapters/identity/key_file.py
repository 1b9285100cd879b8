"""Files with secrets: who may read them, and what stands in them."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path

from vendtower.domain.errors import LocalFault

KEY_BYTES = 32
_TEXT_BYTES_MAX = 4096


class KeyFileUnusable(LocalFault):
    """A key file is missing, somebody else's, readable by others, or holds no key."""


def read_keys(path: Path) -> list[bytes]:
    """The keys of the file, one in base64 on each line.

    Raises:
        KeyFileUnusable: see there; the message says what to do.

    """
    lines = [line.strip() for line in _read(path).splitlines() if line.strip()]
    keys = [_key(path, line) for line in lines]
    if not keys:
        raise KeyFileUnusable(f"key file {path}: 0 bytes found, expected {KEY_BYTES} in base64")
    return keys


def write_new(path: Path, keys: list[bytes]) -> None:
    """Make a key file, readable by its owner alone; one that is there is never overwritten.

    Raises:
        KeyFileUnusable: it is there already, or its place cannot be written.

    """
    try:
        _write(path, keys)
    except FileExistsError as error:
        raise KeyFileUnusable(f"key file {path}: already there, and not overwritten") from error
    except OSError as error:
        raise KeyFileUnusable(f"key file {path}: cannot be written: {error.strerror}") from error


def replace_keys(path: Path, keys: list[bytes]) -> None:
    """Put other keys into a key file: all of them or, after a power cut, those before.

    Raises:
        KeyFileUnusable: its place cannot be written.

    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        _write(beside, keys)
        beside.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise KeyFileUnusable(f"key file {path}: cannot be written: {error.strerror}") from error


def _write(path: Path, keys: list[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            _check(path, os.fstat(file.fileno()))
            return file.read(_TEXT_BYTES_MAX)
    except OSError as error:
        raise KeyFileUnusable(f"key file {path}: cannot be read: {error.strerror}") from error


def _check(path: Path, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if mode & _forbidden_bits(path):
        raise KeyFileUnusable(
            f"key file {path}: mode {mode:04o} lets group or others at it, expected 0600 "
            f"(chmod 600)"
        )
    # Whoever owns it could give themselves its bits back; root could anyway.
    if found.st_uid not in {0, os.geteuid()}:
        raise KeyFileUnusable(
            f"key file {path}: belongs to user {found.st_uid}, expected {os.geteuid()} or root "
            "(chown)"
        )


def _forbidden_bits(path: Path) -> int:
    """Permissions that a key file must not give; in a service's credentials one is harmless.

    systemd lets the service's user at a credential by an access list, whose mask stands where
    the group's permissions would; the directory is the service's own (systemd.exec(5)).
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and path.parent == Path(credentials):
        return 0o077 & ~stat.S_IRGRP
    return 0o077


def _key(path: Path, line: bytes) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise KeyFileUnusable(
            f"key file {path}: not base64, expected 32 bytes in base64"
        ) from error
    if len(key) != KEY_BYTES:
        raise KeyFileUnusable(f"key file {path}: {len(key)} bytes found, expected {KEY_BYTES}")
    return key
