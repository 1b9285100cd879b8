"""The computer that the controller runs on, as far as alarms need to know."""

from typing import Protocol


class Host(Protocol):
    """Both calls are quick and never raise: None says that it cannot be known."""

    def free_disk_bytes(self) -> int | None:
        """Bytes that may still be written where the journal stands."""
        ...

    def clock_synchronised(self) -> bool | None:
        """Whether the system's clock follows a time server."""
        ...
