"""What people may ask about movements, the ledger and a car that has to be rescued."""

from collections.abc import Sequence
from typing import Protocol

from vendtower.domain.audit import Audit
from vendtower.domain.rescue import Rescue
from vendtower.flows.controls import ControlAnswer, NotDone
from vendtower.flows.rescue import StepWord


class LedgerControls(Protocol):
    """Every call answers with a sentence that a person can act on; none raises."""

    async def stop_job(self, job_id: int, by: str) -> ControlAnswer:
        """A named person wants the lift's job stopped at once; the PLC decides."""
        ...

    def audit(self) -> Audit:
        """The ledger against the sensors, place by place, now."""
        ...

    async def record_audit(self, by: str) -> Audit | NotDone:
        """The same, journaled under a person's name."""
        ...

    async def finish_job(self, job_id: int, by: str) -> ControlAnswer:
        """A named person wants that nothing follows the job."""
        ...

    def rescues(self) -> Sequence[Rescue]:
        """Every rescue that is under way, and the last that ended."""
        ...

    async def begin_rescue(self, car: str, lift: int, reason: str, by: str) -> ControlAnswer:
        """A named person begins to bring a car out of a dead machine by hand."""
        ...

    async def confirm_rescue(self, number: int, word: StepWord) -> ControlAnswer:
        """A named person says that the present step is done."""
        ...

    async def cancel_rescue(self, number: int, reason: str, by: str) -> ControlAnswer:
        """It was not needed, and nobody has touched the car."""
        ...
