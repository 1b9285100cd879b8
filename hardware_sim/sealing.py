"""Sealing a customer's picture to a tower's public key, as the cloud has to do it.

Written from ``docs/cloud_sealing.md`` alone, so that it judges the tower's own opening.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(
    picture: bytes,
    *,
    tower_public_key: str,
    reservation_id: str,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Encrypt so that only this tower can open it, and only for this reservation.

    ``tower_public_key`` is the base64 text of the tower's boot report. ``random_bytes`` may be
    replaced where a run has to repeat itself; never outside a simulation.

    Raises:
        ValueError: the public key is not 32 bytes in base64.

    """
    recipient = base64.b64decode(tower_public_key, validate=True)
    if len(recipient) != 32:
        raise ValueError(f"tower public key: {len(recipient)} bytes found, expected 32")
    ephemeral = x25519.X25519PrivateKey.from_private_bytes(random_bytes(32))
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    derivation = HKDF(
        algorithm=hashes.SHA256(),
        length=32,
        salt=ephemeral_public + recipient,
        info=b"vendtower portrait v1",
    )
    key = derivation.derive(ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(recipient)))
    nonce = random_bytes(12)
    ciphertext = AESGCM(key).encrypt(nonce, picture, reservation_id.encode("utf-8"))
    return ephemeral_public + nonce + ciphertext
