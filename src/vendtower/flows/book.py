"""The tower's book: what the journal holds, looked up, and changed only through the journal."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from vendtower.domain.case import Case
from vendtower.domain.delivery import Carriage
from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff
from vendtower.domain.job import Job, Verb, last_reaches
from vendtower.domain.ledger import Ledger, LedgerConflict, LedgerLine
from vendtower.domain.pickup import ENDED, Visit
from vendtower.flows.memory import Memory
from vendtower.flows.news import Bell
from vendtower.ports.journal import Change, Journal, JournalFault, OutboxCounts
from vendtower.ports.standing import Standing

FactT = TypeVar("FactT", bound=Standing)

STALLED_S = 15.0
"""A journal that takes longer over a change cannot be written, until it is through with it."""


class Book(Memory):
    """State in memory equals state on disk: a change is committed first and shown afterwards."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal
        self.bell = Bell()
        self.owing = asyncio.Event()
        """Set when the outbox may hold something new."""
        self.uncounted = asyncio.Event()
        """Set when ``outbox`` may have to be counted again."""
        self.fault = ""
        """Why the last change could not be written, or is not yet after long; empty when it was."""
        self.outbox = OutboxCounts(0, 0, 0)
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Continue from the journal.

        Raises:
            JournalFault: when it cannot be read.
        """
        self._take_up(await self.journal.load())
        self.outbox = await self.journal.outbox_counts()
        self.owing.set()

    async def record(
        self, decide: Callable[[], Change | None], then: Callable[[], None] | None = None
    ) -> Change | None:
        """Decide on a change and commit it, with nobody else in between.

        ``decide`` looks at the book as it is at that moment; None means that nothing is to be
        done. What ``decide`` raises leaves everything as it was. ``then`` is called once the
        change is remembered, before anybody else decides, also for a caller who has gone.

        Raises:
            JournalFault: the change could not be written; nothing has changed.
            LedgerConflict: the change would put two cars into one place.
        """
        await self._lock.acquire()
        try:
            change = decide()
            ledger = self.ledger if change is None else _with_lines(self.ledger, change)
        except BaseException:
            self._lock.release()
            raise
        if change is None:
            self._lock.release()
            return None
        # Cancelling the caller must not tear "written" from "remembered", nor let the next one
        # decide on what is not remembered yet: the commit itself gives the lock back.
        committing = asyncio.ensure_future(self._commit_and(change, ledger, then))
        committing.add_done_callback(self._committed)
        await asyncio.shield(committing)
        return change

    def _committed(self, committing: asyncio.Future[None]) -> None:
        self._lock.release()
        if not committing.cancelled():
            # Looked at here, for a cancelled caller will not.
            committing.exception()

    async def _commit_and(
        self, change: Change, ledger: Ledger, then: Callable[[], None] | None
    ) -> None:
        await self._commit(change, ledger)
        if then is not None:
            then()

    async def _commit(self, change: Change, ledger: Ledger) -> None:
        stalls = asyncio.get_running_loop().call_later(STALLED_S, self._stalls)
        try:
            await self.journal.commit(change)
        except JournalFault as fault:
            self.fault = str(fault)
            raise
        finally:
            stalls.cancel()
        self.fault = ""
        self._remember(change, ledger)
        if any(event.owed for event in change.events):
            self.owing.set()
            self.uncounted.set()
        self.bell.ring()

    def _stalls(self) -> None:
        """Everybody who wants to write waits; whoever only looks has to hear of it."""
        self.fault = f"the journal has not taken a change in {STALLED_S:.0f} s; look at its disk"
        self.bell.ring()

    async def refresh_outbox(self) -> None:
        """Count again what the cloud is owed."""
        before, self.outbox = self.outbox, await self.journal.outbox_counts()
        if self.outbox != before:
            self.bell.ring()

    def open_job(self, mailbox: int) -> Job | None:
        """The job of this mailbox that has not ended."""
        for job in self.open_jobs():
            if job.mailbox == mailbox and job.verb is not Verb.ABORT:
                return job
        return None

    def open_jobs(self) -> tuple[Job, ...]:
        """Every job that has not ended, doors and aborts included."""
        return self.derived("open jobs", self._open_jobs)

    def _open_jobs(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs.values() if job.is_open)

    def last_reaches(self) -> Mapping[int, Job]:
        """Each lift's last job that may have sent its shuttle out."""
        return self.derived("last reaches", lambda: last_reaches(self.jobs.values()))

    def facts(self, kind: type[FactT]) -> tuple[FactT, ...]:
        """Every standing fact of this kind, ended ones included, in the order they began."""
        return self.derived(f"facts: {kind.__name__}", lambda: self._facts(kind))

    def _facts(self, kind: type[FactT]) -> tuple[FactT, ...]:
        return tuple(fact for fact in self.standing.values() if isinstance(fact, kind))

    def open_cases(self) -> list[Case]:
        """Every question that waits for a person."""
        return [*self.derived("open cases", self._open_cases)]

    def _open_cases(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases.values() if case.is_open)

    def open_visits(self) -> list[Visit]:
        """Every visit that has not ended."""
        return [*self.derived("open visits", self._open_visits)]

    def _open_visits(self) -> tuple[Visit, ...]:
        return tuple(visit for visit in self.visits.values() if visit.state not in ENDED)

    def open_dropoffs(self) -> list[Dropoff]:
        """Every car on its way in."""
        return [*self.derived("open dropoffs", self._open_dropoffs)]

    def _open_dropoffs(self) -> tuple[Dropoff, ...]:
        return tuple(d for d in self.dropoffs.values() if d.state not in DROPOFF_ENDED)

    def open_dropoff(self, vin: str) -> Dropoff | None:
        """This car's way in, None when it is not on one."""
        return next((each for each in self.open_dropoffs() if each.vin == vin), None)

    def dropoff_at(self, bay: int) -> Dropoff | None:
        """The drop-off that began at this bay and has not ended."""
        return next((each for each in self.open_dropoffs() if each.bay == bay), None)

    def visit_of(self, reservation_id: str) -> Visit | None:
        """The visit of this reservation."""
        for visit in self.visits.values():
            if visit.reservation_id == reservation_id:
                return visit
        return None

    def carriage(self, vin: str) -> Carriage:
        """The car's way; a car that was never moved is at rest in its slot."""
        return self.carriages.get(vin) or Carriage(vin)

    def line(self, vin: str) -> LedgerLine:
        """The ledger's line of a car that must be known.

        Raises:
            LedgerConflict: when it is not.
        """
        line = self.ledger.line(vin)
        if line is None:
            raise LedgerConflict(f"car {vin} is not in the ledger")
        return line


def _with_lines(ledger: Ledger, change: Change) -> Ledger:
    for line in change.ledger:
        ledger = ledger.place(line.vehicle, line.where)
    if change.ledger_gone:
        ledger = Ledger(line for line in ledger if line.vehicle.vin not in change.ledger_gone)
    return ledger
