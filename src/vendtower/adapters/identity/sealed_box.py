"""Opening what the cloud sealed to this tower's key, and keeping that key.

Format (see ``docs/cloud_sealing.md``): ``ephemeral_public(32) || nonce(12) || ciphertext+tag``,
AES-256-GCM under HKDF-SHA256 of the X25519 shared secret (RFC 7748, RFC 5869), bound to the
reservation id.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vendtower.adapters.identity.key_file import KeyFileUnusable, read_keys, write_new
from vendtower.domain.errors import PeerFault

__all__ = ["KeyFileUnusable", "SealBroken", "SealedBoxOpener", "create_key_file", "public_key_of"]

_INFO = b"vendtower portrait v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


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
        keys = read_keys(path)
        if len(keys) != 1:
            raise KeyFileUnusable(f"key file {path}: {len(keys)} keys found, expected 1")
        return cls(X25519PrivateKey.from_private_bytes(keys[0]))

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
    write_new(path, [private.private_bytes_raw()])
    return SealedBoxOpener(private).public_key
