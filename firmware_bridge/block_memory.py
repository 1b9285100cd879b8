"""Status blocks that are read again and again: what tells the same is not worked out anew.

At rest every reading of a block differs from the one before in its counters and clocks alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from firmware_bridge.plc_image import (
    OF_ITS_LIFE,
    Reading,
    check_frame,
    check_ranges,
    decode_checked,
)
from firmware_bridge.register_map import Block
from firmware_bridge.words import Value, decode_field


class BlockMemory:
    """The last good words of one status block and what they meant."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._life = [field for field in block.fields if field.name in OF_ITS_LIFE]
        self._life_words = [
            at for field in self._life for at in range(field.offset, field.offset + field.words)
        ]
        self._still: list[int] = []
        self._values: dict[str, Value] = {}
        self._told = object()

    def reading(self, words: Sequence[int], read_at_s: float) -> Reading:
        """What the words mean; raises as :func:`firmware_bridge.plc_image.decode_checked`."""
        still = list(words)
        if len(still) == self._block.size:
            for at in self._life_words:
                still[at] = 0
        if still == self._still:
            check_frame(self._block, words)
            life = {f.name: decode_field(f, words, f.offset) for f in self._life}
            check_ranges(self._block, life)
            values = {**self._values, **life}
        else:
            values = decode_checked(self._block, words)
            self._still, self._values, self._told = still, values, object()
        return Reading(values, read_at_s, self._told)
