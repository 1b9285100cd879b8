"""How a mistake in a site file is told."""

from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the file's root, for instance ``("lifts", 0, "number")``."""


@dataclass(frozen=True)
class SiteFinding:
    """One thing that is wrong in a site file."""

    path: KeyPath
    found: str
    """The value as it would stand in the file, or what is missing."""
    expected: str
