"""Templates at rest: sealed by the identity process, so that nobody else ever has one in clear.

Format: ``VTT1 || key id(8) || nonce(12) || ciphertext+tag``, AES-256-GCM (NIST SP 800-38D), bound
to the reservation id and the key id. Inside: engine and model as JSON with its length before it,
then the descriptor as little-endian doubles.

The key file holds one key on each line. The first seals; the others only open what was sealed
before a rotation.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vendtower.adapters.identity.engine import Template
from vendtower.adapters.identity.key_file import KEY_BYTES, read_keys, replace_keys, write_new
from vendtower.domain.errors import LocalFault

_MAGIC = b"VTT1"
_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_LENGTH = struct.Struct("<H")
_INFO = b"vendtower template v1"


class TemplateRefused(LocalFault):
    """Sealed bytes that are damaged, another reservation's, or of a key that is not here."""


class Vault:
    """Seals and opens templates."""

    def __init__(self, keys: list[bytes]) -> None:
        self._ids = [key_id(key) for key in keys]
        self._ciphers = {name: AESGCM(key) for name, key in zip(self._ids, keys, strict=True)}

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """Read the key file.

        Raises:
            KeyFileUnusable: see there.

        """
        return cls(read_keys(path))

    def seal(self, template: Template, reservation_id: str) -> bytes:
        """The template under the newest key."""
        newest = self._ids[0]
        nonce = os.urandom(_NONCE_BYTES)
        head = json.dumps([template.engine, template.model]).encode()
        numbers = np.ascontiguousarray(template.descriptor, "<f8").tobytes()
        sealed = self._ciphers[newest].encrypt(
            nonce, _LENGTH.pack(len(head)) + head + numbers, _bound_to(reservation_id, newest)
        )
        return _MAGIC + newest + nonce + sealed

    def is_stale(self, sealed: bytes) -> bool:
        """Whether it was sealed under an older key, and should be sealed anew."""
        return sealed[len(_MAGIC) : len(_MAGIC) + _ID_BYTES] != self._ids[0]

    def open(self, sealed: bytes, reservation_id: str) -> Template:
        """The template inside.

        Raises:
            TemplateRefused: see there; the message says which.

        """
        begin = len(_MAGIC) + _ID_BYTES
        if len(sealed) < begin + _NONCE_BYTES + _TAG_BYTES or sealed[: len(_MAGIC)] != _MAGIC:
            raise TemplateRefused(f"sealed template: {len(sealed)} bytes that are none")
        name = sealed[len(_MAGIC) : begin]
        cipher = self._ciphers.get(name)
        if cipher is None:
            known = ", ".join(each.hex() for each in self._ids)
            raise TemplateRefused(
                f"sealed template: found key {name.hex()}, expected one of {known}"
            )
        nonce, body = sealed[begin : begin + _NONCE_BYTES], sealed[begin + _NONCE_BYTES :]
        try:
            return _unpacked(cipher.decrypt(nonce, body, _bound_to(reservation_id, name)))
        except (InvalidTag, ValueError, struct.error) as error:
            raise TemplateRefused(
                "sealed template: does not open; it was changed, or is another reservation's"
            ) from error


def _bound_to(reservation_id: str, name: bytes) -> bytes:
    return _INFO + name + reservation_id.encode()


def _unpacked(plain: bytes) -> Template:
    (length,) = _LENGTH.unpack_from(plain)
    engine, model = json.loads(plain[_LENGTH.size : _LENGTH.size + length])
    numbers = np.frombuffer(plain[_LENGTH.size + length :], "<f8")
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError("no descriptor")
    return Template(str(engine), str(model), numbers.copy())


def key_id(key: bytes) -> bytes:
    """What names a key without telling anything of it."""
    return hashlib.sha256(b"vendtower vault key id" + key).digest()[:_ID_BYTES]


def create_vault_key(path: Path) -> str:
    """Make a key file with one key; its id in hex.

    Raises:
        KeyFileUnusable: it is there already, or its place cannot be written.

    """
    key = os.urandom(KEY_BYTES)
    write_new(path, [key])
    return key_id(key).hex()


def rotate_vault_key(path: Path) -> list[str]:
    """Put a new key before the others; the ids of all, the one that seals first.

    Raises:
        KeyFileUnusable: the file cannot be read or written.

    """
    keys = [os.urandom(KEY_BYTES), *read_keys(path)]
    replace_keys(path, keys)
    return [key_id(key).hex() for key in keys]


def prune_vault_key(path: Path) -> list[str]:
    """Keep the newest key alone; the ids of those that are gone.

    Raises:
        KeyFileUnusable: the file cannot be read or written.

    """
    newest, *older = read_keys(path)
    replace_keys(path, [newest])
    return [key_id(key).hex() for key in older]
