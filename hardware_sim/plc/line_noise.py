"""A bad serial line: bits flipped, bytes lost, bytes that nobody sent."""

from __future__ import annotations

from random import Random


class LineNoise:
    """What happens to bytes on their way, from a seed.

    ``flipped``, ``lost`` and ``added`` are shares of all bytes, 0 to 1: one bit of the byte is
    turned over, the byte does not arrive, another byte arrives after it.
    """

    def __init__(
        self, seed: int, *, flipped: float = 0.0, lost: float = 0.0, added: float = 0.0
    ) -> None:
        if min(flipped, lost, added) < 0 or flipped + lost + added > 1:
            raise ValueError(
                f"line noise: shares {flipped:g}, {lost:g} and {added:g}, "
                "expected none below 0 and at most 1 together"
            )
        self.carried = 0
        """Bytes that were sent."""
        self.touched = 0
        """Bytes of them that something happened to."""
        self._random = Random(seed)
        self._flipped = flipped
        self._lost = lost
        self._added = added

    def carry(self, data: bytes) -> bytes:
        """What arrives of the bytes."""
        arrived = bytearray()
        for byte in data:
            self.carried += 1
            fate = self._random.random()
            if fate >= self._flipped + self._lost + self._added:
                arrived.append(byte)
                continue
            self.touched += 1
            if fate < self._flipped:
                arrived.append(byte ^ 1 << self._random.randrange(8))
            elif fate >= self._flipped + self._lost:
                arrived += bytes((byte, self._random.randrange(256)))
        return bytes(arrived)
