"""The computer that the controller runs on, as far as alarms need to know."""

from typing import Protocol


class Host(Protocol):
    """Quick, and never raises: None says that it cannot be known."""

    def free_disk_bytes(self) -> int | None:
        """Bytes that may still be written where the journal stands."""
        ...
