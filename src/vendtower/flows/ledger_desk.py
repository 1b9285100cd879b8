"""The tower's answers about movements, the ledger and a car that has to be rescued."""

from collections.abc import Sequence

from vendtower.domain.audit import Audit
from vendtower.domain.errors import LocalFault
from vendtower.domain.rescue import Rescue
from vendtower.flows import job_orders, rescue, tower_audit
from vendtower.flows.controls import ControlAnswer, NotDone
from vendtower.flows.rescue import StepWord
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

    def rescues(self) -> Sequence[Rescue]:
        """Every rescue that is under way, and the last that ended."""
        return self._tower.book.facts(Rescue)

    async def begin_rescue(self, car: str, lift: int, reason: str, by: str) -> ControlAnswer:
        """Hold lift and car for people who bring it out by hand."""
        return await rescue.begin(self._tower, car, lift, reason, by)

    async def confirm_rescue(self, number: int, word: StepWord) -> ControlAnswer:
        """Note one step, against the sensors."""
        return await rescue.confirm(self._tower, number, word)

    async def cancel_rescue(self, number: int, reason: str, by: str) -> ControlAnswer:
        """End a rescue that was not needed."""
        return await rescue.cancel(self._tower, number, reason, by)
