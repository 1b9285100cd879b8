"""One mistake in a site file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WrongSite:
    """The example site with one text replaced, and every finding about it."""

    name: str
    old: str
    new: str
    findings: tuple[str, ...]
