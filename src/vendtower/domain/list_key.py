"""Public keys with which anybody could sign."""

import base64

_PRIME = 2**255 - 19
_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
_WEAK_Y = {0, 1, _PRIME - 1, *(int.from_bytes(bytes.fromhex(y), "little") for y in _ORDER_8)}
"""Of the curve's eight points of small order (RFC 7748, section 7: the cofactor is 8)."""


def is_weak(ed25519: str) -> bool:
    """Whether this key has small order: 32 zeros put in for the time being, for instance.

    A signature under such a key is found in a few tries without any private key, and the
    verification of RFC 8032 takes it. ``ed25519`` is base64 of 32 bytes.
    """
    y = int.from_bytes(base64.b64decode(ed25519, validate=True), "little") & (2**255 - 1)
    return y % _PRIME in _WEAK_Y
