"""Keys that take signatures which nobody has made."""

import base64
from itertools import product

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hardware_sim.list_signing import ListSigner
from vendtower.domain.list_key import is_weak

SMALL_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]
POINTS = [key[:31] + bytes([key[31] | sign]) for key in SMALL_ORDER for sign in (0, 0x80)]


def is_forged(key: bytes) -> bool:
    """Whether some message has a signature that was made without any private key."""
    found = Ed25519PublicKey.from_public_bytes(key)
    for number, point in product(range(64), POINTS):
        try:
            found.verify(point + bytes(32), f"message {number}".encode())
        except InvalidSignature:
            continue
        return True
    return False


@pytest.mark.parametrize("key", SMALL_ORDER, ids=lambda key: key.hex()[:8])
def test_a_key_that_anybody_signs_for_is_weak(key: bytes) -> None:
    assert is_forged(key)
    assert is_weak(base64.b64encode(key).decode())


def test_so_it_is_in_every_spelling() -> None:
    spelled = [(y + 2**255 - 19).to_bytes(32, "little") for y in (0, 1)]
    for key in [*POINTS, *spelled]:
        assert is_weak(base64.b64encode(key).decode())


def test_a_key_that_was_made_is_not_weak() -> None:
    signer = ListSigner(b"k" * 32)
    assert not is_weak(signer.public_key)
    assert not is_forged(base64.b64decode(signer.public_key))
