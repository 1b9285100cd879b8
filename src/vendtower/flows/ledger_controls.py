"""What people may ask about movements, the ledger and a car that has to be rescued."""

from typing import Protocol

from vendtower.domain.audit import Audit
from vendtower.flows.controls import ControlAnswer, NotDone


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
