"""The tower's answers about movements, the ledger and a car that has to be rescued."""

from vendtower.domain.audit import Audit
from vendtower.domain.errors import LocalFault
from vendtower.flows import job_orders, tower_audit
from vendtower.flows.controls import ControlAnswer, NotDone
from vendtower.flows.tower import Tower


class LedgerDesk:
    """Fulfils ``LedgerControls``."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    async def stop_job(self, job_id: int, by: str) -> ControlAnswer:
        """Ask the PLC to stop a lift's job at once."""
        return await job_orders.stop_job(self._tower, job_id, by)

    def audit(self) -> Audit:
        """The ledger against the sensors, place by place, now."""
        return tower_audit.audit(self._tower)

    async def record_audit(self, by: str) -> Audit | NotDone:
        """The same, journaled under a person's name."""
        if not by.strip():
            return NotDone("an audit goes on record under a name: none was given")
        try:
            return await tower_audit.record_audit(self._tower, by)
        except LocalFault as fault:
            return NotDone(str(fault))

    async def finish_job(self, job_id: int, by: str) -> ControlAnswer:
        """Let a job go on to its end, and nothing follow."""
        return await job_orders.finish_job(self._tower, job_id, by)
