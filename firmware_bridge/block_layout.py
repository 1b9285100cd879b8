"""Where the values of a block stand in its bytes, worked out once for all readings of it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

_CODES = {"u16": "H", "enum": "H", "bits": "H", "i16": "h", "u32": "I", "i32": "i"}


class BlockLayout:
    """Takes the integers out of a block in one go; texts and bitmaps stay bytes.

    ``fields`` are name, type, offset and words of each field in the order of their offsets;
    ``size`` is the block's number of words.
    """

    def __init__(self, size: int, fields: Iterable[tuple[str, str, int, int]]) -> None:
        self.names: list[str] = []
        self.long: list[tuple[str, str]] = []
        """Name and type of the fields that are not one integer."""
        self._words = struct.Struct(f">{size}H")
        codes, at = [], 0
        for name, type_name, offset, words in fields:
            codes.append("2x" * (offset - at))
            code = _CODES.get(type_name)
            codes.append(code or f"{2 * words}s")
            if code is None:
                self.long.append((name, type_name))
            self.names.append(name)
            at = offset + words
        codes.append("2x" * (size - at))
        self._values = struct.Struct(">" + "".join(codes))

    def unpack(self, words: Sequence[int]) -> dict[str, int | bytes]:
        """The values by name; :class:`struct.error` for anything but 16-bit words, or too few."""
        return dict(zip(self.names, self._values.unpack(self._words.pack(*words)), strict=True))
