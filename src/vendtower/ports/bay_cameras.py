"""The cameras in the bays: one still picture each, when the tower asks."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class BayPicture:
    """One JPEG."""

    source: str
    """The camera, as people tell it from the others: ``bay 1 camera 2``."""
    jpeg: bytes


@dataclass(frozen=True)
class NoPicture:
    """A camera that gave nothing."""

    source: str
    why: str


class BayCameras(Protocol):
    """All bays' cameras."""

    async def pictures(self, bay: int) -> tuple[BayPicture | NoPicture, ...]:
        """One answer for each camera of the bay; none raises, none takes longer than a few
        seconds.
        """
        ...
