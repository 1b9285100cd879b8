"""The tower's answers about movements, the ledger and a car that has to be rescued."""

from vendtower.flows import job_orders
from vendtower.flows.controls import ControlAnswer
from vendtower.flows.tower import Tower


class LedgerDesk:
    """Fulfils ``LedgerControls``."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    async def stop_job(self, job_id: int, by: str) -> ControlAnswer:
        """Ask the PLC to stop a lift's job at once."""
        return await job_orders.stop_job(self._tower, job_id, by)

    async def finish_job(self, job_id: int, by: str) -> ControlAnswer:
        """Let a job go on to its end, and nothing follow."""
        return await job_orders.finish_job(self._tower, job_id, by)
