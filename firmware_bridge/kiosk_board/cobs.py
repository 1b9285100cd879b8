"""Consistent Overhead Byte Stuffing: bytes without any zero, so that zero can end a frame.

Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking
7(2), 1999. An own implementation rather than the PyPI package ``cobs``: forty lines, which the
firmware mirrors in C line by line, against a compiled dependency in the installed product. The
package serves as an independent oracle in the tests.
"""

from firmware_bridge.errors import CodecError

_RUN_MAX = 254
"""Bytes that one code byte can stand before."""


def encode(data: bytes) -> bytes:
    """The same content without a zero byte; one byte longer for every begun 254."""
    encoded = bytearray()
    run = bytearray()
    for byte in data:
        # Only once another byte follows: a full run at the very end implies no zero.
        if len(run) == _RUN_MAX:
            encoded.append(0xFF)
            encoded += run
            run.clear()
        if byte == 0:
            encoded.append(len(run) + 1)
            encoded += run
            run.clear()
        else:
            run.append(byte)
    encoded.append(len(run) + 1)
    return bytes(encoded + run)


def decode(encoded: bytes) -> bytes:
    """What :func:`encode` was given.

    Raises:
        CodecError: for nothing at all, for a zero inside, or for an end before its time.

    """
    if not encoded:
        raise CodecError("COBS: found no byte, expected at least one")
    if 0 in encoded:
        raise CodecError(f"COBS: found a zero at byte {encoded.index(0)}, expected none inside")
    data = bytearray()
    at = 0
    while at < len(encoded):
        code = encoded[at]
        run = encoded[at + 1 : at + code]
        if len(run) != code - 1:
            raise CodecError(
                f"COBS: byte {at} announces {code - 1} bytes, found {len(run)} before the end"
            )
        data += run
        at += code
        if code <= _RUN_MAX and at < len(encoded):
            data.append(0)
    return bytes(data)
