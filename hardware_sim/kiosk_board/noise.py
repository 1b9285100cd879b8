"""A bad line: chunks of bytes damaged, lost or doubled, from a seed."""

from __future__ import annotations

from random import Random


class LineNoise:
    """What happens to each chunk on its way; the three shares are of all chunks, 0 to 1."""

    def __init__(
        self, seed: int, *, damaged: float = 0.0, lost: float = 0.0, doubled: float = 0.0
    ) -> None:
        if damaged + lost + doubled > 1:
            raise ValueError(
                f"line noise: shares add up to {damaged + lost + doubled}, expected at most 1"
            )
        self.chunks = 0
        self.touched = 0
        self._random = Random(seed)
        self._damaged = damaged
        self._lost = lost
        self._doubled = doubled

    def carry(self, chunk: bytes) -> bytes:
        """What arrives of the chunk."""
        if not chunk:
            return chunk
        self.chunks += 1
        share = self._random.random()
        if share >= self._damaged + self._lost + self._doubled:
            return chunk
        self.touched += 1
        if share < self._damaged:
            return self._damage(chunk)
        return b"" if share < self._damaged + self._lost else chunk + chunk

    def _damage(self, chunk: bytes) -> bytes:
        damaged = bytearray(chunk)
        damaged[self._random.randrange(len(chunk))] ^= 1 << self._random.randrange(8)
        return bytes(damaged)
