"""Opening what the cloud sealed to this tower's key, and keeping that key.

Format (see ``docs/cloud_sealing.md``): ``ephemeral_public(32) || nonce(12) || ciphertext+tag``,
AES-256-GCM under HKDF-SHA256 of the X25519 shared secret (RFC 7748, RFC 5869), bound to the
reservation id.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vendtower.domain.errors import LocalFault, PeerFault

_INFO = b"vendtower portrait v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class KeyFileUnusable(LocalFault):
    """The tower's key file is missing, readable by others, or not a key."""


class SealBroken(PeerFault):
    """The sealed bytes were not made for this tower and reservation, or were changed."""


class SealedBoxOpener:
    """Opens sealed pictures with the tower's private key."""

    def __init__(self, private_key: X25519PrivateKey) -> None:
        self._private = private_key
        self._public_bytes = private_key.public_key().public_bytes_raw()

    @classmethod
    def from_file(cls, path: Path) -> SealedBoxOpener:
        """Read the key file.

        Raises:
            KeyFileUnusable: see there; the message says what to do.

        """
        return cls(X25519PrivateKey.from_private_bytes(_read_key(path)))

    @property
    def public_key(self) -> str:
        """What the cloud seals to, base64."""
        return base64.b64encode(self._public_bytes).decode()

    def open(self, sealed: bytes, reservation_id: str) -> bytes:
        """The picture inside.

        Raises:
            SealBroken: made for another tower or reservation, changed, or too short.

        """
        shortest = _KEY_BYTES + _NONCE_BYTES + _TAG_BYTES
        if len(sealed) < shortest:
            raise SealBroken(
                f"sealed picture: {len(sealed)} bytes found, expected at least {shortest}"
            )
        ephemeral = sealed[:_KEY_BYTES]
        nonce = sealed[_KEY_BYTES : _KEY_BYTES + _NONCE_BYTES]
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
            key = HKDF(SHA256(), 32, salt=ephemeral + self._public_bytes, info=_INFO).derive(shared)
            return AESGCM(key).decrypt(
                nonce, sealed[_KEY_BYTES + _NONCE_BYTES :], reservation_id.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                "sealed picture: the seal does not open; it was made for another tower's key or "
                "another reservation, or was changed on the way"
            ) from error


def public_key_of(path: Path) -> str:
    """Base64 of the public key that belongs to a key file, for the boot report.

    Raises:
        KeyFileUnusable: see there.

    """
    return SealedBoxOpener.from_file(path).public_key


def create_key_file(path: Path) -> str:
    """Make a new key, readable by its owner alone; gives the public key, base64.

    Raises:
        KeyFileUnusable: the file is already there (a key in use is never overwritten) or the
            place cannot be written.

    """
    private = X25519PrivateKey.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise KeyFileUnusable(f"key file {path}: already there, and not overwritten") from error
    except OSError as error:
        raise KeyFileUnusable(f"key file {path}: cannot be written: {error.strerror}") from error
    return SealedBoxOpener(private).public_key


def _forbidden_bits(path: Path) -> int:
    """Permissions that a key file must not give; in a service's credentials one is harmless.

    systemd lets the service's user at a credential by an access list, whose mask stands where
    the group's permissions would; the directory is the service's own (systemd.exec(5)).
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and path.parent == Path(credentials):
        return 0o077 & ~stat.S_IRGRP
    return 0o077


def _read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & _forbidden_bits(path):
                raise KeyFileUnusable(
                    f"key file {path}: mode {mode:04o} lets group or others at it, expected 0600 "
                    f"(chmod 600)"
                )
            text = file.read(1024)
    except OSError as error:
        raise KeyFileUnusable(f"key file {path}: cannot be read: {error.strerror}") from error
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise KeyFileUnusable(
            f"key file {path}: not base64, expected 32 bytes in base64"
        ) from error
    if len(key) != _KEY_BYTES:
        raise KeyFileUnusable(f"key file {path}: {len(key)} bytes found, expected {_KEY_BYTES}")
    return key
