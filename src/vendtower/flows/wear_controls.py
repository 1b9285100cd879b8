"""What people may ask about counters and parts."""

from collections.abc import Sequence
from typing import Protocol

from vendtower.domain.wear import Meter, PartState, SignOff
from vendtower.flows.controls import ControlAnswer
from vendtower.ports.journal import MeterDay


class WearControls(Protocol):
    """Reading the history raises ``JournalFault``; nothing else raises."""

    def meters(self) -> Sequence[Meter]:
        """Every counter as it stands."""
        ...

    def parts(self) -> Sequence[PartState]:
        """Every part as it stands, the most urgent first."""
        ...

    def blocking(self, state: PartState) -> bool:
        """Whether new movements wait for this part's sign-off."""
        ...

    async def days(self, days: int) -> Sequence[MeterDay]:
        """The counters at the end of each of the last days."""
        ...

    async def records(self, limit: int) -> Sequence[SignOff]:
        """What was done about parts, newest first."""
        ...

    async def sign(self, part_id: str, by: str, note: str, *, replaced: bool) -> ControlAnswer:
        """A named person has inspected the part, or fitted a new one."""
        ...
