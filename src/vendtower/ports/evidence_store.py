"""Files of evidence in the state directory, named by their content."""

from datetime import datetime
from typing import Protocol


class EvidenceStore(Protocol):
    """All calls may raise ``LocalFault``, which names the file and what failed."""

    async def keep(self, content: bytes) -> str:
        """Write the content so that it survives a power cut; its SHA-256 in hex."""
        ...

    async def read(self, sha256: str) -> bytes:
        """The content, checked against its name."""
        ...

    async def erase(self, sha256: str) -> None:
        """Remove it; one that is not there is gone already."""
        ...

    async def written_before(self, utc: datetime) -> tuple[str, ...]:
        """The names of all files that were written before then, unfinished ones included."""
        ...
